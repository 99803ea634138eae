"""`canary controller` under the rights that `canary install` prints, and no others."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.stage import JUDGED, Stage, a_canary, steps
from tests.lab.controlplane import ControlPlane

pytestmark = pytest.mark.lab

CANARY = [sys.executable, "-m", "canary"]
HOME, NAME = "canary-delivery", "canary-delivery"


@pytest.fixture
def installed(delivery: ControlPlane) -> Iterator[ControlPlane]:
    """The rights are applied; the controller itself is started elsewhere."""
    printed = subprocess.run([*CANARY, "install"], capture_output=True, text=True, check=True).stdout
    rights = [each for each in yaml.safe_load_all(printed) if each["kind"] not in ("CustomResourceDefinition", "Deployment")]
    delivery.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": rights}), check=True)
    yield delivery
    delivery.kubectl("delete", "namespace", HOME, "--wait=false", check=True)


def test_they_suffice(stage: Stage, installed: ControlPlane) -> None:
    kubeconfig = installed.service_account_kubeconfig(HOME, NAME)
    flags = {
        "kubeconfig": kubeconfig,
        "state-dir": stage.folder,
        "prometheus": stage.prometheus,
        "http": "127.0.0.1:0",
        "hook-loopback": "true",
        "log-format": "console",
    }
    suite = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "suite", "image": "suite:1"}]}}}}
    tested = steps(50, 100, hold="2s")
    tested["progressive"]["steps"][0]["tests"] = ["suite"]
    given = a_canary(analysis=JUDGED, strategy=tested, tests=[{"name": "suite", "job": {"template": suite}}])
    stage.folder.mkdir()
    with (stage.folder / "controller.log").open("ab") as log:
        command = [*CANARY, "controller", *(f"--{name}={value}" for name, value in flags.items())]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        stage.adopt(given)
        visitors = stage.visit()
        stage.deploy("v2")
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("Promoted", ["v2", "v2"], []))
        stage.command("rollback")
        stage.until(lambda: (*stage.ended(), stage.running()), ("RolledBack", "RolledBackByHand", ["v1", "v1"]))
        stage.namespace.kubectl("delete", "canary/reviews", "--timeout=30s")
        assert (stage.held(), visitors.errors) == (False, 0)
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(20)
    # In a namespace that is going, as those of earlier tests, nobody may create anything.
    asked = [each for each in installed.requests() if each.user == f"system:serviceaccount:{HOME}:{NAME}"]
    refused = [each for each in asked if each.code == 403 and each.namespace in ("", stage.namespace.name)]
    assert (ended, len(asked) > 0, refused) == (0, True, [])
