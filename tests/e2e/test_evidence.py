"""Bad versions on real parts: what a real Prometheus measured is enough, and little is."""

from datetime import timedelta

import pytest

from tests.e2e.stage import JUDGED, Stage, a_canary, steps

pytestmark = pytest.mark.lab

IN_STEPS = steps(50, 100, hold="3s")


def bad(stage: Stage) -> tuple[object, ...]:
    """What is left after a rollback that has not been answered yet: v1 serves, v2 stands in the template and runs nowhere."""
    image = stage.get("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]
    return (*stage.ended(), image, stage.running(), stage.ours(), stage.held())


REJECTED: tuple[object, ...] = ("RolledBack", "AnalysisFailed", "reviews:v2", ["v1", "v1"], [], True)


def test_errors_take_a_version_out_and_only_retry_brings_it_back(stage: Stage) -> None:
    stage.version("v2").errors = 0.3
    with stage.controlled():
        stage.adopt(a_canary(analysis=JUDGED, strategy=IN_STEPS))
        visitors = stage.visit(200)
        stage.deploy("v2")
        stage.until(lambda: bad(stage), REJECTED)
        assert stage.shares_seen()[-2:] == [0, None]
        assert 100 not in stage.shares_seen()
        assert stage.status("outcome", "message").startswith("Canary fails ")
        assert visitors.errors == visitors.errors_by_version["v2"] > 0
        stage.version("v2").errors = 0
        stage.command("retry")
        stage.until(lambda: (stage.phase(), stage.running()), ("Promoted", ["v2", "v2"]))


def test_slowness_takes_a_version_out(stage: Stage) -> None:
    stage.version("v2").delay = timedelta(seconds=0.7)
    with stage.controlled():
        stage.adopt(a_canary(analysis=JUDGED, strategy=IN_STEPS))
        visitors = stage.visit()
        stage.deploy("v2")
        stage.until(lambda: bad(stage), REJECTED)
        assert "500 ms" in stage.status("outcome", "message")
        assert visitors.errors == 0


def test_a_version_that_turns_bad_while_it_has_all_traffic_goes_at_once(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(analysis=JUDGED, strategy=steps(50, 100, hold="30s")))
        stage.visit()
        stage.deploy("v2")
        stage.until(lambda: stage.status("step"), "1/2")
        stage.until(lambda: [each["verdict"] for each in stage.status("analysis") or ()], ["Continue", "Continue"])
        stage.command("advance")
        stage.until(stage.share, 100)
        stage.version("v2").errors = 0.5
        stage.until(lambda: bad(stage), REJECTED)
        assert stage.shares_seen() == [0, 50, 100, 0, None]


def test_a_version_that_cannot_start_never_gets_traffic(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt()
        visitors = stage.visit()
        stage.deploy("v2", told="crash")
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("RolledBack", ["v1", "v1"], []))
        assert stage.shares_seen() == [0, None]
        assert "CrashLoopBackOff" in stage.status("outcome", "message")
        assert (visitors.errors, stage.version("v2").served) == (0, 0)
