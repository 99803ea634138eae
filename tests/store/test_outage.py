"""The database goes away and comes back; the controller starts, goes on, and says so."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import make_url

from canary.store.drivers import make_engine
from canary.store.engine import Store, open_store
from canary.store.errors import StoreUnavailable
from canary.store.journal import DecisionRecord, Journal
from canary.store.models import RunKind
from canary.store.runs import Claimed, RunRecord, Runs
from strategies.model import Phase

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DECISION = DecisionRecord(namespace="bookinfo", canary="reviews", at=NOON, phase=Phase.IDLE, reason="Waiting", sentence="Waits.")
RUN = RunRecord(id="r1/1/1/smoke", rollout_id="r1", kind=RunKind.TEST, name="smoke", attempt=1, started_at=NOON)


class Cable:
    """The way to a server, which can be cut (nobody answers the door) or clogged (the door opens, and then nothing)."""

    def __init__(self, port):
        self._far = port
        self._server = None
        self._streams = []
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0

    async def plug(self):
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self):
        self._server.close()
        for stream in self._streams:
            stream.transport.abort()
        self._streams.clear()
        await self._server.wait_closed()

    def clog(self):
        self._flows.clear()

    def unclog(self):
        self._flows.set()

    async def _carry(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._far)
        self._streams += [writer, far_writer]
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader, writer):
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
async def cable(postgres_url):
    cable = Cable(make_url(postgres_url).port)
    await cable.plug()
    yield cable
    cable.unclog()
    await cable.cut()


@pytest.fixture
def url(cable, postgres_url):
    return make_url(postgres_url).set(port=cable.port).render_as_string(hide_password=False)


@pytest.mark.lab
async def test_rows_outlast_a_server_that_is_away_for_a_while(cable, url, tmp_path):
    store = await open_store(url, tmp_path)
    journal = Journal(store)
    await store.flush()
    await cable.cut()
    journal.decided(DECISION)
    with pytest.raises(StoreUnavailable, match="is not available"):
        await store.flush()
    assert "1 rows wait in memory, 0 were given up" in store.problem
    with pytest.raises(StoreUnavailable):
        await Runs(store).claim(RUN)
    await cable.plug()
    await store.flush()
    assert store.problem is None
    assert await journal.decisions("bookinfo", "reviews") == (DECISION,)
    assert Claimed(run=RUN) == await Runs(store).claim(RUN)
    await store.close()


@pytest.mark.lab
async def test_the_controller_starts_without_its_server(cable, url, tmp_path):
    await cable.cut()
    store = await open_store(url, tmp_path)
    Journal(store).decided(DECISION)
    assert "is not available" in store.problem
    await cable.plug()
    await store.flush()  # makes the schema first
    assert store.problem is None
    assert await Journal(store).decisions("bookinfo", "reviews") == (DECISION,)
    await store.close()


@pytest.mark.lab
async def test_a_server_that_falls_silent_is_given_up_after_the_deadline(cable, url, tmp_path):
    store = Store(make_engine(url, tmp_path), deadline=timedelta(milliseconds=300))
    await store.flush()
    cable.clog()
    Journal(store).decided(DECISION)
    with pytest.raises(StoreUnavailable, match="no answer within the deadline"):
        await asyncio.wait_for(store.flush(), 15)
    cable.unclog()
    await store.flush()
    assert await Journal(store).decisions("bookinfo", "reviews") == (DECISION,)
    await store.close()


async def test_the_controller_starts_although_its_file_cannot_be_opened(tmp_path):
    blocker = tmp_path / "canary.sqlite"
    blocker.mkdir()
    store = await open_store(None, tmp_path)
    Journal(store).decided(DECISION)
    assert "canary.sqlite is not available: unable to open database file; 1 rows wait" in store.problem
    blocker.rmdir()
    await store.flush()
    assert store.problem is None
    assert await Journal(store).decisions("bookinfo", "reviews") == (DECISION,)
    await store.close()


async def test_a_file_that_is_no_database_comes_with_a_remedy(tmp_path):
    broken = tmp_path / "canary.sqlite"
    broken.write_bytes(b"no database at all, " * 500)
    store = await open_store(None, tmp_path)
    assert "file is not a database. Move the file away: rollouts go on from their status" in store.problem
    broken.unlink()
    Journal(store).decided(DECISION)
    await store.flush()
    assert store.problem is None
    await store.close()
