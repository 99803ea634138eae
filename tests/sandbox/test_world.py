"""The whole sandbox: started, used over HTTP as its users do, stopped without a trace."""

import asyncio
import socket
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import yaml

from canary.sandbox.pods.life import Pace
from canary.sandbox.resources import NAMESPACES
from canary.sandbox.world import Ports, Sandbox
from tests.sandbox.cluster import a_deployment, a_service, a_template

PACE = Pace(start=timedelta(milliseconds=5))


async def test_a_person_deploys_and_real_requests_are_served_and_measured(tmp_path: Path) -> None:
    async with (
        Sandbox(tmp_path / "state" / "kubeconfig", pace=PACE, seed=1) as sandbox,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        server = yaml.safe_load(sandbox.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
        assert server == sandbox.api_url
        sandbox.store.create(NAMESPACES, {"metadata": {"name": "bookinfo"}})
        apps, core = f"{server}/apis/apps/v1/namespaces/bookinfo", f"{server}/api/v1/namespaces/bookinfo"
        assert (await http.post(f"{core}/services", json=a_service())).status_code == 201
        deployment = a_deployment(template=a_template(SANDBOX_LATENCY="1ms"))
        assert (await http.post(f"{apps}/deployments", json=deployment)).status_code == 201
        await serving(http, sandbox)
        load = await sandbox.load("reviews", "bookinfo", 300)
        assert [(await http.get(f"{sandbox.mesh_url}/mesh/bookinfo/reviews")).status_code for _ in range(20)] == [200] * 20
        sandbox.scraper.scrape()
        assert await measured(http, sandbox, 'sum(response_total{dst_service="reviews",classification="success"})') >= 20
        assert await measured(http, sandbox, 'sum(http_requests_total{namespace="bookinfo",code="200"})') >= 20
        assert load.totals.versions.keys() == {"v1"}


async def serving(http: httpx.AsyncClient, sandbox: Sandbox) -> None:
    async with asyncio.timeout(20):
        while (await http.get(f"{sandbox.mesh_url}/mesh/bookinfo/reviews")).status_code != 200:
            pass


async def measured(http: httpx.AsyncClient, sandbox: Sandbox, query: str) -> float:
    answer = await http.get(f"{sandbox.prometheus_url}/api/v1/query", params={"query": query})
    ((_, value),) = [each["value"] for each in answer.json()["data"]["result"]]
    return float(value)


async def test_nothing_is_left_after_the_end(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with Sandbox(tmp_path / "kubeconfig", pace=PACE) as sandbox:
        url = sandbox.api_url
        await sandbox.load("nobody", "default", 50)
    assert asyncio.all_tasks() == before
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"{url}/version")


async def test_a_taken_port_is_an_error_and_leaves_nothing_running(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        sandbox = Sandbox(tmp_path / "kubeconfig", ports=Ports(prometheus=taken.getsockname()[1]))
        with pytest.raises(OSError, match="in use"):
            await sandbox.start()
    assert asyncio.all_tasks() == before
    assert not sandbox.kubeconfig.exists()
