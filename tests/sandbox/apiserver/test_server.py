"""The server as a part of a process: starts, streams, forgets those who left, stops."""

import asyncio
import json
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette

from canary.crds import trafficsplit_crd
from canary.sandbox.apiserver import ApiServer
from canary.sandbox.resources import CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, JOBS, NAMESPACES, Resources
from canary.sandbox.store import Store

MAPS = "/api/v1/namespaces/default/configmaps"


async def until(ready: Callable[[], bool]) -> None:
    """Give way to others until the condition holds."""
    async with asyncio.timeout(10):
        while not ready():
            await asyncio.sleep(0)


async def test_stopping_ends_open_watches() -> None:
    server = ApiServer(Store(), Resources())
    url = await server.start()
    async with (
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
        client.stream("GET", MAPS, params={"watch": "true"}) as watch,
    ):
        assert watch.status_code == 200
        stopping = asyncio.create_task(server.stop())
        assert [line async for line in watch.aiter_lines()] == []
        await stopping
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/readyz")


async def test_a_change_reaches_a_watch_and_one_who_left_is_forgotten() -> None:
    store = Store()
    server = ApiServer(store, Resources())
    url = await server.start()
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        async with client.stream("GET", MAPS, params={"watch": "true"}) as watch:
            store.create(CONFIG_MAPS, {"metadata": {"name": "one"}})
            line = await anext(watch.aiter_lines())
            assert json.loads(line)["object"]["metadata"]["name"] == "one"
            assert len(server._streams._open) == 1
        await until(lambda: not server._streams._open)
    await server.stop()


async def test_a_port_that_is_taken_is_said() -> None:
    first, second = ApiServer(Store(), Resources()), ApiServer(Store(), Resources())
    url = await first.start()
    with pytest.raises(OSError, match="in use"):
        await second.start(int(url.rsplit(":", 1)[1]))
    await first.stop()


def test_the_standard_namespaces_are_there() -> None:
    store = Store()
    ApiServer(store, Resources())
    assert [each["metadata"]["name"] for each in store.list(NAMESPACES)] == [
        "default",
        "kube-node-lease",
        "kube-public",
        "kube-system",
    ]


async def asked(app: Starlette, method: str, path: str, body: object = None) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        return await client.request(method, path, json=body)


@pytest.mark.parametrize("path", ["pods/web/log", "pods/web/exec", "pods/web/eviction"])
async def test_what_is_not_built_is_refused_out_loud(path: str) -> None:
    server = ApiServer(Store(), Resources())
    answer = await asked(server.app, "GET", f"/api/v1/namespaces/default/{path}")
    assert (answer.status_code, answer.json()["reason"]) == (501, "NotImplemented")
    assert answer.json()["message"].startswith("the sandbox does not implement pods/")


async def test_a_jobs_pods_stay_unless_asked_otherwise() -> None:
    store = Store()
    server = ApiServer(store, Resources())
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}
    body = {"metadata": {"name": "run"}, "spec": {"template": {"spec": pod}}}
    made = (await asked(server.app, "POST", "/apis/batch/v1/namespaces/default/jobs", body)).json()
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "run", "uid": made["metadata"]["uid"]}
    store.create(CONFIG_MAPS, {"metadata": {"name": "child", "ownerReferences": [owner]}})
    await asked(server.app, "DELETE", "/apis/batch/v1/namespaces/default/jobs/run")
    child = store.get(CONFIG_MAPS, "default", "child")
    assert (store.list(JOBS), child and "ownerReferences" in child["metadata"]) == ([], False)


async def test_a_definition_written_into_the_store_is_served_at_once() -> None:
    store = Store()
    server = ApiServer(store, Resources())
    store.create(CUSTOM_RESOURCE_DEFINITIONS, trafficsplit_crd())
    answer = await asked(server.app, "GET", "/apis/split.smi-spec.io/v1alpha2/namespaces/default/trafficsplits")
    assert (answer.status_code, answer.json()["items"]) == (200, [])
    store.delete(CUSTOM_RESOURCE_DEFINITIONS, None, "trafficsplits.split.smi-spec.io")
    assert (await asked(server.app, "GET", "/apis/split.smi-spec.io/v1alpha2/trafficsplits")).status_code == 404
