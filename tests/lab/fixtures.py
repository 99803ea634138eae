"""The lab's programs as fixtures: each one is started at its first use and serves the whole session.

Tests share them, so they make namespaces of their own and clean up what is not in a namespace.
"""

import json
import secrets
from collections.abc import Iterator

import pytest

from canary.crds import trafficsplit_crd
from tests.lab.controlplane import ControlPlane
from tests.lab.postgres import Postgres
from tests.lab.prometheus import Prometheus
from tests.lab.waiting import eventually
from tests.lab.workloads import Namespace


@pytest.fixture(scope="session")
def control_plane_apiserver() -> Iterator[ControlPlane]:
    """etcd and kube-apiserver, where nothing acts on objects; TrafficSplit v1alpha1 and v1alpha2 are installed."""
    with ControlPlane(profile="apiserver") as started:
        install_trafficsplit(started)
        yield started


@pytest.fixture(scope="session")
def control_plane_full() -> Iterator[ControlPlane]:
    """A whole control plane whose pods come up by themselves; TrafficSplit v1alpha1 and v1alpha2 are installed."""
    with ControlPlane(profile="full") as started:
        install_trafficsplit(started)
        yield started


@pytest.fixture
def lab_namespace(control_plane_full: ControlPlane) -> Iterator[Namespace]:
    """A namespace of the whole control plane for one test; deleted afterwards, without waiting for it."""
    name = f"lab-{secrets.token_hex(4)}"
    control_plane_full.kubectl("create", "namespace", name, check=True)
    yield Namespace(cluster=control_plane_full, name=name)
    control_plane_full.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found", check=True)


@pytest.fixture(scope="session")
def prometheus() -> Iterator[Prometheus]:
    """A Prometheus that scrapes every second whatever a test names."""
    with Prometheus() as started:
        yield started


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; `create_database` gives a test a database of its own."""
    with Postgres() as started:
        yield started


def install_trafficsplit(cluster: ControlPlane) -> None:
    """Apply our TrafficSplit CRD and wait until it is served."""
    crd = trafficsplit_crd()
    cluster.kubectl("apply", "-f", "-", input=json.dumps(crd), check=True)
    # Not `kubectl wait --for=condition=Established`: it gives up on a CRD that has no conditions at all yet.
    assert eventually(lambda: cluster.kubectl("get", "trafficsplits", "--all-namespaces").returncode, 0) == 0
