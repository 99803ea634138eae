"""What is wrong in the cluster is said with its remedy, nothing half-made stands about, and the remedy helps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.picture import Obj
from tests.e2e.stage import JUDGED, PORT, Stage, a_canary, a_service, steps
from tests.lab.workloads import a_deployment

pytestmark = pytest.mark.lab

SPLIT = {
    "apiVersion": "split.smi-spec.io/v1alpha2",
    "kind": "TrafficSplit",
    "metadata": {"name": "by-somebody"},
    "spec": {"service": "reviews", "backends": [{"service": "reviews", "weight": 1}]},
}
REVIEWS = a_deployment("reviews", replicas=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A world that is wrong, what is said of it, and what puts it right."""

    world: tuple[Obj, ...]
    reason: str
    says: tuple[str, ...]
    remedy: Callable[[Stage], object]


def delete(what: str) -> Callable[[Stage], object]:
    return lambda stage: stage.namespace.kubectl("delete", what)


def apply(obj: Obj) -> Callable[[Stage], object]:
    return lambda stage: stage.apply(obj)


def with_spec(obj: Obj, **changes: Any) -> Obj:
    return {**obj, "spec": {**obj["spec"], **changes}}


WRONG = {
    "no Deployment yet": Wrong(
        world=(a_service(),),
        reason="DeploymentNotFound",
        says=("spec.target.deployment", "reviews", "create it"),
        remedy=apply(REVIEWS),
    ),
    "no Service": Wrong(
        world=(REVIEWS,),
        reason="ServiceNotFound",
        says=("spec.service.name", "create it"),
        remedy=apply(a_service()),
    ),
    "no such port": Wrong(
        world=(REVIEWS, with_spec(a_service(), ports=[{"name": "other", "port": 81}])),
        reason="PortNotFound",
        says=("spec.service.port", str(PORT), "81"),
        remedy=apply(a_service()),
    ),
    "a Service of other pods": Wrong(
        world=(REVIEWS, with_spec(a_service(), selector={"app": "ratings"})),
        reason="ServiceSelectsOthers",
        says=("spec.service.name", "selector"),
        remedy=apply(a_service()),
    ),
    "paused by someone else": Wrong(
        world=(with_spec(REVIEWS, paused=True), a_service()),
        reason="PausedBySomeoneElse",
        says=("reviews", "kubectl rollout resume"),
        remedy=lambda stage: stage.namespace.kubectl("rollout", "resume", "deployment/reviews"),
    ),
    "a split on the apex": Wrong(
        world=(REVIEWS, a_service(), SPLIT),
        reason="SplitConflict",
        says=("by-somebody", "spec.traffic.smi.trafficSplit"),
        remedy=delete("trafficsplit/by-somebody"),
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_it_is_said_and_the_remedy_helps(stage: Stage, wrong: Wrong) -> None:
    with stage.controlled():
        stage.apply(*wrong.world, a_canary(strategy=steps(50, hold="0s")))
        stage.until(lambda: stage.condition("Stalled")[:2], ("True", wrong.reason))
        sentence = stage.condition("Stalled")[2]
        assert [word for word in wrong.says if word not in sentence] == []
        assert stage.ours() == []
        wrong.remedy(stage)
        stage.until(lambda: (stage.condition("Stalled")[0], stage.held()), ("False", True))
        stage.set_image("v2")
        stage.until(lambda: (stage.phase(), stage.running()), ("Promoted", ["v2", "v2"]))


def test_a_name_that_is_taken_is_not_taken_over(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(50, hold="0s")))
        stage.apply(a_service("reviews-canary"))
        stage.deploy("v2")
        stage.until(lambda: stage.condition("Stalled")[:2], ("True", "NameTaken"))
        assert stage.condition("Stalled")[2].startswith("Service reviews-canary exists and was not made by this Canary")
        assert (stage.ours(), stage.running()) == ([], ["v1", "v1"])
        stage.namespace.kubectl("delete", "service/reviews-canary")
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("Promoted", ["v2", "v2"], []))


