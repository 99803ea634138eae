"""What all tests share: which of them can run on this machine, and saying plainly which cannot."""

import os

import pytest
from hypothesis import settings

from tests.lab.availability import missing

pytest_plugins = ["tests.lab.fixtures"]

settings.register_profile("any machine", deadline=None)  # a loaded machine is slow, and that is no fault of an example
settings.load_profile("any machine")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests on real parts are left out, out loud, where the parts are missing; with CI=true they run and fail."""
    lab = [item for item in items if item.get_closest_marker("lab")]
    lacking = missing() if lab else []
    config.stash[_LACKING] = lacking
    if lacking and not os.environ.get("CI"):
        items[:] = [item for item in items if item not in set(lab)]
        config.stash[_LEFT_OUT] = len(lab)
        config.hook.pytest_deselected(items=lab)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what could not run and how to get it."""
    left_out = config.stash.get(_LEFT_OUT, 0)
    if left_out:
        terminalreporter.section("left out")
        terminalreporter.write_line(f"{left_out} tests on real parts did not run, because this is missing:")
        for what in config.stash[_LACKING]:
            terminalreporter.write_line(f"  {what}")
        terminalreporter.write_line("`make lab` builds them (Go 1.26 or newer); the system has postgresql and openssl.")


_LACKING = pytest.StashKey[list[str]]()
_LEFT_OUT = pytest.StashKey[int]()
