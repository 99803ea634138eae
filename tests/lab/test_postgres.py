import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

pytestmark = pytest.mark.lab


def test_it_answers(postgres):
    engine = create_engine(postgres.url)
    with engine.connect() as connection:
        assert connection.execute(text("select 6 * 7")).scalar_one() == 42
    engine.dispose()


async def test_databases_are_apart_and_take_asynchronous_sessions(postgres):
    counts = []
    for name in ("lab_one", "lab_two"):
        engine = create_async_engine(postgres.create_database(name))
        async with engine.begin() as connection:
            await connection.execute(text("create table seen (id integer)"))
            counts.append((await connection.execute(text("select count(*) from seen"))).scalar_one())
        await engine.dispose()
    assert counts == [0, 0]
