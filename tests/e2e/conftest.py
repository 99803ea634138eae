"""One cluster, one data plane and one Prometheus for all stories; a namespace for each."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from canary.api.template_crds import definitions
from tests.e2e.plane import Plane
from tests.e2e.rules import broken
from tests.e2e.stage import Stage
from tests.lab.controlplane import ControlPlane
from tests.lab.prometheus import Prometheus
from tests.lab.workloads import Namespace

SCRAPES = timedelta(seconds=0.5)


@pytest.fixture(scope="session")
def delivery(control_plane_full: ControlPlane) -> ControlPlane:
    """A whole control plane that knows Canaries; they can be watched when the data plane runs."""
    crds = json.dumps({"apiVersion": "v1", "kind": "List", "items": definitions()})
    control_plane_full.kubectl("apply", "--server-side", "-f", "-", input=crds, check=True)
    return control_plane_full


@pytest.fixture(scope="session")
def plane(delivery: ControlPlane) -> Iterator[Plane]:
    """The data plane of the whole cluster."""
    with Plane(delivery) as running:
        yield running


@pytest.fixture(scope="session")
def measuring(plane: Plane) -> Iterator[Prometheus]:
    """A Prometheus of our own: it asks the data plane, and nothing else, twice a second."""
    with Prometheus(scrape_interval=SCRAPES) as started:
        started.scrape({plane.metrics.removeprefix("http://"): {}})
        yield started


@pytest.fixture
def stage(plane: Plane, measuring: Prometheus, lab_namespace: Namespace, tmp_path: Path) -> Iterator[Stage]:
    """A namespace to tell a story in. Whatever the story was: no rule of traffic was broken in it."""
    told = Stage(plane=plane, namespace=lab_namespace, prometheus=measuring.url, folder=tmp_path / "state")
    yield told
    for load in told.loads:
        plane.end(load)
    for canary in plane.picture.all("Canary", lab_namespace.name):  # or its namespace would wait for a controller
        told.patch(f"canary/{canary['metadata']['name']}", {"metadata": {"finalizers": None}})
    assert broken(plane.picture.history(lab_namespace.name)) == []
