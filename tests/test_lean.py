"""Modules that are put off, left out, or away for a moment; each test makes packages of its own."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from canary.lean import hollow_out, leave_out, put_off, without


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


def test_what_is_hollow_has_every_name_and_runs_nothing(shelf: Path) -> None:
    (shelf / "lean_hollow.py").write_text("raise RuntimeError\n")
    (shelf / "lean_passing_on.py").write_text("from lean_hollow import anything\n")
    hollow_out("lean_hollow")
    assert importlib.import_module("lean_passing_on").anything is None
    with pytest.raises(AttributeError):
        importlib.import_module("lean_hollow").__wrapped__  # noqa: B018 - asking is the test


HEAVY = {
    "analysis.kayenta",
    "analysis.providers.datadog",
    "analysis.providers.web",
    "canary.convert",
    "canary.explain",
    "canary.offline",
    "canary.plots",
    "canary.sandbox",
    "alembic",
    "cel",
    "numpy",
    "pandas",
    "pygments",
    "rich",
    "sqlalchemy.orm",
}


def test_the_controller_loads_nothing_that_only_others_need() -> None:
    said = "import json, sys, canary.cli.root, canary.cli.controller, canary.app; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", said], capture_output=True, check=True, text=True).stdout)
    assert HEAVY & set(loaded) == set()


def test_a_package_is_away_only_in_its_context(shelf: Path) -> None:
    (shelf / "lean_away.py").touch()
    known = importlib.import_module("lean_away")
    with without("lean_away"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("lean_away")
    assert sys.modules["lean_away"] is known
    assert importlib.import_module("lean_away") is known
