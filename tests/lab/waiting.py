"""Waiting for a real cluster: it gets there by itself, at its own pace."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")

_POLL = 0.05


def eventually(observe: Callable[[], T], wanted: T, *, within: timedelta = timedelta(seconds=30)) -> T:
    """Look until `observe()` is `wanted` or time is up; what was seen last either way, for the test to compare."""
    deadline = time.monotonic() + within.total_seconds()
    while (seen := observe()) != wanted and time.monotonic() < deadline:
        time.sleep(_POLL)
    return seen
