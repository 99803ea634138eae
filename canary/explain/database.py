"""A rollout's records from the controller's database, which is read and never changed, made or upgraded here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sqlalchemy import Select, Table, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from canary.errors import Misconfigured
from canary.explain.records import Records, Said
from canary.store.drivers import READING, make_engine
from canary.store.errors import translated
from canary.store.evidence import Measurement
from canary.store.fresh import FILE_NAME
from canary.store.journal import CommandRecord, DecisionRecord, RolloutRecord
from canary.store.models import commands, decisions, measurements, rollouts, runs
from canary.store.rows import as_record, columns_of
from canary.store.runs import RunRecord
from canary.store.schema import is_due

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

DEADLINE = timedelta(seconds=15)
MOST_LOOKS = 50_000  # a week of two metrics every 15 s is 80,000; what is left out is the oldest

T = TypeVar("T", bound="DataclassInstance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """The rollout that is meant: of this number or id; with neither, the newest. `uid` None: of whichever Canary of that name."""

    namespace: str
    canary: str
    number: int | None = None
    id: str | None = None
    uid: str | None = None


class Archive:
    """The database; made by `open_archive`. Raises `StoreUnavailable`, and `Misconfigured` for a schema that is not ours."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.name = engine.url.render_as_string(hide_password=True)

    async def find(self, which: Which) -> Records | None:
        """All that was written down about the rollout; None when there is none that fits."""
        async with self._reading() as connection:
            found = await _rows(connection, RolloutRecord, _meant(which).limit(1))
            return await _records(connection, found[0]) if found else None

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with translated(self.name):
            async with asyncio.timeout(DEADLINE.total_seconds()):
                if await is_due(self._engine, self.name):
                    raise Misconfigured(
                        f"The database {self.name} has an older schema than this canary reads: "
                        "its controller upgrades it when one of this version starts; until then use the canary of its version"
                    )
                async with self._engine.connect() as connection:
                    yield await connection.execution_options(**{READING: True})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._engine.dispose()


def open_archive(url: str | None, state_dir: Path) -> Archive | None:
    """What `url` names, else the file in the state directory; None where there is no such file. Raises Misconfigured."""
    file = state_dir / FILE_NAME if url is None else _file(url)
    if file is not None and not file.exists():
        return None
    return Archive(make_engine(url, state_dir))


def _file(url: str) -> Path | None:
    """The file of an SQLite URL; None for a server."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def _meant(which: Which) -> Select[Any]:
    mine = (rollouts.c.namespace == which.namespace, rollouts.c.canary == which.canary)
    meant = _all(RolloutRecord, rollouts).where(*mine)
    if which.number is not None:
        meant = meant.where(rollouts.c.number == which.number)
    if which.id is not None:
        meant = meant.where(rollouts.c.id == which.id)
    if which.uid is not None:
        meant = meant.where(rollouts.c.id.startswith(which.uid[:8], autoescape=True))
    return meant.order_by(rollouts.c.started_at.desc(), rollouts.c.number.desc())


async def _records(connection: AsyncConnection, rollout: RolloutRecord) -> Records:
    seen = _all(Measurement, measurements).where(measurements.c.rollout_id == rollout.id)
    latest = seen.order_by(measurements.c.at.desc(), measurements.c.metric).limit(MOST_LOOKS)
    found = await _rows(connection, Measurement, latest)
    told = _all(DecisionRecord, decisions).where(decisions.c.rollout_id == rollout.id).order_by(decisions.c.id)
    ran = _all(RunRecord, runs).where(runs.c.rollout_id == rollout.id).order_by(runs.c.started_at, runs.c.id)
    return Records(
        rollout=rollout,
        said=tuple(map(_said, await _rows(connection, DecisionRecord, told))),
        measurements=tuple(sorted(found, key=lambda look: (look.at, look.metric))),
        runs=await _rows(connection, RunRecord, ran),
        commands=await _rows(connection, CommandRecord, _ordered(rollout)),
        missing=(f"Only the last {MOST_LOOKS:,} measurements were read.",) if len(found) == MOST_LOOKS else (),
    )


def _ordered(rollout: RolloutRecord) -> Select[Any]:
    """Commands belong to a Canary, not to a rollout: those that came while it ran are its own."""
    mine = (commands.c.namespace == rollout.namespace, commands.c.canary == rollout.canary)
    given = _all(CommandRecord, commands).where(*mine, commands.c.received_at >= rollout.started_at)
    if rollout.ended_at is not None:
        given = given.where(commands.c.received_at <= rollout.ended_at)
    return given.order_by(commands.c.received_at, commands.c.id)


def _said(record: DecisionRecord) -> Said:
    return Said(
        at=record.at,
        reason=record.reason,
        sentence=record.sentence,
        phase=record.phase,
        step=record.step,
        weight=record.weight,
        actor=record.actor,
    )


def _all(kind: type[T], table: Table) -> Select[Any]:
    return select(*columns_of(kind, table))


async def _rows(connection: AsyncConnection, kind: type[T], statement: Select[Any]) -> tuple[T, ...]:
    return tuple(as_record(kind, row) for row in (await connection.execute(statement)).mappings())
