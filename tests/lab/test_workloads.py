import json

import pytest

from tests.lab.waiting import eventually
from tests.lab.workloads import Namespace, a_deployment

pytestmark = pytest.mark.lab

READY = (True, None)
UNREADY = (False, None)
CRASHING = (False, "CrashLoopBackOff")


def states(namespace: Namespace, name):
    """Of each pod of the app: whether its container is ready, and what it waits for."""
    statuses = [each["status"].get("containerStatuses", [{}])[0] for each in namespace.pods(f"app={name}")]
    return [(each.get("ready"), each.get("state", {}).get("waiting", {}).get("reason")) for each in statuses]


def test_pods_come_up_by_themselves(lab_namespace):
    lab_namespace.apply(a_deployment("reviews", replicas=3))
    lab_namespace.wait_rolled_out("reviews")
    pods = lab_namespace.pods("app=reviews")
    assert [each["status"]["phase"] for each in pods] == ["Running"] * 3
    assert all(each["status"]["podIP"].startswith("10.244.") for each in pods)


@pytest.mark.parametrize(("told", "wanted"), [("crash", CRASHING), ("unready", UNREADY), ("hang", READY)])
def test_a_pod_behaves_as_its_annotation_says(lab_namespace, told, wanted):
    lab_namespace.apply(a_deployment("ratings", told=told))
    assert eventually(lambda: states(lab_namespace, "ratings"), [wanted]) == [wanted]


@pytest.mark.parametrize(("variable", "wanted"), [("LAB_BEHAVIOUR", CRASHING), ("OTHER", READY)])
def test_a_pod_behaves_as_its_environment_says(lab_namespace, variable, wanted):
    deployment = a_deployment("ratings")
    template = deployment["spec"]["template"]
    del template["metadata"]["annotations"]
    template["spec"]["containers"][0]["env"] = [{"name": variable, "value": "crash"}]
    lab_namespace.apply(deployment)
    assert eventually(lambda: states(lab_namespace, "ratings"), [wanted]) == [wanted]


def test_a_running_pod_changes_its_behaviour_when_told(lab_namespace):
    lab_namespace.apply(a_deployment("details"))
    lab_namespace.wait_rolled_out("details")
    address = [each["status"]["podIP"] for each in lab_namespace.pods("app=details")]
    seen = []
    for told, wanted in (("unready", UNREADY), ("crash", CRASHING), ("unready", UNREADY), ("ready", READY)):
        lab_namespace.kubectl("annotate", "pods", "-l", "app=details", f"lab/behaviour={told}", "--overwrite")
        seen += eventually(lambda: states(lab_namespace, "details"), [wanted])
    assert seen == [UNREADY, CRASHING, UNREADY, READY]
    assert [each["status"]["podIP"] for each in lab_namespace.pods("app=details")] == address


@pytest.mark.parametrize(("told", "condition"), [("ready", "Complete"), ("fail", "Failed")])
def test_a_job_ends_as_its_template_says(lab_namespace, told, condition):
    template = a_deployment("smoke", told=told)["spec"]["template"]
    template["spec"]["restartPolicy"] = "Never"
    spec = {"backoffLimit": 0, "template": template}
    lab_namespace.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "smoke"}, "spec": spec})
    lab_namespace.kubectl("wait", f"--for=condition={condition}", "job/smoke", "--timeout=30s")


def test_endpoints_follow_readiness(lab_namespace):
    lab_namespace.apply(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "reviews"},
            "spec": {"selector": {"app": "reviews"}, "ports": [{"port": 9080}]},
        },
        a_deployment("reviews", replicas=2),
        a_deployment("reviews-bad", app="reviews", labels={"bad": "yes"}, told="crash"),
    )

    def ready():
        slices = lab_namespace.get("endpointslices", "-l", "kubernetes.io/service-name=reviews")["items"]
        return sorted(each["conditions"]["ready"] for found in slices for each in found["endpoints"] or ())

    assert eventually(ready, [False, True, True]) == [False, True, True]


def test_a_deleted_pod_is_gone_at_once(lab_namespace):
    pod = {"containers": [{"name": "app", "image": "reviews:v1"}]}
    lab_namespace.kubectl(
        "apply", "-f", "-", given={"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "alone"}, "spec": pod}
    )
    lab_namespace.kubectl("wait", "--for=condition=Ready", "pod/alone", "--timeout=30s")
    lab_namespace.kubectl("delete", "pod", "alone", "--timeout=10s")
    assert json.loads(lab_namespace.kubectl("get", "pods", "-o", "json").stdout)["items"] == []
