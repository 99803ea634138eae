"""What a rollout's canary served, counted up from its measurements into the rollout's own row.

Measurements are written apart from the rollout and may come later, from another process of the controller or after the
database was away; so the totals are made here, where both are, whenever a row of either kind is written.
"""

from sqlalchemy import BigInteger, Column, Update, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from canary.store.models import measurements, rollouts
from canary.store.writer import Batch


async def count_up(connection: AsyncConnection, batch: Batch) -> None:
    """Bring the totals of ended rollouts up to date with what the batch has just written."""
    touched = {row["id"] for row in batch.get(rollouts, ())} | {row["rollout_id"] for row in batch.get(measurements, ())}
    if touched:
        await connection.execute(_totals(sorted(touched)))


def _totals(ids: list[str]) -> Update:
    ended = update(rollouts).where(rollouts.c.id.in_(ids), rollouts.c.ended_at.is_not(None))
    return ended.values(requests=_most(measurements.c.canary_total), bad_requests=_most(measurements.c.canary_bad))


def _most(column: Column[float]) -> object:
    """The largest count: each measurement counts from the start, and metrics of the same requests differ by a few."""
    most = cast(func.round(func.max(column)), BigInteger)
    found = select(func.coalesce(most, 0)).where(measurements.c.rollout_id == rollouts.c.id)
    return found.scalar_subquery()
