"""Somebody changes their mind in the middle: a newer version, the old one again, no Canary any more, no Deployment any more."""

import pytest

from tests.e2e.stage import LABEL, Stage, a_canary, steps

pytestmark = pytest.mark.lab


def test_a_newer_version_takes_the_one_being_tried_out_at_once(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(50, 100, hold="2s")))
        visitors = stage.visit()
        stage.deploy("v2")
        stage.until(stage.share, 50)
        stage.deploy("v3")
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("Promoted", ["v3", "v3"], []))
        assert stage.shares_seen() == [0, 50, 0, None, 0, 50, 100, 0, None]
        assert ([line["outcome"] for line in stage.status("history")], visitors.errors) == (["Promoted", "Superseded"], 0)


def test_a_newer_version_during_the_release_waits_its_turn(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(100, hold="0s")), replicas=4)
        visitors = stage.visit()
        stage.deploy("v2", replicas=4)
        stage.until(lambda: stage.status("rollout", "stage") == "Releasing" and not stage.held(), True)
        stage.deploy("v3", replicas=4)
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("Promoted", ["v3"] * 4, []))
        assert [line["outcome"] for line in stage.status("history")] == ["Promoted", "Promoted"]
        assert visitors.errors == 0


def test_the_old_template_put_back_ends_the_rollout_without_blame(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(50, hold="1h")))
        stage.deploy("v2")
        stage.until(stage.share, 50)
        stage.deploy("v1")
        stage.until(lambda: (*stage.ended(), stage.running(), stage.ours()), ("Idle", "Reverted", ["v1", "v1"], []))


def test_a_deployment_resumed_by_hand_is_taken_as_a_promotion(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(50, hold="1h")))
        visitors = stage.visit()
        stage.deploy("v2")
        stage.until(stage.share, 50)
        stage.namespace.kubectl("rollout", "resume", "deployment/reviews")
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours(), stage.held()), ("Promoted", ["v2", "v2"], [], True))
        assert visitors.errors == 0


def left(stage: Stage) -> tuple[object, ...]:
    """What a Canary that is gone has left behind: the Deployment, its marks, its pods, and objects of ours."""
    marked = [
        kind for kind in ("Deployment", "Service") for each in stage.picture.all(kind, stage.namespace.name) if _marked(each)
    ]
    image = stage.get("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]
    return (stage.get("Canary"), image, stage.held(), stage.running(), stage.ours(), marked)


def _marked(obj: dict[str, object]) -> bool:
    return LABEL in str(obj["metadata"]).replace("managedFields", "") and any(
        key.startswith("canary.delivery/")
        for part in ("labels", "annotations")
        for key in (obj["metadata"].get(part) or {})  # type: ignore[attr-defined]  # an object's metadata
    )


@pytest.mark.parametrize(("share", "version"), [(None, "v1"), (50, "v1"), (100, "v2")])
def test_deleting_the_canary_leaves_a_plain_deployment(stage: Stage, share: int | None, version: str) -> None:
    """At rest, in the middle of a rollout, and while Kubernetes rolls the promoted version."""
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(50, hold="1h") if share == 50 else steps(100, hold="0s")))
        visitors = stage.visit()
        if share is not None:
            stage.deploy("v2")
            stage.until(lambda: stage.share() == share and (share == 50 or not stage.held()), True)
        stage.namespace.kubectl("delete", "canary/reviews", "--timeout=30s")
        stage.until(lambda: left(stage), ({}, f"reviews:{version}", False, [version] * 2, [], []))
        assert visitors.errors == 0
        stage.deploy("v3")
        stage.until(stage.running, ["v3", "v3"])


def test_a_deployment_deleted_in_the_middle_is_said_and_does_not_lock_the_canary(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(50, hold="1h")))
        stage.deploy("v2")
        stage.until(stage.share, 50)
        stage.namespace.kubectl("delete", "deployment/reviews")
        sentence = f"spec.target.deployment: there is no Deployment reviews in namespace {stage.namespace.name}; "
        stage.until(lambda: stage.condition("Stalled")[2].startswith(sentence), True)
        stage.namespace.kubectl("delete", "canary/reviews", "--timeout=30s")
        stage.until(lambda: (stage.ours(), stage.running()), ([], []))


def test_a_namespace_deleted_in_the_middle_goes(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(50, hold="1h")))
        stage.deploy("v2")
        stage.until(stage.share, 50)
        stage.namespace.kubectl("delete", "namespace", stage.namespace.name, "--timeout=30s")
        assert (stage.get("Canary"), stage.ours(), stage.running()) == ({}, [], [])
