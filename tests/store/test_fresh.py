"""The state file that is made apart."""

import sqlite3
from pathlib import Path

from canary.store.fresh import FILE_NAME, make_state_file
from canary.store.schema import known_revisions


def revision(state_dir: Path) -> str:
    """The schema that the file in there has."""
    with sqlite3.connect(state_dir / FILE_NAME) as database:
        (found,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    database.close()
    return str(found)


def test_a_new_state_file_has_the_newest_schema(tmp_path: Path) -> None:
    make_state_file(tmp_path / "state")
    assert revision(tmp_path / "state") == known_revisions()[-1]


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"")
    make_state_file(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == b""


def test_a_directory_that_cannot_be_made_is_left_to_whoever_opens_the_store(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    make_state_file(tmp_path / "state")
    assert (tmp_path / "state").read_text() == "a file in the way"
