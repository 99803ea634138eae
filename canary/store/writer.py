"""Rows wait here for the database, so that nobody waits for the database.

`submit` returns at once; one task writes whatever has gathered in one transaction, so commits get larger as they get
slower. While the database is away rows are kept, tables apart from each other so that a flood of measurements can't
push out decisions; beyond a bound the oldest of a table are lost, and counted. A row is written again when the answer
to its commit was lost, which its key makes harmless.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, islice
from typing import Any

import structlog
from sqlalchemy import Table

from canary.errors import CanaryError
from canary.store.errors import RowRefused, StoreUnavailable
from canary.store.models import NEWEST_WINS
from canary.store.rows import Row

Batch = Mapping[Table, Sequence[Row]]
Key = tuple[Any, ...]

ROWS_PER_TABLE = 10_000
ROWS_PER_COMMIT = 200
LONGEST_REST = timedelta(seconds=15)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Waiting:
    """A row that is not written yet; `turn` grows with every submission."""

    turn: int
    row: Row


class Writer:
    """The only one that writes history. `commit` writes a batch in one transaction or raises."""

    def __init__(self, commit: Callable[[Batch], Awaitable[None]], *, rows_per_table: int = ROWS_PER_TABLE) -> None:
        self._commit = commit
        self._bound = rows_per_table
        self._lanes: dict[Table, dict[Key, Waiting]] = {}
        self._turns = count(1)
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []
        self._work = asyncio.Event()
        self._work.set()  # the first commit may be empty: it shows whether the database is there
        self._hurry = asyncio.Event()
        self._failure: CanaryError | None = None
        self._lost = 0
        self._task = asyncio.create_task(self._run(), name="store-writer")

    @property
    def waiting(self) -> int:
        """How many rows are not written yet."""
        return sum(map(len, self._lanes.values()))

    @property
    def lost(self) -> int:
        """How many rows were given up since the start."""
        return self._lost

    @property
    def problem(self) -> str | None:
        """Why rows are not being written, None while they are."""
        if self._task.done():
            return f"The writer of the journal has stopped; {self._toll()}"
        return None if self._failure is None else f"{self._failure.sentence}; {self._toll()}"

    def _toll(self) -> str:
        return f"{self.waiting} rows wait in memory, {self._lost} were given up"

    def report(self, error: CanaryError) -> None:
        """Take note of a failure seen elsewhere, until the next commit says otherwise."""
        self._failure = error

    def submit(self, table: Table, rows: Iterable[Row]) -> None:
        """Have the rows written soon, together with whatever else is submitted before the loop turns."""
        lane = self._lanes.setdefault(table, {})
        newest_wins = table.info.get(NEWEST_WINS, False)
        key_columns = [column.name for column in table.primary_key]
        for row in rows:
            key = tuple(row[name] for name in key_columns)
            earlier = lane.get(key)
            if earlier is None:
                self._make_room(lane)
                lane[key] = Waiting(turn=next(self._turns), row=row)
            elif newest_wins:
                # It keeps its place, so that a row which changes all the time still gets its turn.
                lane[key] = Waiting(turn=earlier.turn, row=row)
        if lane:
            self._work.set()

    def _make_room(self, lane: dict[Key, Waiting]) -> None:
        if len(lane) >= self._bound:
            del lane[next(iter(lane))]
            self._lost += 1

    async def flush(self) -> None:
        """Wait until all that was submitted is written; raises what the next attempt raises."""
        if not self.waiting:
            return
        if self._task.done():
            raise StoreUnavailable(self.problem or "The writer of the journal has stopped")
        written = asyncio.get_running_loop().create_future()
        self._flushes.append((next(self._turns), written))
        self._hurry.set()
        await written

    async def close(self, grace: timedelta) -> None:
        """Write what can be written within `grace`, then stop."""
        with suppress(CanaryError, TimeoutError):
            async with asyncio.timeout(grace.total_seconds()):
                await self.flush()
        self._task.cancel()
        await asyncio.wait([self._task])
        self._end_flushes(StoreUnavailable("The store is closed"))
        if self.waiting:
            log.warning("rows are given up at the end", rows=self.waiting)

    async def _run(self) -> None:
        failures = 0
        while True:
            await self._work.wait()
            try:
                await self._write(self._next_batch())
            except CanaryError as error:
                if self._failure is None:
                    log.warning("the journal can't be written", error=error.sentence)
                self._failure = error
                self._end_flushes(error)
                failures += 1
                await self._rest(failures)
            else:
                self._failure = None
                failures = 0
                self._end_flushes(None)

    async def _rest(self, failures: int) -> None:
        """Wait longer after each failure, but not when somebody waits for a flush."""
        longest = min(LONGEST_REST.total_seconds(), 0.25 * 2 ** min(failures, 10))
        with suppress(TimeoutError):
            async with asyncio.timeout(longest * random.uniform(0.5, 1)):
                await self._hurry.wait()

    def _next_batch(self) -> dict[Table, dict[Key, Waiting]]:
        self._hurry.clear()
        return {table: dict(islice(lane.items(), ROWS_PER_COMMIT)) for table, lane in self._lanes.items() if lane}

    async def _write(self, batch: dict[Table, dict[Key, Waiting]]) -> None:
        try:
            await self._commit({table: [waiting.row for waiting in some.values()] for table, some in batch.items()})
        except RowRefused:
            await self._write_one_by_one(batch)
        for table, key, waiting in _entries(batch):
            lane = self._lanes[table]
            if lane.get(key) is waiting:  # else a newer one came while this one was written
                del lane[key]
        if not self.waiting:
            self._work.clear()

    async def _write_one_by_one(self, batch: dict[Table, dict[Key, Waiting]]) -> None:
        """Give up the rows that can't be written, so that the others are."""
        for table, key, waiting in _entries(batch):
            try:
                await self._commit({table: [waiting.row]})
            except RowRefused as error:
                self._lost += 1
                log.warning("a row is given up", table=table.name, key=str(key), error=error.sentence)

    def _end_flushes(self, error: CanaryError | None) -> None:
        oldest = min((next(iter(lane.values())).turn for lane in self._lanes.values() if lane), default=None)
        still: list[tuple[int, asyncio.Future[None]]] = []
        for turn, written in self._flushes:
            if written.done():
                continue
            if error is not None:
                written.set_exception(error)
            elif oldest is None or turn < oldest:
                written.set_result(None)
            else:
                still.append((turn, written))
        self._flushes = still


def _entries(batch: dict[Table, dict[Key, Waiting]]) -> Iterator[tuple[Table, Key, Waiting]]:
    return ((table, key, waiting) for table, some in batch.items() for key, waiting in some.items())
