import re

import pytest

from canary.errors import Misconfigured
from canary.store.drivers import make_engine


def test_the_default_is_a_file_in_the_state_directory_which_is_made(tmp_path):
    engine = make_engine(None, tmp_path / "a" / "b")
    assert f"sqlite+aiosqlite:///{tmp_path}/a/b/canary.sqlite" == str(engine.url)
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_a_file_can_be_named(tmp_path):
    assert str(make_engine("sqlite:////var/lib/j.db", tmp_path).url) == "sqlite+aiosqlite:////var/lib/j.db"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_usual_spelling_of_postgresql_means_psycopg(scheme, tmp_path):
    engine = make_engine(f"{scheme}://canary:secret@db:5432/canary", tmp_path)
    assert engine.url.render_as_string(hide_password=True) == "postgresql+psycopg://canary:***@db:5432/canary"


@pytest.mark.parametrize("url", ["mysql://u:secret@db/x", "sqlite://", "sqlite:///:memory:", "secret@db"])
def test_other_databases_are_refused_without_repeating_the_password(url, tmp_path):
    with pytest.raises(
        Misconfigured, match=re.escape("expected postgresql://user:password@host:5432/database or sqlite:///")
    ) as caught:
        make_engine(url, tmp_path)
    assert "secret" not in caught.value.sentence


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match=r"The state directory .*/file/state can't be made: Not a directory"):
        make_engine(None, tmp_path / "file" / "state")
