"""The controller is killed after each kind of action, with its database kept or lost: the rollout ends in the same place."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise

import pytest

from tests.e2e.controllers import Process
from tests.e2e.picture import Happened
from tests.e2e.rules import shares
from tests.e2e.stage import JUDGED, Stage, a_canary, a_service, steps
from tests.lab.workloads import a_deployment

pytestmark = pytest.mark.lab

Moment = Callable[[Happened], bool]
FINALIZER = "canary.delivery/release"


def made(kind: str, name: str) -> Moment:
    """The object is there."""
    return lambda one: (one.kind, one.name, one.gone) == (kind, name, False)


def gone(kind: str, name: str) -> Moment:
    """The object is no more."""
    return lambda one: (one.kind, one.name, one.gone) == (kind, name, True)


def at(share: int) -> Moment:
    """The canary has this share."""
    return lambda one: one.kind == "TrafficSplit" and not one.gone and shares(one.obj)["reviews-canary"] == share


def stands(field: str, value: str) -> Moment:
    """The Canary's phase, or its rollout's stage."""

    def seen(one: Happened) -> bool:
        status = one.obj.get("status") or {}
        return one.kind == "Canary" and value in (status.get(field), (status.get("rollout") or {}).get(field))

    return seen


def adopted(one: Happened) -> bool:
    """Our finalizer is on the Canary."""
    return one.kind == "Canary" and FINALIZER in one.obj["metadata"].get("finalizers", ())


def paused(*, image: str, wanted: bool) -> Moment:
    """The Deployment has this image and is held, or not."""

    def seen(one: Happened) -> bool:
        if (one.kind, one.name) != ("Deployment", "reviews"):
            return False
        spec = one.obj["spec"]
        return (bool(spec.get("paused")), spec["template"]["spec"]["containers"][0]["image"]) == (wanted, f"reviews:{image}")

    return seen


def going(one: Happened) -> bool:
    """The canary's Deployment is being deleted."""
    return (one.kind, one.name) == ("Deployment", "reviews-canary") and "deletionTimestamp" in one.obj["metadata"]


STARTING = [
    made("Service", "reviews-canary"),
    at(0),
    made("Deployment", "reviews-canary"),
    stands("phase", "Progressing"),
    at(10),
    at(50),
]
SETTLING = [going, gone("Deployment", "reviews-canary"), gone("TrafficSplit", "reviews"), gone("Service", "reviews-canary")]
PROMOTING = [
    at(100),
    stands("phase", "Promoting"),
    paused(image="v2", wanted=False),
    stands("stage", "Settling"),
    *SETTLING,
    stands("phase", "Promoted"),
]
ROLLING_BACK = [stands("phase", "RollingBack"), *SETTLING, stands("phase", "RolledBack")]
LIVES = pytest.mark.parametrize("forget", [False, True], ids=["with its database", "without"])


def has_come(stage: Stage, moment: Moment) -> bool:
    """Now, or earlier."""
    return any(map(moment, stage.picture.history(stage.namespace.name)))


def after_each(stage: Stage, process: Process, moments: Iterable[Moment], *, forget: bool) -> None:
    """Kill the controller as soon as a moment has come, start it again, and so on."""
    for moment in moments:
        stage.until(partial(has_come, stage, moment), True)
        process.kill(forget=forget)
        process.start()


def climbs_or_leaves(rungs: list[int | None], before: object, after: object) -> bool:
    """A death may cost the way back to the first step; never is a step left out."""
    return after in (0, None) or rungs.index(after) == rungs.index(before) + 1  # type: ignore[arg-type]  # shares are numbers


@LIVES
def test_a_promotion_survives_any_death(stage: Stage, forget: bool) -> None:
    with stage.killable() as process:
        stage.apply(a_deployment("reviews", replicas=2), a_service(), a_canary(strategy=steps(10, 50, 100, hold="0s")))
        after_each(stage, process, [adopted, paused(image="v1", wanted=True)], forget=forget)
        visitors = stage.visit(50)
        stage.deploy("v2")
        after_each(stage, process, [*STARTING, *PROMOTING], forget=forget)
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours(), stage.held()), ("Promoted", ["v2", "v2"], [], True))
        rungs = [None, 0, 10, 50, 100]
        assert [pair for pair in pairwise([None, *stage.shares_seen()]) if not climbs_or_leaves(rungs, *pair)] == []
        assert (stage.status("history")[0]["outcome"], visitors.errors) == ("Promoted", 0)


@LIVES
def test_a_rollback_survives_any_death(stage: Stage, forget: bool) -> None:
    with stage.killable() as process:
        stage.adopt(a_canary(strategy=steps(10, 50, hold="1h"), traffic={"router": "smi", "drain": "2s"}))
        visitors = stage.visit(50)
        stage.deploy("v2")
        stage.until(stage.share, 10)
        stage.command("advance")
        stage.until(stage.share, 50)
        stage.command("rollback")
        after_each(stage, process, ROLLING_BACK, forget=forget)
        stage.until(lambda: (*stage.ended(), stage.running(), stage.ours()), ("RolledBack", "RolledBackByHand", ["v1", "v1"], []))
        assert stage.shares_seen() == [0, 10, 50, 0, None]
        assert ([line["outcome"] for line in stage.status("history")], visitors.errors) == (["RolledBack"], 0)


def requests_seen(stage: Stage) -> list[int]:
    """How many requests of the canary had been counted, each time that the status told it."""
    told = [
        one.obj.get("status", {}).get("analysis") for one in stage.picture.history(stage.namespace.name) if one.kind == "Canary"
    ]
    return [metrics[0]["requests"] for metrics in told if metrics]


@LIVES
def test_a_bad_version_is_found_out_by_whoever_comes_next(stage: Stage, forget: bool) -> None:
    stage.version("v2").errors = 0.5
    with stage.killable() as process:
        stage.adopt(a_canary(analysis=JUDGED, strategy=steps(50, hold="1h")))
        stage.visit(20)
        stage.deploy("v2")
        stage.until(lambda: [each["requests"] > 0 for each in stage.status("analysis") or ()], [True, True])
        process.kill(forget=forget)
        process.start()
        stage.plane.end(stage.loads.pop())
        stage.visit(200)
        stage.until(lambda: (*stage.ended(), stage.running(), stage.ours()), ("RolledBack", "AnalysisFailed", ["v1", "v1"], []))
        assert stage.shares_seen() == [0, 50, 0, None]
        assert forget or requests_seen(stage) == sorted(requests_seen(stage))
