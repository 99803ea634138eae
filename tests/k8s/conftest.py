import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from canary.k8s.client import Client, connect
from tests.k8s.scripted import Scripted


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    await scripted.start()
    yield scripted
    await scripted.stop()


@pytest.fixture
async def client(server: Scripted, tmp_path: Path) -> AsyncIterator[Client]:
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(a_kubeconfig(server.url, {"token": "secret"})))
    async with await connect(str(path)) as connected:
        yield connected


def a_kubeconfig(url: str, user: dict) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "loopback", "user": "me", "namespace": "shop"}}],
        "clusters": [{"name": "loopback", "cluster": {"server": url}}],
        "users": [{"name": "me", "user": user}],
    }
