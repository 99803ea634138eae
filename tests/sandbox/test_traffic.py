"""The load generator: a mean rate, totals per version, changeable as it runs."""

import asyncio
from random import Random
from typing import Any

import pytest

from canary.sandbox.http1 import Request, Response, json_response, text
from canary.sandbox.servers import Server
from canary.sandbox.traffic import MOST_UNDER_WAY, Load


class Apex:
    """Counts what arrives and answers as it is told; lets a test wait for the n-th request."""

    def __init__(self, answer: Response | None) -> None:
        self.answer = answer
        self.hosts: list[str] = []
        self._arrived = asyncio.Event()

    async def __call__(self, request: Request) -> Response:
        self.hosts.append(request.headers["host"])
        self._arrived.set()
        if self.answer is None:
            await asyncio.Event().wait()
        return self.answer

    async def seen(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.hosts) < count:
                self._arrived.clear()
                await self._arrived.wait()


async def loaded(answer: Response | None, rps: float) -> tuple[Apex, Server, Load]:
    apex = Apex(answer)
    server = Server(apex)
    host, port = await server.start()
    load = Load(f"http://{host}:{port}", "reviews", "bookinfo", rps, rng=Random(5))
    await load.start()
    return apex, server, load


async def finish(server: Server, load: Load) -> None:
    await load.stop()
    await server.stop(grace=0)


def an_answer(**content: Any) -> Response:
    return json_response(200, str(content).replace("'", '"').encode())


async def test_requests_name_the_apex_and_are_counted_by_version() -> None:
    apex, server, load = await loaded(an_answer(version="v1"), 500)
    await apex.seen(20)
    apex.answer = json_response(500, b'{"version": "v2"}')
    await apex.seen(40)
    await finish(server, load)
    totals = load.totals
    assert set(apex.hosts) == {"reviews.bookinfo"}
    assert set(totals.versions) == {"v1", "v2"}
    assert totals.requests == sum(totals.versions.values()) >= 39
    assert totals.errors == totals.errors_by_version["v2"] == totals.versions["v2"]


async def test_a_rate_of_zero_sends_nothing_until_it_is_raised() -> None:
    apex, server, load = await loaded(an_answer(), 0)
    assert apex.hosts == []
    load.rps = 1000
    await apex.seen(10)
    load.rps = 0
    await finish(server, load)
    with pytest.raises(ValueError, match="makes no sense"):
        load.rps = -1


async def test_a_stuck_service_does_not_pile_up_requests() -> None:
    apex, server, load = await loaded(None, 20_000)
    await apex.seen(MOST_UNDER_WAY)
    async with asyncio.timeout(20):
        while not load.totals.dropped:
            await asyncio.sleep(0)
    await finish(server, load)
    assert len(apex.hosts) == MOST_UNDER_WAY


async def test_a_dead_mesh_is_an_error_not_a_crash() -> None:
    server = Server(Apex(text(200, "")))
    host, port = await server.start()
    await server.stop()
    load = Load(f"http://{host}:{port}", "reviews", "bookinfo", 500)
    await load.start()
    async with asyncio.timeout(20):
        while load.totals.requests < 5:
            await asyncio.sleep(0)
    await load.stop()
    assert load.totals.errors == load.totals.requests
    assert set(load.totals.versions) == {""}
