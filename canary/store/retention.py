"""Forgetting what is old, a little at a time, so that nobody waits long for the one writer of SQLite."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Table, delete, select, tuple_

from canary.store.engine import Store
from canary.store.models import commands, decisions, evidence, measurements, outbox, rollouts, runs

ROWS_AT_ONCE = 1000


async def prune(store: Store, older_than: datetime) -> Mapping[str, int]:
    """Delete what happened before `older_than` and say how many rows of which table.

    A rollout that has not ended keeps its own row, its judges' states and its runs: without them it would be judged
    from nothing and its tests would run again. Messages that were not sent stay.
    """
    running = select(rollouts.c.id).where(rollouts.c.ended_at.is_(None))
    old: dict[Table, ColumnElement[bool]] = {
        measurements: measurements.c.at < older_than,
        decisions: decisions.c.at < older_than,
        commands: commands.c.received_at < older_than,
        outbox: outbox.c.done_at < older_than,
        evidence: (evidence.c.updated_at < older_than) & evidence.c.rollout_id.not_in(running),
        runs: (runs.c.started_at < older_than) & runs.c.rollout_id.not_in(running),
        rollouts: rollouts.c.ended_at < older_than,
    }
    return {table.name: await _delete(store, table, condition) for table, condition in old.items()}


async def _delete(store: Store, table: Table, condition: ColumnElement[bool]) -> int:
    key = tuple_(*table.primary_key)
    some = delete(table).where(key.in_(select(*table.primary_key).where(condition).limit(ROWS_AT_ONCE)))
    total = 0
    while True:
        async with store.transaction() as connection:
            gone = (await connection.execute(some)).rowcount
        total += gone
        if gone < ROWS_AT_ONCE:
            return total
