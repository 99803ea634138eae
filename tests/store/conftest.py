"""Every test that takes `store`, `opened` or `database` runs twice: on an SQLite file and on a real PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from canary.store.engine import Store, open_store
from tests.lab.postgres import Postgres

NUMBERS = count(1)


@dataclass(frozen=True, kw_only=True)
class Database:
    """An empty database of one test's own; `url` is None for the default."""

    url: str | None
    state_dir: Path


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """As users write it: without the driver's name."""
    return postgres.create_database(f"store_{next(NUMBERS)}").replace("postgresql+psycopg://", "postgresql://")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.lab)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    return Database(url=url, state_dir=tmp_path / "state")


@pytest.fixture
async def opened(database: Database) -> AsyncIterator[Callable[[], Awaitable[Store]]]:
    """Opens the same database, as often as asked."""
    stores: list[Store] = []

    async def open_again() -> Store:
        stores.append(await open_store(database.url, database.state_dir))
        return stores[-1]

    yield open_again
    for store in stores:
        await store.close(timedelta(0))


@pytest.fixture
async def store(opened: Callable[[], Awaitable[Store]]) -> Store:
    return await opened()
