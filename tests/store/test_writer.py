"""The writer's promises, against a database that is a dictionary and can be switched off."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from canary.store.errors import RowRefused, StoreUnavailable
from canary.store.models import NEWEST_WINS
from canary.store.writer import Writer

METADATA = MetaData()
EVENTS = Table("events", METADATA, Column("id", Integer, primary_key=True), Column("value", Integer))
LATEST = Table("latest", METADATA, Column("id", Integer, primary_key=True), Column("value", Integer), info={NEWEST_WINS: True})


class Shelf:
    """Where rows end up. `away` makes every commit fail, `refused` those with this value."""

    def __init__(self):
        self.commits = []
        self.away = False
        self.refused = None
        self.open = asyncio.Event()
        self.open.set()
        self.written = asyncio.Event()

    async def commit(self, batch):
        await self.open.wait()
        if self.away:
            raise StoreUnavailable("The database is not available: gone fishing")
        rows = [(table.name, row["id"], row["value"]) for table, rows in batch.items() for row in rows]
        if any(value == self.refused for *_, value in rows):
            raise RowRefused("The database can't take this row")
        if rows:
            self.commits.append(rows)
            self.written.set()

    @property
    def rows(self):
        return [row for commit in self.commits for row in commit]


@pytest.fixture
async def shelf():
    return Shelf()


@pytest.fixture
async def writer(shelf):
    writer = Writer(shelf.commit, rows_per_table=10)
    yield writer
    await writer.close(timedelta(0))


def rows(*pairs):
    return [{"id": key, "value": value} for key, value in pairs]


async def test_what_is_submitted_together_is_committed_together(writer, shelf):
    writer.submit(EVENTS, rows((1, 10)))
    writer.submit(LATEST, rows((7, 70)))
    writer.submit(EVENTS, rows((2, 20)))
    await writer.flush()
    assert shelf.commits == [[("events", 1, 10), ("events", 2, 20), ("latest", 7, 70)]]
    assert (writer.waiting, writer.problem) == (0, None)


async def test_what_gathers_during_a_commit_is_the_next_commit(writer, shelf):
    shelf.open.clear()
    writer.submit(EVENTS, rows((1, 10)))
    first = asyncio.create_task(writer.flush())
    await asyncio.sleep(0)
    for number in range(2, 6):
        writer.submit(EVENTS, rows((number, 0)))
    shelf.open.set()
    await writer.flush()
    assert first.done()
    assert [("events", number) for number in range(1, 6)] == [row[:2] for row in shelf.rows]
    assert len(shelf.commits) <= 3


async def test_of_a_state_only_the_newest_is_written_and_of_an_event_the_first(writer, shelf):
    writer.submit(LATEST, rows((1, 10), (2, 20), (1, 11)))
    writer.submit(EVENTS, rows((1, 10), (1, 11)))
    await writer.flush()
    assert shelf.rows == [("latest", 1, 11), ("latest", 2, 20), ("events", 1, 10)]


async def test_a_state_that_changes_while_it_is_written_is_written_again(writer, shelf):
    shelf.open.clear()
    writer.submit(LATEST, rows((1, 10)))
    for _ in range(3):
        await asyncio.sleep(0)
    writer.submit(LATEST, rows((1, 11)))
    shelf.open.set()
    await writer.flush()
    assert shelf.rows[-1] == ("latest", 1, 11)


async def test_while_the_database_is_away_rows_are_kept_and_the_reason_is_known(writer, shelf):
    shelf.away = True
    writer.submit(EVENTS, rows((1, 10)))
    with pytest.raises(StoreUnavailable):
        await writer.flush()
    assert writer.problem == "The database is not available: gone fishing; 1 rows wait in memory, 0 were given up"
    shelf.away = False
    await writer.flush()
    assert (shelf.rows, writer.problem) == ([("events", 1, 10)], None)


async def test_it_comes_back_by_itself(writer, shelf):
    shelf.away = True
    writer.submit(EVENTS, rows((1, 10)))
    with pytest.raises(StoreUnavailable):
        await writer.flush()
    shelf.away = False
    await asyncio.wait_for(shelf.written.wait(), 10)
    assert shelf.rows == [("events", 1, 10)]


async def test_beyond_the_bound_the_oldest_of_the_same_table_are_given_up(writer, shelf):
    shelf.away = True
    writer.submit(LATEST, rows((1, 10)))
    writer.submit(EVENTS, rows(*((number, 0) for number in range(25))))
    with pytest.raises(StoreUnavailable):
        await writer.flush()
    assert (writer.waiting, writer.lost) == (11, 15)
    shelf.away = False
    await writer.flush()
    assert [("latest", 1), *(("events", number) for number in range(15, 25))] == [row[:2] for row in shelf.rows]


async def test_a_row_that_is_refused_takes_no_other_with_it(writer, shelf):
    shelf.refused = 666
    writer.submit(EVENTS, rows((1, 10), (2, 666), (3, 30)))
    await writer.flush()
    assert shelf.rows == [("events", 1, 10), ("events", 3, 30)]
    assert (writer.waiting, writer.lost, writer.problem) == (0, 1, None)


async def test_closing_writes_what_waits(shelf):
    writer = Writer(shelf.commit)
    writer.submit(EVENTS, rows((1, 10)))
    await writer.close(timedelta(seconds=5))
    assert shelf.rows == [("events", 1, 10)]


async def test_closing_does_not_wait_for_a_database_that_hangs(shelf):
    shelf.open.clear()
    writer = Writer(shelf.commit)
    writer.submit(EVENTS, rows((1, 10)))
    waiting = asyncio.create_task(writer.flush())
    await writer.close(timedelta(0))
    with pytest.raises(StoreUnavailable, match="The store is closed"):
        await waiting
    with pytest.raises(StoreUnavailable, match="The writer of the journal has stopped; 1 rows wait in memory"):
        await writer.flush()
