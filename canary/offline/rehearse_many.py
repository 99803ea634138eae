"""All rollouts of a rehearsal, on every processor that we may use; the same seed gives the same outlook on any of them."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from canary.offline.rehearse import Leg, Rehearsal, Run, effort, run
from canary.offline.rehearse_outlook import GOOD_ENOUGH, Outcome, Outlook, Regression, regressions, usual_effort

_HEALTHY = 3  # healthy rollouts for each one of a regression: what is rare has to be looked for longer
_EFFORTS = 10
_CHUNK = 5

T = TypeVar("T")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Task:
    """A rollout that is to be played."""

    share: float | None
    number: int


def outlook(rehearsal: Rehearsal, seeds: int, tell: Tell = lambda _: None) -> Outlook:
    """`seeds` rollouts of each regression, three times as many healthy ones; `tell` hears how far it is."""
    worse = regressions(rehearsal.situation.shares[rehearsal.metric])
    with _mapping() as spread:
        tell("healthy rollouts")
        healthy = tuple(spread(partial(_run, rehearsal), [_Task(None, number) for number in range(_HEALTHY * seeds)]))
        found = [_outcome(rehearsal, each, seeds, spread, tell) for each in worse]
        return Outlook(healthy=healthy, regressions=tuple(_with_effort(rehearsal, each, spread, tell) for each in found))


@contextmanager
def _mapping() -> Iterator["_Spread"]:
    """A `map` over as many processes as there is use for."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if count == 1:
        yield _Spread(None)
        return
    # A copy of this process where the system can make one: what has been imported need not be imported again.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context(method)) as pool:
        yield _Spread(pool)


@dataclass(frozen=True, slots=True)
class _Spread:
    pool: ProcessPoolExecutor | None

    def __call__(self, work: Callable[[_Task], T], tasks: Sequence[_Task]) -> Iterator[T]:
        return map(work, tasks) if self.pool is None else self.pool.map(work, tasks, chunksize=_CHUNK)


def _outcome(rehearsal: Rehearsal, regression: Regression, seeds: int, spread: _Spread, tell: Tell) -> Outcome:
    tell(f"{regression.share:.3%} bad")
    runs = spread(partial(_run, rehearsal), [_Task(regression.share, number) for number in range(seeds)])
    return Outcome(regression=regression, runs=tuple(runs))


def _with_effort(rehearsal: Rehearsal, outcome: Outcome, spread: _Spread, tell: Tell) -> Outcome:
    if outcome.caught.share >= GOOD_ENOUGH:
        return outcome
    tell(f"what would catch {outcome.regression.share:.3%}")
    efforts = spread(partial(_effort, rehearsal), [_Task(outcome.regression.share, number) for number in range(_EFFORTS)])
    return replace(outcome, effort=usual_effort(efforts))


def _run(rehearsal: Rehearsal, task: _Task) -> Run:
    return run(rehearsal, task.share, task.number)


def _effort(rehearsal: Rehearsal, task: _Task) -> Leg | None:
    assert task.share is not None, "only a regression can be caught"
    return effort(rehearsal, task.share, task.number)
