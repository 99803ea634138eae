"""Rollback is one annotation away in every phase; the other commands do what they say."""

from collections.abc import Callable

import pytest

from tests.e2e.stage import Stage, a_canary, steps

pytestmark = pytest.mark.lab

BACK: tuple[object, ...] = ("RolledBack", "RolledBackByHand", ["v1", "v1"], [], True)


def mid_step(stage: Stage) -> bool:
    return stage.share() == 10


def during_the_bake(stage: Stage) -> bool:
    return stage.share() == 100 and stage.status("rollout", "stage") == "Stepping"


def during_the_release(stage: Stage) -> bool:
    """Kubernetes has made the first pod of the new version, and goes on slowly."""
    return not stage.held() and stage.running().count("v2") > stage.get("Deployment", "reviews-canary")["spec"]["replicas"]


def when_it_has_arrived(stage: Stage) -> bool:
    return stage.status("rollout", "stage") == "Settling" and stage.share() == 0


def after_the_promotion(stage: Stage) -> bool:
    return stage.phase() == "Promoted"


def position(stage: Stage) -> tuple[object, ...]:
    return (*stage.ended(), stage.running(), stage.ours(), stage.held())


@pytest.mark.parametrize(
    ("when", "plan"),
    [
        (mid_step, steps(10, hold="1h")),
        (during_the_bake, steps(100, hold="1h")),
        (during_the_release, steps(100, hold="0s")),
        (when_it_has_arrived, steps(100, hold="0s")),
        (after_the_promotion, steps(100, hold="0s")),
    ],
)
def test_rollback_brings_the_old_version_back(stage: Stage, when: Callable[[Stage], bool], plan: dict[str, object]) -> None:
    with stage.controlled():
        stage.adopt(a_canary(strategy=plan))
        visitors = stage.visit()
        stage.patch("deployment/reviews", {"spec": {"minReadySeconds": 1}})
        stage.set_image("v2")
        stage.until(lambda: when(stage), True)
        stage.command("rollback")
        stage.until(lambda: position(stage), BACK)
        assert (visitors.errors, stage.share()) == (0, None)
        assert "canary.delivery/command" not in stage.get("Canary")["metadata"].get("annotations", {})


def test_pause_resume_approval_and_refusal(stage: Stage) -> None:
    approved = {"progressive": {"steps": [{"weight": 20, "hold": "2s"}, {"weight": 60, "hold": "0s", "approval": True}]}}
    with stage.controlled():
        stage.adopt(a_canary(strategy=approved))
        stage.command("promote")
        stage.until(lambda: (stage.status("command", "verb"), stage.status("command", "accepted")), ("promote", False))
        assert stage.status("command", "message") == "Nothing is being rolled out: nothing to promote."
        stage.deploy("v2")
        stage.until(stage.share, 20)
        stage.command('{"verb": "pause", "id": "p1", "who": "ann", "why": "lunch"}')
        stage.until(lambda: (stage.phase(), stage.status("reason")), ("Paused", "PausedByHand"))
        assert stage.status("message") == "Paused by ann: lunch. `canary resume` goes on."
        stage.command("resume")
        stage.until(lambda: (stage.phase(), stage.status("reason"), stage.share()), ("Paused", "WaitingForApproval", 60))
        stage.command("dance")
        stage.until(lambda: "canary.delivery/command" in stage.get("Canary")["metadata"].get("annotations", {}), False)
        stage.command("advance")
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("Promoted", ["v2", "v2"], []))


def test_promote_skips_the_steps_and_nobody_notices(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(1, 2, hold="1h")))
        visitors = stage.visit()
        stage.deploy("v2")
        stage.until(stage.share, 1)
        stage.command("promote")
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("Promoted", ["v2", "v2"], []))
        assert (stage.shares_seen(), visitors.errors) == ([0, 1, 100, 0, None], 0)
