"""What people see with the real kubectl on a real API server."""

import json

import pytest

from canary.api.status import status_of
from canary.k8s.client import Client
from tests.api.bad_input import a_canary
from tests.api.reports import RESTED, a_full_report, report, seen
from tests.lab.controlplane import ControlPlane

pytestmark = pytest.mark.lab


@pytest.fixture
def plane(control_plane_apiserver: ControlPlane, real: Client) -> ControlPlane:
    """A kube-apiserver that serves our CRD, which `real` has seen to."""
    control_plane_apiserver.forget_discovery()
    return control_plane_apiserver


def applied(plane: ControlPlane, name: str, status: dict) -> None:
    plane.kubectl("apply", "-f", "-", input=json.dumps(a_canary(name)), check=True)
    patch = json.dumps({"status": status})
    plane.kubectl("patch", "cny", name, "--subresource=status", "--type=merge", "-p", patch, check=True)


def test_columns(plane: ControlPlane):
    applied(plane, "columns", status_of(a_full_report()))
    head, row = plane.kubectl("get", "cny", "columns", check=True).stdout.splitlines()
    assert head.split() == ["NAME", "PHASE", "STEP", "WEIGHT", "VERDICT", "MESSAGE", "AGE"]
    assert row.split()[:8] == ["columns", "Progressing", "1/1", "24.5%", "Fail", "Holds", "25", "%"]
    assert "canary.canary.delivery/columns" in plane.kubectl("get", "all", "-o", "name", check=True).stdout


def test_wait(plane: ControlPlane):
    applied(plane, "waited", status_of(report(RESTED, seen(tried="v3"))))
    waited = plane.kubectl("wait", "--for=condition=Promoted", "canary/waited", "--timeout=20s", check=True)
    assert waited.stdout == "canary.canary.delivery/waited condition met\n"


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("canary", "Delivers new versions of a workload step by step"),
        ("canary.spec.analysis", "How the canary is judged against stable from live metrics."),
        ("canary.spec.analysis.metrics", "Bad events out of all events, by queries of your own."),
        ("canary.spec.strategy.progressive.steps", "Wait for a person: the step ends with the command `advance`."),
        ("canary.spec.scale.canary", "full: as many as stable"),
        ("canary.status.rollout", "The step it stands on; 0 while the canary is prepared."),
    ],
)
def test_explain(plane: ControlPlane, field: str, says: str):
    explained = " ".join(plane.kubectl("explain", field, check=True).stdout.split())
    assert says in explained
