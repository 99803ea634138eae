"""Two Deployments of a team's own and a split that was there before us, as in the BookInfo walkthrough."""

import pytest

from tests.e2e.picture import Obj
from tests.e2e.stage import JUDGED, Stage, a_canary, a_service, steps
from tests.lab.workloads import a_deployment

pytestmark = pytest.mark.lab

BEFORE = {"stable": "reviews-v2", "canary": "reviews-v3"}


def a_version(version: str, replicas: int) -> tuple[Obj, Obj]:
    """A Deployment of its own, and its leaf."""
    name, labels = f"reviews-{version}", {"version": version}
    deployment = a_deployment(name, image=f"reviews:{version}", replicas=replicas, app="reviews", labels=labels)
    return deployment, a_service(name, {"app": "reviews", **labels})


def a_split(*weights: object) -> Obj:
    """A TrafficSplit of somebody else's; its weights are relative."""
    backends = [{"service": f"reviews-v{number}", "weight": weight} for number, weight in enumerate(weights, start=2)]
    metadata = {"name": "reviews-rollout", "labels": {"made-by": "hand"}}
    spec = {"service": "reviews", "backends": backends}
    return {"apiVersion": "split.smi-spec.io/v1alpha1", "kind": "TrafficSplit", "metadata": metadata, "spec": spec}


def bookinfo(stage: Stage) -> None:
    """v2 serves with three pods, v3 stands beside it with one and has a tenth of the traffic already."""
    stage.apply(*a_version("v2", 3), *a_version("v3", 1), a_service())
    stage.until(lambda: (len(stage.ready("reviews-v2")), len(stage.ready("reviews-v3"))), (3, 1))
    stage.apply(a_split("900m", "100m"))


def share(stage: Stage) -> object:
    return stage.share("reviews-rollout", "reviews-v3")


def test_an_existing_split_is_driven_to_the_new_version_and_back(stage: Stage) -> None:
    bookinfo(stage)
    visitors = stage.visit()
    with stage.controlled():
        stage.apply(a_canary(target=None, versions=BEFORE, analysis=JUDGED, strategy=steps(25, 100, hold="2s")))
        stage.until(lambda: (stage.phase(), stage.running()), ("Promoted", ["v3"] * 3))
        assert stage.shares_seen("reviews-v3") == [10, 0, 25, 100]
        split = stage.get("TrafficSplit", "reviews-rollout")
        assert (split["metadata"]["labels"], split["metadata"].get("ownerReferences")) == ({"made-by": "hand"}, None)
        stage.command("rollback")
        stage.until(lambda: (*stage.ended(), stage.running()), ("RolledBack", "RolledBackByHand", ["v2"] * 3))
        assert (share(stage), stage.ours(), visitors.errors) == (0, [], 0)


def test_a_bad_second_version_is_taken_out_and_the_split_stays(stage: Stage) -> None:
    bookinfo(stage)
    stage.version("v3").errors = 0.5
    stage.visit()
    with stage.controlled():
        stage.apply(a_canary(target=None, versions=BEFORE, analysis=JUDGED, strategy=steps(50, hold="30s")))
        stage.until(lambda: (*stage.ended(), stage.running()), ("RolledBack", "AnalysisFailed", ["v2"] * 3))
        assert share(stage) == 0


def test_leaf_services_that_are_missing_are_made_and_taken_away(stage: Stage) -> None:
    stage.apply(a_version("v2", 2)[0], a_version("v3", 1)[0], a_service())
    stage.until(lambda: len(stage.ready()), 3)
    with stage.controlled():
        stage.apply(a_canary(target=None, versions=BEFORE, strategy=steps(50, hold="0s")))
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("Promoted", ["v3"] * 2, []))
        stage.namespace.kubectl("delete", "canary/reviews", "--timeout=30s")
        names = [each["metadata"]["name"] for each in stage.picture.all("Deployment", stage.namespace.name)]
        assert (names, stage.running()) == (["reviews-v2", "reviews-v3"], ["v3"] * 2)
