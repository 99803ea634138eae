import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import stamina

from canary.api.crd import canary_crd
from canary.errors import NotServed
from canary.k8s.client import Client, connect
from canary.k8s.resources import CANARY, CUSTOM_RESOURCE_DEFINITION
from canary.sandbox.apiserver import ApiServer
from canary.sandbox.resources import Resources
from canary.sandbox.store import Store


@stamina.retry(on=NotServed, attempts=None, timeout=20, wait_initial=0.02, wait_max=0.2)
async def served(client: Client) -> None:
    """Apply the CRD, and come back when the API server serves its resource."""
    await client.apply(CUSTOM_RESOURCE_DEFINITION, canary_crd())
    await client.list(CANARY)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Client]:
    """The sandbox's API server with our CRD."""
    server = ApiServer(Store(), Resources())
    url = await server.start()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(a_kubeconfig(url)))
    async with await connect(str(kubeconfig)) as client:
        await served(client)
        yield client
    await server.stop()


@pytest.fixture
async def real(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    """A kube-apiserver with our CRD."""
    plane = request.getfixturevalue("control_plane_apiserver")
    async with await connect(str(plane.kubeconfig)) as client:
        await served(client)
        yield client


@pytest.fixture(params=[pytest.param("sandbox"), pytest.param("real", marks=pytest.mark.lab)])
def cluster(request: pytest.FixtureRequest) -> Client:
    """Both API servers, one after the other."""
    client: Client = request.getfixturevalue(request.param)
    return client


def a_kubeconfig(url: str) -> dict[str, object]:
    """A kubeconfig without credentials."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
