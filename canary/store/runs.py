"""Tests and hooks, each started at most once.

A run's id is the same whoever computes it. Whoever inserts the row first has claimed the run and starts it; everybody
else, after a restart too, finds the row and goes on from what it says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from canary.store.engine import Store, insertion, put
from canary.store.models import RunKind, runs
from canary.store.rows import as_record, as_row, columns_of
from strategies.model import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run. `edge` is None for tests, `step` for what belongs to no step, `finished_at` while it runs.

    `attempt` counts how often the step was attempted, `tries` how often this run was tried within its attempt.
    """

    id: str
    rollout_id: str
    kind: RunKind
    name: str
    attempt: int
    started_at: datetime
    edge: str | None = None
    step: int | None = None
    status: RunStatus = RunStatus.RUNNING
    tries: int = 0
    finished_at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The run is ours to start."""

    run: RunRecord


UNFINISHED = (RunStatus.RUNNING, RunStatus.INTERRUPTED)


class Runs:
    """Awaited, because a test must not start on a claim that may be lost. All raise `StoreUnavailable`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def claim(self, run: RunRecord) -> Claimed | RunRecord:
        """Claim the run, or get the record of whoever claimed it before.

        A claim whose answer was lost is found as a record that is `Running` and that no task of ours runs.
        """
        async with self._store.transaction() as connection:
            claimed = await connection.scalar(insertion(connection, runs).returning(runs.c.id), as_row(run))
            if claimed is not None:
                return Claimed(run=run)
            return await _find(connection, run.id)

    async def finish(self, run: RunRecord) -> RunRecord:
        """Record how the run ended and say what stands: the first result does, whatever comes later."""
        async with self._store.transaction() as connection:
            await put(connection, runs, [as_row(run)])  # only where the database has lost the claim
            unfinished = update(runs).where(runs.c.id == run.id, runs.c.status.in_(UNFINISHED))
            await connection.execute(unfinished.values(as_row(run)))
            return await _find(connection, run.id)

    async def interrupted(self, before: datetime) -> tuple[RunRecord, ...]:
        """Mark the runs that a process which is no more left `Running`: all that were started before this one was."""
        left = update(runs).where(runs.c.status == RunStatus.RUNNING, runs.c.started_at < before)
        async with self._store.transaction() as connection:
            marked = await connection.execute(left.values(status=RunStatus.INTERRUPTED).returning(*columns_of(RunRecord, runs)))
            found = [as_record(RunRecord, row) for row in marked.mappings()]
        return tuple(sorted(found, key=lambda run: (run.started_at, run.id)))

    async def of_rollouts(self, rollout_ids: Iterable[str]) -> tuple[RunRecord, ...]:
        """All runs of these rollouts, in the order of their start."""
        rows = await self._store.read(
            _runs().where(runs.c.rollout_id.in_(list(rollout_ids))).order_by(runs.c.started_at, runs.c.id)
        )
        return tuple(as_record(RunRecord, row) for row in rows)


def _runs() -> Select[Any]:
    return select(*columns_of(RunRecord, runs))


async def _find(connection: AsyncConnection, run_id: str) -> RunRecord:
    row = (await connection.execute(_runs().where(runs.c.id == run_id))).mappings().one()
    return as_record(RunRecord, row)
