"""Modules that are put off, left out, or away for a moment; each test makes packages of its own."""

import importlib
import sys
from pathlib import Path

import pytest

from canary.lean import leave_out, put_off, without


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on sys.path."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_what_is_put_off_runs_when_a_name_of_it_is_wanted(shelf: Path) -> None:
    (shelf / "lean_late.py").write_text("from pathlib import Path\nPath(__file__).with_suffix('.ran').touch()\nanswer = 42\n")
    put_off("lean_late")
    late = importlib.import_module("lean_late")
    assert not (shelf / "lean_late.ran").exists()
    assert late.answer == 42
    assert (shelf / "lean_late.ran").exists()


def test_what_is_left_out_is_not_there(shelf: Path) -> None:
    (shelf / "lean_absent.py").touch()
    leave_out("lean_absent")
    with pytest.raises(ModuleNotFoundError, match="lean_absent is left out"):
        importlib.import_module("lean_absent")


def test_a_package_is_away_only_in_its_context(shelf: Path) -> None:
    (shelf / "lean_away.py").touch()
    known = importlib.import_module("lean_away")
    with without("lean_away"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("lean_away")
    assert sys.modules["lean_away"] is known
    assert importlib.import_module("lean_away") is known
