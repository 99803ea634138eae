"""From a URL to an engine: SQLite in the state directory by default, PostgreSQL when a URL says so."""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from canary.errors import Misconfigured
from canary.store.fresh import FILE_NAME

READING = "reading"
BUSY_MILLISECONDS = 10_000

# A peer that vanished without a word is noticed within half a minute, not after the kernel's two hours.
POSTGRES_CONNECTION = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "canary-delivery",
}


def make_engine(url: str | None, state_dir: Path) -> AsyncEngine:
    """An engine that has not connected yet; None means the SQLite file in `state_dir`, which is made.

    Raises `Misconfigured` for a URL that can't be used and for a directory that can't be made.
    """
    if not url:
        return _sqlite(_state_file(state_dir))
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Misconfigured(f"The database URL is not a URL; {_EXPECTED}") from error
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return _sqlite(Path(parsed.database))
        case "postgresql" | "postgres":
            return _postgres(parsed)
        case other:
            raise Misconfigured(f"The database URL names {other!r} without a file or server that can be used; {_EXPECTED}")


_EXPECTED = "expected postgresql://user:password@host:5432/database or sqlite:///path/to/file"


def _state_file(state_dir: Path) -> Path:
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Misconfigured(f"The state directory {state_dir} can't be made: {error.strerror}") from error
    return state_dir / FILE_NAME


def _sqlite(file: Path) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(file)),
        pool_size=3,
        max_overflow=0,
        # None takes transactions out of the driver's hands: `_begin` says what kind they are.
        connect_args={"isolation_level": None},
    )
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # The timeout comes first: switching to WAL is itself a write that may meet another process.
    for pragma in (f"busy_timeout={BUSY_MILLISECONDS}", "journal_mode=WAL", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Writers take the write lock at once: a transaction that reads first and writes later can't wait for it and fails."""
    reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgres(url: URL) -> AsyncEngine:
    try:
        return create_async_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=3,
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=True,
            connect_args=POSTGRES_CONNECTION,
        )
    except (ImportError, NoSuchModuleError) as error:
        raise Misconfigured("PostgreSQL needs its driver: pip install 'canary-delivery[postgres]'") from error
