"""What the design builds on: a paused Deployment keeps serving and scaling, and rolls nothing out."""

import pytest

from tests.lab.waiting import eventually
from tests.lab.workloads import Namespace, a_deployment

pytestmark = pytest.mark.lab


@pytest.fixture
def held(lab_namespace: Namespace):
    """`reviews` runs three pods of v1, is paused, and has been given v2."""
    lab_namespace.apply(a_deployment("reviews", replicas=3))
    lab_namespace.wait_rolled_out("reviews")
    lab_namespace.kubectl("patch", "deployment/reviews", "--type=merge", "-p", '{"spec":{"paused":true}}')
    lab_namespace.apply(a_deployment("reviews", replicas=3, image="reviews:v2"))
    assert eventually(lambda: settled(lab_namespace), wanted=True)
    return lab_namespace


def settled(namespace):
    deployment = namespace.get("deployment", "reviews")
    return deployment["metadata"]["generation"] == deployment["status"].get("observedGeneration")


def progressing(namespace):
    conditions = namespace.get("deployment", "reviews")["status"]["conditions"]
    return next((each["status"], each["reason"]) for each in conditions if each["type"] == "Progressing")


def test_it_rolls_nothing_out(held):
    deployment = held.get("deployment", "reviews")
    assert deployment["spec"]["paused"]
    assert deployment["status"].get("updatedReplicas", 0) == 0
    assert progressing(held) == ("Unknown", "DeploymentPaused")
    assert held.images("app=reviews") == ["reviews:v1"] * 3


def test_it_scales_the_stable_replica_set(held):
    held.apply(a_deployment("reviews", replicas=5, image="reviews:v2"))
    assert eventually(lambda: held.images("app=reviews"), ["reviews:v1"] * 5) == ["reviews:v1"] * 5
    assert held.get("deployment", "reviews")["spec"]["paused"]


def test_an_evicted_pod_comes_back_on_the_stable_template(held):
    gone = held.pods("app=reviews")[0]["metadata"]["name"]
    held.kubectl("delete", "pod", gone)
    assert eventually(lambda: held.images("app=reviews"), ["reviews:v1"] * 3) == ["reviews:v1"] * 3
    assert gone not in [each["metadata"]["name"] for each in held.pods("app=reviews")]


def test_a_deployment_that_selects_one_more_label_lives_beside_it(held):
    role = {"canary.delivery/role": "canary"}
    held.apply(a_deployment("reviews-canary", app="reviews", labels=role, image="reviews:v2"))
    held.wait_rolled_out("reviews-canary")
    assert held.images("app=reviews") == ["reviews:v1"] * 3 + ["reviews:v2"]
    assert held.get("deployment", "reviews")["status"]["replicas"] == 3


def test_pipelines_wait_for_it_and_it_rolls_out_when_released(held):
    waited = held.kubectl("rollout", "status", "deployment/reviews", "--timeout=1s", check=False)
    assert waited.returncode == 1
    assert "Waiting for deployment" in waited.stdout
    held.kubectl("rollout", "resume", "deployment/reviews")
    held.wait_rolled_out("reviews")
    assert eventually(lambda: held.images("app=reviews"), ["reviews:v2"] * 3) == ["reviews:v2"] * 3
