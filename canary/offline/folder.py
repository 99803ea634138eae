"""Many recordings at once, on every processor that we may use."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from canary.errors import Invalid
from canary.offline.backtest import Backtest, Backtester
from canary.offline.recording import ENDINGS

_FEW = 8
"""Recordings that are judged before further processes have started."""
_MOST_AT_ONCE = 16

Judged = tuple[Path, Backtest | Invalid]


def recordings(folder: Path) -> list[Path]:
    """The recordings of a folder by name, not of its subfolders. Raises Invalid if there are none."""
    found = sorted(path for path in folder.iterdir() if path.name.endswith(ENDINGS) and path.is_file())
    if not found:
        raise Invalid(f"{folder} holds no {' or '.join(ENDINGS)}: name the folder that does.")
    return found


def judge_all(tester: Backtester, paths: Sequence[Path]) -> Iterator[Judged]:
    """Each recording with what came of it, or with the reason why it can't be judged, in order."""
    judge = partial(_judged, tester)
    processes = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, len(paths))
    if processes == 1 or len(paths) <= _FEW:
        yield from map(judge, paths)
        return
    with ProcessPoolExecutor(processes, mp_context=_context()) as pool:
        chunk = min(_MOST_AT_ONCE, -(-len(paths) // processes))
        yield from pool.map(judge, paths, chunksize=chunk)


def _judged(tester: Backtester, path: Path) -> Judged:
    try:
        return path, tester.judge_file(path)
    except Invalid as error:
        return path, error


def _context() -> multiprocessing.context.BaseContext:
    """A copy of this process where the system can make one: what has been imported need not be imported again."""
    return multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)
