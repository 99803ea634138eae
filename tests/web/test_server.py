"""The web server on loopback: liveness, readiness with sentences, metrics."""

import asyncio
import signal
from collections.abc import AsyncIterator

import httpx
import pytest

from canary.errors import Misconfigured
from canary.web.server import Check, WebServer, web_app

FINE = [Check(name="caches"), Check(name="store")]
NOT_YET = [Check(name="caches", problem="Deployments are not listed yet."), Check(name="store")]


class Site:
    def __init__(self) -> None:
        self.checks = FINE
        app = web_app(checks=lambda: self.checks, metrics=lambda: b"canary_weight 5\n")
        self.server = WebServer(app)
        self.url = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            return await client.get(path, headers=headers)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    site.url = await site.server.start("127.0.0.1", 0)
    yield site
    await site.server.stop()


async def test_a_process_whose_loop_turns_is_alive_even_when_it_is_not_ready(site: Site) -> None:
    site.checks = NOT_YET
    answer = await site.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_ready_when_all_checks_are_well(site: Site) -> None:
    answer = await site.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "[+] caches\n[+] store\nready\n")


async def test_not_ready_says_what_is_missing(site: Site) -> None:
    site.checks = NOT_YET
    answer = await site.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "[-] caches: Deployments are not listed yet.\n[+] store\nnot ready\n")


async def test_readiness_as_json(site: Site) -> None:
    site.checks = NOT_YET
    answer = await site.get("/readyz", accept="application/json")
    assert (answer.status_code, answer.json()) == (
        503,
        {
            "ready": False,
            "checks": [
                {"name": "caches", "ready": False, "problem": "Deployments are not listed yet."},
                {"name": "store", "ready": True, "problem": None},
            ],
        },
    )


async def test_metrics_are_prometheus_text(site: Site) -> None:
    answer = await site.get("/metrics")
    assert (answer.text, answer.headers["content-type"]) == ("canary_weight 5\n", "text/plain; version=0.0.4; charset=utf-8")


async def test_a_taken_address_is_refused_with_the_remedy(site: Site) -> None:
    port = int(site.url.rpartition(":")[2])
    with pytest.raises(Misconfigured, match=f"Can't listen on 127.0.0.1:{port}: .* CANARY_HTTP"):
        await Site().server.start("127.0.0.1", port)


async def test_signals_stay_with_the_process_and_a_stopped_server_is_gone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    site = Site()
    site.url = await site.server.start("127.0.0.1", 0)
    assert signal.getsignal(signal.SIGTERM) is before
    async with asyncio.timeout(10):
        await site.server.stop()
    with pytest.raises(httpx.ConnectError):
        await site.get("/healthz")
