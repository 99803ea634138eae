"""Reading what a controller has written, without touching it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from canary.errors import Misconfigured
from canary.explain.database import Archive, Which, open_archive
from canary.explain.records import Records
from canary.store.engine import Store, open_store
from canary.store.evidence import Evidence
from canary.store.journal import DecisionRecord, Journal
from canary.store.models import runs
from canary.store.rows import as_row
from canary.store.schema import migrate
from strategies.model import Phase
from tests.explain.records import a_command, a_rollout, a_run, at, some_records

NUMBERS = count(1)
THIRD = Which(namespace="bookinfo", canary="reviews")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A database of one test's own; `url` is None for the file in the state directory."""

    url: str | None
    folder: Path

    async def store(self) -> Store:
        """As the controller opens it."""
        return await open_store(self.url, self.folder)

    def archive(self) -> Archive:
        """As `canary explain` does."""
        archive = open_archive(self.url, self.folder)
        assert archive is not None
        return archive


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.lab)])
async def written(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Two rollouts of one Canary and one of another are on record, on an SQLite file and on a real PostgreSQL."""
    url = None
    if request.param == "postgres":
        made: str = request.getfixturevalue("postgres").create_database(f"explain_{next(NUMBERS)}")
        url = made.replace("postgresql+psycopg://", "postgresql://")
    place = Place(url=url, folder=tmp_path)
    store = await place.store()
    journal = Journal(store)
    older = a_rollout(id="0a1b2c3d-2", number=2, started_at=at(-500), ended_at=at(-400))
    for rollout in (older, a_rollout(), a_rollout(id="ffff-1", canary="ratings", started_at=at(900))):
        journal.rollout(rollout)
    write(store, journal, some_records())
    journal.command(a_command(id="later", received_at=at(2000)))
    await store.close(timedelta(seconds=5))
    return place


def write(store: Store, journal: Journal, records: Records) -> None:
    names = {"namespace": "bookinfo", "canary": "reviews", "rollout_id": records.rollout.id}
    for said in records.said:
        told = {name: getattr(said, name) for name in ("at", "reason", "sentence", "step", "weight", "actor")}
        journal.decided(DecisionRecord(**names, phase=said.phase or Phase.IDLE, **told))
    for command in records.commands:
        journal.command(command)
    Evidence(store).save([], records.measurements)
    store.submit(runs, [as_row(run) for run in records.runs])


async def test_all_that_was_written_down(written):
    async with written.archive() as archive:
        assert await archive.find(THIRD) == some_records()


@pytest.mark.parametrize(
    ("which", "number"),
    [
        (replace(THIRD, number=2), 2),
        (replace(THIRD, id="0a1b2c3d-2"), 2),
        (replace(THIRD, uid="0a1b2c3d-e5f6"), 3),
        (replace(THIRD, uid="another-cluster"), None),
        (replace(THIRD, number=9), None),
        (replace(THIRD, namespace="default"), None),
    ],
)
async def test_which_rollout_is_meant(written, which, number):
    async with written.archive() as archive:
        found = await archive.find(which)
    assert (found.rollout.number if found else None) == number


async def test_where_there_is_no_file_none_is_made(tmp_path):
    folder = tmp_path / "nothing"
    assert open_archive(None, folder) is None
    assert open_archive(f"sqlite:///{folder}/state.sqlite", tmp_path) is None
    assert not folder.exists()


async def test_an_older_database_is_left_as_it_is(written):
    store = await written.store()
    async with store.transaction() as connection:
        await connection.run_sync(migrate, "0001")
    await store.close()
    async with written.archive() as archive:
        for _ in range(2):
            with pytest.raises(Misconfigured, match="older schema than this canary reads: its controller upgrades it"):
                await archive.find(THIRD)


async def test_runs_come_in_the_order_of_their_start(written):
    store = await written.store()
    store.submit(runs, [as_row(a_run(id="a", name="early", started_at=at(1)))])
    await store.close(timedelta(seconds=5))
    async with written.archive() as archive:
        found = await archive.find(THIRD)
    assert [run.name for run in found.runs if found] == ["early", "smoke"]
