"""Which schema a database has, and bringing it to the one this code was written for.

Alembic is imported only when something has to be done: it costs 28 MiB and a quarter of a second.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from canary.errors import Misconfigured
from canary.store.drivers import READING

if TYPE_CHECKING:
    from alembic.config import Config

# Beside `canary` in the repository, in an editable install and in a wheel; found by place because `migrations` is a
# name that other things on sys.path may have too.
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

_VERSION = Table("alembic_version", MetaData(), Column("version_num", Text))
_POSTGRES_LOCK = 0x63616E617279  # "canary"


def known_revisions() -> tuple[str, ...]:
    """The revisions that this code can work with, oldest first; file names begin with them."""
    return tuple(sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")))


def current_revision(connection: Connection) -> str | None:
    """The revision of the database, None when it is empty."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(select(_VERSION.c.version_num))


async def is_due(engine: AsyncEngine, database: str) -> bool:
    """Whether the database lacks the newest revision. Raises `Misconfigured` when it is newer than this code."""
    async with engine.connect() as connection:
        reader = await connection.execution_options(**{READING: True})
        return _is_older(await reader.run_sync(current_revision), database)


async def upgrade(engine: AsyncEngine, database: str) -> None:
    """Bring the schema to the newest revision, once, however many processes start together. Raises as `is_due` does."""
    # One transaction from the lock to the last statement: a crash in between leaves the old schema whole.
    async with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})
        if _is_older(await connection.run_sync(current_revision), database):
            await connection.run_sync(migrate, "head")


def _is_older(revision: str | None, database: str) -> bool:
    known = known_revisions()
    if revision is not None and revision not in known:
        raise Misconfigured(
            f"The database {database} has schema {revision}, and this Canary knows only up to {known[-1]}: "
            "start the version that made it or a newer one, or name another database"
        )
    return revision != known[-1]


def migrate(connection: Connection, revision: str) -> None:
    """Go up or down to `revision` ("head", "base" or a name) inside the connection's transaction."""
    from alembic import command

    config = alembic_config(connection)
    target = known_revisions()[-1] if revision == "head" else revision
    if target == "base" or target < (current_revision(connection) or ""):
        command.downgrade(config, target)
    else:
        command.upgrade(config, target)


def alembic_config(connection: Connection) -> "Config":
    """Alembic's configuration without an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
