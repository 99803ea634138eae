"""A load generator: requests for an apex at a steady mean rate, arriving as independent clients' would (Poisson)."""

import asyncio
import contextlib
import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from urllib.parse import urlsplit

from canary.sandbox.http1 import ProtocolError, Request, Response
from canary.sandbox.servers import Client

# With more requests than this under way, new ones are not sent but counted as dropped: a stuck service must not eat memory.
MOST_UNDER_WAY = 500


@dataclass(slots=True, kw_only=True)
class Totals:
    """What came back since the start: `errors` are answers of 500 and above, or none at all; `seconds` of waiting, summed."""

    requests: int = 0
    errors: int = 0
    dropped: int = 0
    seconds: float = 0.0
    versions: Counter[str] = field(default_factory=Counter)
    errors_by_version: Counter[str] = field(default_factory=Counter)


class Load:
    """Sends GET requests through the mesh; `rps` may be set at any time, and 0 pauses."""

    def __init__(
        self, mesh_url: str, apex: str, namespace: str, rps: float, *, path: str = "/", rng: Random | None = None
    ) -> None:
        parts = urlsplit(mesh_url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._request = Request(method="GET", target=path, headers={"host": f"{apex}.{namespace}"})
        self._rng = rng or Random()
        self._rps = rps
        self._changed = asyncio.Event()
        self._client = Client()
        self._task: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self.totals = Totals()

    @property
    def rps(self) -> float:
        """Mean requests per second."""
        return self._rps

    @rps.setter
    def rps(self, value: float) -> None:
        if value < 0:
            raise ValueError(f"a rate of {value} requests per second makes no sense")
        self._rps = value
        self._changed.set()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="sandbox-load")

    async def stop(self) -> None:
        """Send nothing more, and drop what is under way."""
        tasks = [*self._under_way, *([self._task] if self._task else [])]
        for each in tasks:
            each.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._task = None
        self._client.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if not await self._gap(due - loop.time()):
                due = loop.time()
                continue
            self._send()
            due = max(due, loop.time() - 1) + self._rng.expovariate(self._rps)

    async def _gap(self, seconds: float) -> bool:
        """Wait until the next arrival; False when the rate changed instead, and the wait is to be drawn anew."""
        if self._rps and seconds <= 0:
            await asyncio.sleep(0)
            return bool(self._rps)
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds if self._rps else None):
                await self._changed.wait()
            return False
        return True

    def _send(self) -> None:
        if len(self._under_way) >= MOST_UNDER_WAY:
            self.totals.dropped += 1
            return
        task = asyncio.create_task(self._one())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _one(self) -> None:
        started = perf_counter()
        try:
            response = await self._client.send(self._address, self._request)
        except (OSError, ProtocolError):
            response = None
        version = _version_of(response)
        failed = response is None or response.status >= 500
        totals = self.totals
        totals.requests += 1
        totals.errors += failed
        totals.seconds += perf_counter() - started
        totals.versions[version] += 1
        totals.errors_by_version[version] += failed


def _version_of(response: Response | None) -> str:
    """The version that a pod of the sandbox names in its answer; empty when no pod answered."""
    if response is None:
        return ""
    try:
        found = json.loads(response.body)
    except ValueError:
        return ""
    return str(found.get("version", "")) if isinstance(found, dict) else ""
