"""What the judges know: their state, to go on with after a restart, and each measurement, to be looked at later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from analysis.verdict import Verdict
from canary.store.engine import Store
from canary.store.models import evidence, measurements
from canary.store.rows import as_record, as_row, columns_of


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeState:
    """A judge's state for one metric of one rollout, as the JSON that the judge reads and writes."""

    rollout_id: str
    metric: str
    state: Mapping[str, Any]
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one look at one metric found: the counts that the verdict rests on, and its sentence.

    `evidence`, its `bound` and the `ratio` with its interval are None where there is no such number. One instant has one
    measurement: the first that is saved.
    """

    rollout_id: str
    metric: str
    at: datetime
    verdict: Verdict
    stable_bad: float
    stable_total: float
    canary_bad: float
    canary_total: float
    evidence: float | None
    sentence: str
    bound: float | None = None
    ratio_low: float | None = None
    ratio: float | None = None
    ratio_high: float | None = None


class Evidence:
    """Saves without waiting; of several states of one judge only the last is written."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save(self, states: Iterable[JudgeState], found: Iterable[Measurement] = ()) -> None:
        """Save judges' states and what they were made from, in one transaction."""
        self._store.submit(measurements, [as_row(measurement) for measurement in found])
        self._store.submit(evidence, [as_row(state) for state in states])

    async def load(self, rollout_ids: Iterable[str]) -> tuple[JudgeState, ...]:
        """All states of these rollouts. A judge that is not among them starts afresh."""
        saved = select(*columns_of(JudgeState, evidence)).where(evidence.c.rollout_id.in_(list(rollout_ids)))
        rows = await self._store.read(saved.order_by(evidence.c.rollout_id, evidence.c.metric))
        return tuple(as_record(JudgeState, row) for row in rows)

    async def measurements(self, rollout_id: str, *, limit: int = 1000) -> tuple[Measurement, ...]:
        """A rollout's last measurements, newest first."""
        latest = select(*columns_of(Measurement, measurements)).where(measurements.c.rollout_id == rollout_id)
        rows = await self._store.read(latest.order_by(measurements.c.at.desc(), measurements.c.metric).limit(limit))
        return tuple(as_record(Measurement, row) for row in rows)
