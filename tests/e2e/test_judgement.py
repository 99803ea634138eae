"""The two promises that rules with fixed thresholds can't keep together, on real parts and with real traffic."""

from datetime import timedelta

import pytest

from tests.e2e.stage import JUDGED, Stage, a_canary, steps

pytestmark = pytest.mark.lab

LONG = timedelta(minutes=4)


def test_ten_times_as_many_errors_are_found_where_one_request_in_a_thousand_fails_anyway(stage: Stage) -> None:
    stage.version("v1").errors = 0.001
    stage.version("v2").errors = 0.01
    with stage.controlled():
        stage.adopt(a_canary(analysis=JUDGED, strategy=steps(5, 100, hold="10m")))
        visitors = stage.visit(400)
        stage.deploy("v2")
        stage.until(lambda: (*stage.ended(), stage.running()), ("RolledBack", "AnalysisFailed", ["v1", "v1"]), within=LONG)
    assert stage.shares_seen() == [0, 5, 0, None]
    assert stage.status("outcome", "message").startswith("Canary fails ")
    assert visitors.errors_by_version["v2"] < 0.02 * visitors.versions["v2"]


def test_one_failure_among_few_requests_stops_no_version_that_is_as_good_as_the_old_one(stage: Stage) -> None:
    """One of 200 requests fails, at two per second: the new version is over 1 % in every minute that has a failure."""
    for version in ("v1", "v2"):
        stage.version(version).errors = 0.005
    stage.version("v2").owed = 0.965  # so that the seventh request of all fails
    with stage.controlled():
        stage.adopt(a_canary(analysis=JUDGED, strategy=steps(25, 50, 100, hold="20s")))
        visitors = stage.visit(2)
        stage.deploy("v2")
        stage.until(lambda: (stage.phase(), stage.running()), ("Promoted", ["v2", "v2"]), within=LONG)
    assert stage.shares_seen() == [0, 25, 50, 100, 0, None]
    assert visitors.errors_by_version["v2"] >= 1
    assert [line["outcome"] for line in stage.status("history")] == ["Promoted"]
