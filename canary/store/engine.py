"""The store: one database, opened once, that everything which is remembered goes through.

An unreachable database does not keep the controller from starting: its schema is looked after before the first
statement that gets through, and until then rows wait in memory.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Executable, RowMapping, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from canary.errors import Misconfigured
from canary.store.drivers import READING, make_engine
from canary.store.errors import StoreUnavailable, translated
from canary.store.models import NEWEST_WINS
from canary.store.rows import Row
from canary.store.schema import is_due, upgrade
from canary.store.totals import count_up
from canary.store.writer import Batch, Writer

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

DEADLINE = timedelta(seconds=10)
UPGRADE_DEADLINE = timedelta(minutes=5)
GRACE = timedelta(seconds=5)


class Store:
    """Reads, awaited transactions, and writes that nobody waits for. Made by `open_store`.

    Reads and transactions raise `StoreUnavailable` after `deadline`; a PostgreSQL that has fallen silent in the middle of
    one costs five seconds more, in which psycopg asks it to stop.
    """

    def __init__(self, engine: AsyncEngine, *, deadline: timedelta = DEADLINE) -> None:
        self._engine = engine
        self._deadline = deadline.total_seconds()
        self.name = engine.url.render_as_string(hide_password=True)
        # SQLite has one writer: waiting for one's turn here is fair and cheap, waiting in SQLite is neither.
        single = engine.dialect.name == "sqlite"
        self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock() if single else nullcontext()
        self._upgrade = asyncio.Lock()
        self._upgraded = False
        self._writer = Writer(self._commit)

    @property
    def problem(self) -> str | None:
        """A sentence for readiness while the database can't be written, else None."""
        return self._writer.problem

    @property
    def waiting(self) -> int:
        """Rows submitted and not written yet."""
        return self._writer.waiting

    @property
    def lost(self) -> int:
        """Rows given up since the start: refused by the database, or too many while it was away."""
        return self._writer.lost

    async def prepare(self) -> None:
        """Bring the schema up to date, once. Raises `StoreUnavailable`, or `Misconfigured` when the database is newer."""
        async with self._upgrade:
            if not self._upgraded:
                with translated(self.name):
                    await self._upgrade_if_due()
                self._upgraded = True

    async def _upgrade_if_due(self) -> None:
        async with asyncio.timeout(self._deadline):
            due = await is_due(self._engine, self.name)
        if due:
            async with asyncio.timeout(UPGRADE_DEADLINE.total_seconds()):
                await upgrade(self._engine, self.name)

    def report(self, error: StoreUnavailable) -> None:
        """Make known that the database did not answer; the next commit that succeeds takes it back."""
        self._writer.report(error)

    def submit(self, table: Table, rows: Iterable[Row]) -> None:
        """Have rows written soon; never waits and never raises for the database's sake."""
        self._writer.submit(table, rows)

    async def flush(self) -> None:
        """Wait until all that was submitted is written; raises `StoreUnavailable` when the next attempt fails."""
        await self._writer.flush()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write, committed at the end."""
        await self.prepare()
        with translated(self.name):
            async with asyncio.timeout(self._deadline), self._turn, self._engine.begin() as connection:
                yield connection

    async def read(self, statement: Executable) -> Sequence[RowMapping]:
        """The rows that the statement selects. What was submitted and not flushed may be missing."""
        await self.prepare()
        with translated(self.name):
            async with asyncio.timeout(self._deadline), self._engine.connect() as connection:
                reader = await connection.execution_options(**{READING: True})
                return (await reader.execute(statement)).mappings().all()

    async def close(self, grace: timedelta = GRACE) -> None:
        """Write what still waits, for as long as `grace`, and let the database go."""
        await self._writer.close(grace)
        await self._engine.dispose()

    async def _commit(self, batch: Batch) -> None:
        async with self.transaction() as connection:
            for table, rows in batch.items():
                await put(connection, table, rows)
            await count_up(connection, batch)


async def put(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; where the key is there already, the newest or the first stands, as the table says."""
    await connection.execute(insertion(connection, table), rows)


def insertion(connection: AsyncConnection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """The statement behind `put`."""
    statement = _insert(connection, table)
    if not table.info.get(NEWEST_WINS, False):
        return statement.on_conflict_do_nothing()
    newest = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=newest)


def _insert(connection: AsyncConnection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    if connection.dialect.name != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 2 MiB that a file has no use for

    return postgresql.insert(table)


async def open_store(url: str | None, state_dir: Path) -> Store:
    """Open the database: SQLite in `state_dir`, or what `url` names.

    A database that can't be reached now makes a store with a `problem`. Raises `Misconfigured` for a URL or directory that
    can't be used, and for a database that is newer than this code.
    """
    store = Store(make_engine(url, state_dir))
    try:
        await store.prepare()
    except StoreUnavailable as error:
        store.report(error)
    except Misconfigured:
        await store.close()
        raise
    return store
