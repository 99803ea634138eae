"""The rights that `canary install` grants, on a real API server: enough for everything that a controller does."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from canary.cli.root import cli
from canary.settings import load_settings
from tests.e2e.controllers import in_thread
from tests.lab.controlplane import ControlPlane
from tests.lab.workloads import Namespace, a_deployment

pytestmark = pytest.mark.lab

JOB = {"spec": {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}}}}
CANARY = {
    "apiVersion": "canary.delivery/v1alpha1",
    "kind": "Canary",
    "metadata": {"name": "reviews"},
    "spec": {
        "target": {"deployment": "reviews"},
        "service": {"name": "reviews", "port": 9080},
        "traffic": {"router": "smi", "drain": "0s"},
        "strategy": {"progressive": {"steps": [{"weight": 50, "hold": "0s", "tests": ["suite"], "approval": True}]}},
        "tests": [{"name": "suite", "job": {"template": JOB}}],
        "analysis": {"metrics": []},
    },
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "reviews"},
    "spec": {"selector": {"app": "reviews"}, "ports": [{"port": 9080}]},
}


@pytest.mark.parametrize(
    "flags", [lambda _: [], lambda namespace: ["--watch-namespace", namespace]], ids=["everywhere", "one-namespace"]
)
def test_a_controller_is_never_refused(lab_namespace: Namespace, tmp_path: Path, flags: Callable[[str], list[str]]) -> None:
    cluster, home = lab_namespace.cluster, f"{lab_namespace.name}-home"
    install(cluster, home, *flags(lab_namespace.name))
    kubeconfig = cluster.service_account_kubeconfig(home, "canary-delivery")
    chosen = {"kubeconfig": str(kubeconfig), "namespace": lab_namespace.name, "state_dir": tmp_path, "http": "127.0.0.1:0"}
    with in_thread(load_settings({}, chosen)):
        deliver(lab_namespace)
    user = f"system:serviceaccount:{home}:canary-delivery"
    asked = [request for request in cluster.requests() if request.user == user]
    assert [(each.verb, each.resource, each.subresource) for each in asked if each.code == 403] == []
    assert {"canaries", "deployments", "jobs", "trafficsplits", "events"} <= {each.resource for each in asked}
    cluster.kubectl("delete", "namespace", home, "--wait=false", check=True)


def install(cluster: ControlPlane, home: str, *flags: str) -> None:
    printed = CliRunner().invoke(cli, ["install", "--namespace", home, *flags])
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=printed.stdout, check=True)
    cluster.kubectl("wait", "--for=condition=Established", "crd/canaries.canary.delivery", "--timeout=30s", check=True)


def deliver(namespace: Namespace) -> None:
    """A version is promoted, one is rolled back by hand, and the Canary goes."""

    def reach(phase: str) -> None:
        namespace.kubectl("wait", f"--for=jsonpath={{.status.phase}}={phase}", "canary/reviews", "--timeout=60s")

    def command(verb: str) -> None:
        namespace.kubectl("annotate", "canary/reviews", f"canary.delivery/command={verb}", "--overwrite")

    namespace.apply(a_deployment("reviews", image="reviews:v1"), SERVICE, CANARY)
    namespace.kubectl("wait", "--for=jsonpath={.spec.paused}=true", "deployment/reviews", "--timeout=60s")
    for version, verb, phase in (("v2", "advance", "Promoted"), ("v3", "rollback", "RolledBack")):
        namespace.kubectl("set", "image", "deployment/reviews", f"app=reviews:{version}")
        reach("Paused")
        command(verb)
        reach(phase)
    namespace.kubectl("delete", "canary/reviews", "--timeout=60s")
    assert namespace.images("app=reviews") == ["reviews:v2"]
