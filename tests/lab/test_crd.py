import json

import pytest

from canary.crds import trafficsplit_crd
from tests.lab.controlplane import ControlPlane

pytestmark = pytest.mark.lab

NAME = "trafficsplits.split.smi-spec.io"
SERVICE_AND_BACKENDS = {
    "service": "web",
    "backends": [{"service": "web-stable", "weight": 90}, {"service": "web-canary", "weight": 10}],
}


@pytest.fixture(scope="module")
def cluster():
    """One of its own: what is served changes from test to test."""
    with ControlPlane() as started:
        yield started


@pytest.fixture
def served(cluster, request):
    """TrafficSplit with the parametrized versions; gone afterwards, so that each variant begins on a clean slate."""
    cluster.kubectl("apply", "-f", "-", input=json.dumps(trafficsplit_crd(request.param)), check=True)
    cluster.forget_discovery()
    cluster.kubectl("wait", "--for=condition=Established", f"crd/{NAME}", "--timeout=30s", check=True)
    yield request.param
    cluster.kubectl("delete", "crd", NAME, "--timeout=30s", check=True)


def split(version, **spec):
    return json.dumps(
        {
            "apiVersion": f"split.smi-spec.io/{version}",
            "kind": "TrafficSplit",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": SERVICE_AND_BACKENDS | spec,
        }
    )


def weights(cluster, version):
    shown = cluster.kubectl("get", f"trafficsplits.{version}.split.smi-spec.io", "web", "-o", "json", check=True)
    return [each["weight"] for each in json.loads(shown.stdout)["spec"]["backends"]]


def quantities(*given):
    return {"backends": [{"service": f"web-{number}", "weight": each} for number, each in enumerate(given)]}


VARIANTS = [
    ("v1alpha1",),
    ("v1alpha1", "v1alpha2"),
    ("v1alpha2",),
    ("v1alpha4",),
    ("v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"),
]


@pytest.mark.parametrize("served", VARIANTS, indirect=True, ids="+".join)
def test_every_served_version_takes_a_split(cluster, served):
    for version in served:
        cluster.kubectl("apply", "-f", "-", input=split(version), check=True)
        assert weights(cluster, version) == [90, 10]
    assert cluster.kubectl("get", "ts", check=True).stdout.split() == ["NAME", "SERVICE", "web", "web"]


@pytest.mark.parametrize("served", [("v1alpha1", "v1alpha2")], indirect=True)
class TestAsLinkerdInstallsIt:
    def test_a_stored_quantity_is_a_string_for_the_later_version(self, cluster, served):
        cluster.kubectl("apply", "-f", "-", input=split("v1alpha1", **quantities("500m", 1)), check=True)
        assert weights(cluster, "v1alpha2") == ["500m", 1]

    def test_fractions_are_kept(self, cluster, served):
        cluster.kubectl("apply", "-f", "-", input=split("v1alpha2", **quantities(99.9, 0.1)), check=True)
        assert weights(cluster, "v1alpha2") == [99.9, 0.1]

    def test_a_quantity_is_refused_by_the_later_version(self, cluster, served):
        refused = cluster.kubectl("apply", "-f", "-", input=split("v1alpha2", **quantities("500m")))
        assert refused.returncode == 1
        assert "must be of type number" in refused.stderr

    def test_a_version_that_is_not_served_is_refused(self, cluster, served):
        refused = cluster.kubectl("apply", "-f", "-", input=split("v1alpha4"))
        assert refused.returncode == 1
        assert 'no matches for kind "TrafficSplit" in version "split.smi-spec.io/v1alpha4"' in refused.stderr

    def test_matches_are_refused(self, cluster, served):
        refused = cluster.kubectl("apply", "-f", "-", input=split("v1alpha2", matches=[{"kind": "HTTPRouteGroup", "name": "ab"}]))
        assert refused.returncode == 1
        assert 'unknown field "spec.matches"' in refused.stderr
