"""Scrapes every source of series into the database, once a second as long as it runs."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from canary.sandbox.metrics.counters import Series
from canary.sandbox.metrics.tsdb import Database

Source = Callable[[], Iterable[Series]]


class Scraper:
    def __init__(
        self,
        database: Database,
        sources: Sequence[Source],
        *,
        interval: float = 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database, self._sources = database, sources
        self._interval, self._clock = interval, clock
        self._task: asyncio.Task[None] | None = None

    def scrape(self) -> None:
        """Take one sample of everything, now."""
        self._database.scrape(self._clock(), chain.from_iterable(source() for source in self._sources))

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="sandbox-scraper")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        while True:
            self.scrape()
            await asyncio.sleep(self._interval)
