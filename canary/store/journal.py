"""History: what was tried, what was decided and why, and what people ordered.

Recording returns at once; the rows are written soon after, in the order and company in which they were recorded.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import Table, select

from canary.store.engine import Store
from canary.store.models import commands, decisions, rollouts
from canary.store.rows import as_record, as_row, columns_of
from strategies.model import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One line of the journal. `actor` is the person behind it, None for the controller's own decisions.

    `rollout_id`, `step` and `weight` are None while no rollout runs. `detail` is whatever JSON explains it further.
    """

    namespace: str
    canary: str
    at: datetime
    phase: Phase
    reason: str
    sentence: str
    rollout_id: str | None = None
    step: int | None = None
    weight: Decimal | None = None
    actor: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutRecord:
    """A rollout as a whole; recorded when it starts and again, with the same id, when it ends.

    `ended_at` and `outcome` are None while it runs. `stable_revision` is what it was tried against. `requests` and
    `bad_requests` are the canary's: the most that any of its metrics counted and found bad. The store fills them in from the
    measurements once the rollout has ended; until then they are 0. `plan` is the pinned plan as JSON.
    """

    id: str
    namespace: str
    canary: str
    number: int
    revision: str
    image: str
    started_at: datetime
    stable_revision: str | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    reason: str = ""
    sentence: str = ""
    requests: int = 0
    bad_requests: int = 0
    plan: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRecord:
    """A person's command; recorded when it is received and again, with the same id, when it is dealt with."""

    id: str
    namespace: str
    canary: str
    verb: str
    who: str
    why: str
    received_at: datetime
    outcome: str | None = None
    sentence: str | None = None


class Journal:
    """Records and tells history, newest first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sequence = count()
        self._process = secrets.token_hex(4)

    def decided(self, record: DecisionRecord) -> None:
        """Record a decision."""
        self._store.submit(decisions, [{"id": self._decision_id(record.at), **as_row(record)}])

    def rollout(self, record: RolloutRecord) -> None:
        """Record a rollout as it stands now."""
        self._store.submit(rollouts, [as_row(record)])

    def command(self, record: CommandRecord) -> None:
        """Record a command as it stands now."""
        self._store.submit(commands, [as_row(record)])

    async def decisions(self, namespace: str, canary: str, *, limit: int = 100) -> tuple[DecisionRecord, ...]:
        """A canary's last decisions."""
        latest = _of(DecisionRecord, decisions, namespace, canary).order_by(decisions.c.at.desc(), decisions.c.id.desc())
        return tuple(as_record(DecisionRecord, row) for row in await self._store.read(latest.limit(limit)))

    async def rollouts(self, namespace: str, canary: str, *, limit: int = 10) -> tuple[RolloutRecord, ...]:
        """A canary's last rollouts."""
        latest = _of(RolloutRecord, rollouts, namespace, canary).order_by(rollouts.c.started_at.desc(), rollouts.c.number.desc())
        return tuple(as_record(RolloutRecord, row) for row in await self._store.read(latest.limit(limit)))

    async def commands(self, namespace: str, canary: str, *, limit: int = 100) -> tuple[CommandRecord, ...]:
        """The last commands that a canary was given."""
        latest = _of(CommandRecord, commands, namespace, canary).order_by(commands.c.received_at.desc(), commands.c.id.desc())
        return tuple(as_record(CommandRecord, row) for row in await self._store.read(latest.limit(limit)))

    def _decision_id(self, at: datetime) -> str:
        """Sorts by time, then by the order of recording; unique across processes."""
        return f"{int(at.timestamp() * 1_000_000):015x}-{next(self._sequence):08x}-{self._process}"


def _of(kind: type[Any], table: Table, namespace: str, canary: str) -> Any:
    return select(*columns_of(kind, table)).where(table.c.namespace == namespace, table.c.canary == canary)