def test_a_deployment_that_is_rolling_is_waited_for(stage: Stage) -> None:
    stage.apply(REVIEWS, a_service())
    stage.until(lambda: len(stage.ready()), 2)
    stage.deploy("v2", told="unready")
    stage.until(lambda: "v2" in stage.running(), True)
    with stage.controlled():
        stage.apply(a_canary())
        stage.until(lambda: stage.status("reason"), "WaitingForDeployment")
        assert not stage.held()
        stage.namespace.kubectl("annotate", "pods", "-l", "app=reviews", "lab/behaviour=ready", "--overwrite")
        stage.deploy("v2")
        stage.until(lambda: (stage.held(), stage.running(), stage.status("stable", "image")), (True, ["v2", "v2"], "reviews:v2"))


def test_a_second_canary_of_the_same_deployment_is_turned_away(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt()
        stage.apply(a_canary("another"))
        stage.until(lambda: (stage.get("Canary", "another").get("status") or {}).get("reason"), "ClaimedByAnother")
        assert "belongs to Canary reviews" in stage.get("Canary", "another")["status"]["message"]


def test_names_at_their_longest(stage: Stage) -> None:
    deployment, service, name = "d" * 56, "s" * 56, "c" * 52
    given = a_canary(name, target={"deployment": deployment}, service={"name": service, "port": PORT})
    with stage.controlled():
        stage.apply(a_deployment(deployment, image="reviews:v1"), a_service(service, {"app": deployment}), given)
        stage.until(lambda: stage.get("Deployment", deployment).get("spec", {}).get("paused"), True)
        stage.apply(a_deployment(deployment, image="reviews:v2"))
        stage.until(lambda: ((stage.get("Canary", name).get("status") or {}).get("phase"), stage.running()), ("Promoted", ["v2"]))
        assert stage.ours() == []


def test_a_rollout_whose_spec_became_unreadable_can_still_be_rolled_back(stage: Stage) -> None:
    unreadable = {"metrics": [{"name": "odd", "counts": {"bad": 'x{pod="{{pod}}"}', "total": "y"}}]}
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(50, hold="1h")))
        stage.deploy("v2")
        stage.until(stage.share, 50)
        stage.patch("canary/reviews", {"spec": {"analysis": unreadable}})
        stage.until(lambda: stage.condition("Stalled")[:2], ("True", "InvalidSpec"))
        assert "{{pod}} is unknown" in stage.condition("Stalled")[2]
        stage.command("rollback")
        stage.until(lambda: (stage.running(), stage.ours(), stage.share()), (["v1", "v1"], [], None))


def test_queries_that_give_no_number_hold_and_say_why(stage: Stage) -> None:
    odd = {
        "nothing": ("vector(1) == 2", "NoData", "gave nothing"),
        "nan": ("vector(0) / 0", "NoData", "gave NaN"),
        "text": ('"five"', "Error", "gave a string where a number is wanted"),
        "two": ('up or label_replace(up, "other", "one", "", "")', "Error", "gave 2 series where one is wanted"),
        "many": ("padding_total", "Error", "10,000 series"),
    }
    metrics = [{"name": name, "value": query, "threshold": {"max": 5}} for name, (query, _, _) in odd.items()]

    def wrong() -> list[str]:
        """What is not said as it should be."""
        told = {each["metric"]: (each["verdict"], each["sentence"]) for each in stage.status("analysis") or ()}
        meant = {name: told.get(name, ("", "")) for name in odd}
        return [f"{name}: {told}" for name, told in meant.items() if told[0] != odd[name][1] or odd[name][2] not in told[1]]

    stage.plane.padding = 10_000
    with stage.controlled():
        stage.adopt(a_canary(analysis={**JUDGED, "metrics": metrics}, strategy=steps(50, hold="0s")))
        stage.deploy("v2")
        stage.until(wrong, [])
        assert stage.shares_seen() == [0, 50]
    stage.plane.padding = 0
