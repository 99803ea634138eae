import asyncio
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from canary.errors import Misconfigured
from canary.store.engine import open_store
from canary.store.models import metadata
from canary.store.schema import alembic_config, current_revision, known_revisions, migrate


def tables(connection):
    return set(inspect(connection).get_table_names())


async def test_an_empty_database_gets_the_schema_of_the_models(store):
    async with store.transaction() as connection:
        differences = await connection.run_sync(lambda each: compare_metadata(MigrationContext.configure(each), metadata))
    assert differences == []


async def test_down_and_up_again(store):
    async with store.transaction() as connection:
        await connection.run_sync(migrate, "base")
        assert {"alembic_version"} == await connection.run_sync(tables)
        await connection.run_sync(migrate, "head")
        assert {"alembic_version", *metadata.tables} == await connection.run_sync(tables)
        assert known_revisions()[-1] == await connection.run_sync(current_revision)


async def test_measurements_outlive_one_step_down_and_up(store):
    made = (
        "INSERT INTO measurements (rollout_id, metric, at, verdict, stable_bad, stable_total, canary_bad, canary_total, sentence,"
        " ratio) VALUES ('r1', 'errors', '2026-11-21 12:00:00', 'Fail', 1, 2, 3, 4, 'Bad.', 15)"
    )
    async with store.transaction() as connection:
        await connection.execute(text(made))
        await connection.run_sync(migrate, "0001")
        await connection.run_sync(migrate, "head")
        kept = (await connection.execute(text("SELECT metric, canary_total, sentence, ratio FROM measurements"))).all()
    assert kept == [("errors", 4.0, "Bad.", None)]


async def test_a_migration_that_is_cut_short_leaves_the_old_schema(store):
    async def cut_short():
        async with store.transaction() as connection:
            await connection.run_sync(migrate, "base")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        await cut_short()
    async with store.transaction() as connection:
        assert {"alembic_version", *metadata.tables} == await connection.run_sync(tables)


async def test_alembic_and_the_file_names_agree_on_the_revisions(store):
    async with store.transaction() as connection:
        scripts = await connection.run_sync(lambda each: ScriptDirectory.from_config(alembic_config(each)))
    assert known_revisions() == tuple(reversed([script.revision for script in scripts.walk_revisions()]))


async def test_a_database_that_is_newer_than_the_code_is_refused(store, database):
    async with store.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(
        Misconfigured, match=r"has schema 9999, and this Canary knows only up to \d+: start the version that made it"
    ):
        await open_store(database.url, database.state_dir)


async def test_several_that_start_at_once_upgrade_once(opened):
    stores = await asyncio.gather(*(opened() for _ in range(5)))
    assert [store.problem for store in stores] == [None] * 5


async def test_alembic_is_imported_only_to_migrate(store, database):
    program = (
        "import asyncio, pathlib, sys\n"
        "from canary.store.engine import open_store\n"
        "async def main():\n"
        "    await (await open_store(sys.argv[1] or None, pathlib.Path(sys.argv[2]))).close()\n"
        "    print('alembic' in sys.modules)\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, database.url or "", database.state_dir], capture_output=True, text=True
    )
    assert (ended.stdout, ended.stderr) == ("False\n", "")
