"""A Prometheus-compatible endpoint whose counters turn bad at a moment that the benchmark chooses.

It serves the Linkerd dialect for one apex: every leaf answers at a constant rate, and the canary's requests all fail from
`turn_bad` to `turn_good`. It keeps the moment at which each answer was given. It names no pods of a leaf, for it knows none.
"""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from tests.lab.processes import free_port

RATE = 100.0  # requests per second and leaf
_BOUNDS = ("100", "500", "1000", "+Inf")

Series = tuple[dict[str, str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer: when it was given, in seconds of the monotonic clock, and how many failures of the canary it showed."""

    at: float
    bad: float


class Counters:
    """Make it with `async with serve_counters(...) as counters`; `url` is where it listens."""

    def __init__(self, namespace: str, service: str) -> None:
        self.url = ""
        self.answers: list[Answered] = []
        self._namespace, self._service = namespace, service
        self._started = time.perf_counter()
        self._bad_since: float | None = None
        self._bad_before = 0.0

    def turn_bad(self) -> float:
        """From now on every request of the canary fails; returns the moment."""
        self._bad_since = time.perf_counter()
        return self._bad_since

    def turn_good(self) -> None:
        """From now on none does; what has been counted stays counted."""
        self._bad_before, self._bad_since = self._bad(time.perf_counter()), None

    def last_before(self, moment: float) -> Answered:
        """The answer that preceded a moment; raises IndexError when there was none."""
        return [answer for answer in self.answers if answer.at <= moment][-1]

    async def answer(self, request: web.Request) -> web.Response:
        """`/api/v1/query`, by GET or POST."""
        query = request.query.get("query") or str((await request.post()).get("query", ""))
        now = time.perf_counter()
        series = list(self._series(query, now))
        result = [{"metric": labels, "value": [time.time(), f"{value:.0f}"]} for labels, value in series]
        answer = web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})
        if _asks_for_responses(query):
            self.answers.append(Answered(at=time.perf_counter(), bad=self._bad(now)))
        return answer

    def _series(self, query: str, now: float) -> Iterator[Series]:
        if "timestamp(" in query:
            return self._ages()
        return self._responses(now) if _asks_for_responses(query) else self._buckets(query, now)

    def _ages(self) -> Iterator[Series]:
        for role in ("stable", "canary"):
            yield {"dst_namespace": self._namespace, "dst_service": f"{self._service}-{role}"}, time.time()

    def _responses(self, now: float) -> Iterator[Series]:
        total, bad = self._total(now), self._bad(now)
        yield self._labels("stable", classification="success"), total
        yield self._labels("canary", classification="success"), total - bad
        yield self._labels("canary", classification="failure"), bad

    def _buckets(self, query: str, now: float) -> Iterator[Series]:
        offered = query.startswith("count")
        for role in ("stable", "canary"):
            for bound in _BOUNDS:
                yield self._labels(role, le=bound), 1.0 if offered else self._total(now)

    def _labels(self, role: str, **more: str) -> dict[str, str]:
        client = {"pod": "client-0", "instance": "10.0.0.1:4191"}
        return {"dst_namespace": self._namespace, "dst_service": f"{self._service}-{role}", **client, **more}

    def _total(self, now: float) -> float:
        return (now - self._started) * RATE

    def _bad(self, now: float) -> float:
        return self._bad_before + (0.0 if self._bad_since is None else (now - self._bad_since) * RATE)


def _asks_for_responses(query: str) -> bool:
    return "response_total" in query and "timestamp(" not in query


@asynccontextmanager
async def serve_counters(namespace: str, service: str) -> AsyncIterator[Counters]:
    """Serve on a free port of loopback for as long as the context lasts."""
    counters = Counters(namespace, service)
    app = web.Application()
    app.router.add_route("*", "/api/v1/query", counters.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        counters.url = f"http://127.0.0.1:{port}"
        yield counters
    finally:
        await runner.cleanup()
