"""A good version on real parts: step by step into all traffic, judged by a real Prometheus, and nobody notices."""

import sqlite3

import pytest

from tests.e2e.stage import JUDGED, Stage, a_canary, steps

pytestmark = pytest.mark.lab


def test_a_good_version_is_promoted_and_nobody_notices(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(analysis=JUDGED, strategy=steps(10, 50, 100)))
        visitors = stage.visit()
        stage.deploy("v2")
        stage.until(stage.phase, "Promoted")
        assert stage.shares_seen() == [0, 10, 50, 100, 0, None]
        assert (stage.running(), stage.ours(), stage.held()) == (["v2", "v2"], [], True)
        stage.namespace.kubectl("wait", "--for=condition=Promoted", "canary/reviews", "--timeout=5s")
        stage.deploy("v3")
        stage.until(lambda: (stage.phase(), stage.running()), ("Promoted", ["v3", "v3"]))
        assert (visitors.errors, sorted(visitors.versions)) == (0, ["v1", "v2", "v3"])
    assert [line["outcome"] for line in stage.status("history")] == ["Promoted", "Promoted"]
    with sqlite3.connect(stage.folder / "canary.sqlite") as journal:
        assert journal.execute("select number, outcome from rollouts order by number").fetchall() == [
            (1, "Promoted"),
            (2, "Promoted"),
        ]


def test_sizes_and_shares_are_kept_right_while_it_goes_on(stage: Stage) -> None:
    """The Deployment is scaled as an autoscaler would, and the split is edited by hand."""
    with stage.controlled():
        stage.adopt(a_canary(strategy={"progressive": {"steps": [{"weight": 50, "hold": "0s", "approval": True}]}}))
        visitors = stage.visit()
        stage.set_image("v2")
        stage.until(lambda: (stage.phase(), stage.running()), ("Paused", ["v1", "v1", "v2"]))
        stage.namespace.kubectl("scale", "deployment/reviews", "--replicas=4")
        stage.until(stage.running, ["v1", "v1", "v1", "v1", "v2", "v2"])
        stage.namespace.kubectl("scale", "deployment/reviews-canary", "--replicas=1")
        stage.until(lambda: stage.get("Deployment", "reviews-canary")["metadata"]["generation"], 4)
        stage.until(stage.running, ["v1", "v1", "v1", "v1", "v2", "v2"])
        edited = {"spec": {"backends": [{"service": "reviews-stable", "weight": 1}, {"service": "reviews-canary", "weight": 9}]}}
        stage.patch("trafficsplit/reviews", edited)
        stage.until(stage.shares_seen, [0, 50, 90, 50])
        stage.command("advance")
        stage.until(lambda: (stage.phase(), stage.running()), ("Promoted", ["v2"] * 4))
        assert visitors.errors == 0
