"""Every test of this folder runs twice: against the sandbox's server, and (marked `lab`) against a real kube-apiserver."""

from collections.abc import Iterator

import pytest

from canary.api.template_crds import definitions
from canary.crds import trafficsplit_crd
from tests.contract.objects import widget_definition
from tests.contract.servers import Server, World, a_name, real, sandbox


@pytest.fixture(scope="session", params=["sandbox", pytest.param("real", marks=pytest.mark.lab)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp(f"contract-{request.param}")
    plane = request.getfixturevalue("control_plane_apiserver") if request.param == "real" else None
    with sandbox(folder) if plane is None else real(plane, folder) as started:
        for definition in (*definitions(), trafficsplit_crd(), widget_definition()):
            started.define(definition)
        yield started
        started.kubectl("delete", "crd", widget_definition()["metadata"]["name"], "--wait=false")


@pytest.fixture
def world(server: Server) -> Iterator[World]:
    """A namespace of the test's own."""
    made = World(server=server, namespace=a_name("contract"))
    made.create("/api/v1/namespaces", {"metadata": {"name": made.namespace}})
    yield made
    server.client.delete(f"/api/v1/namespaces/{made.namespace}")
