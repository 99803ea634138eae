"""A plan played many times with made-up traffic: how long it takes, how often it is stopped for nothing, what it would catch.

It is the judge and the planner of the controller (`offline.play`); only the counters are made up, and pods are ready at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from analysis.plan import BuiltinMeasure, CountsMeasure
from canary.offline.course import Course
from canary.offline.play import Look, Play
from canary.offline.rehearse_traffic import Situation, Traffic
from canary.offline.story import Ending
from strategies.model import Step

_BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
_BEYOND = timedelta(hours=2)
"""How much longer than its holds a plan may take before one stops to wait for it."""
LONGEST = timedelta(hours=6)
"""How long a single step is held to see what it would take to catch a regression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What is rehearsed. `metric` is the one that gets worse in a regression; `seed` makes it repeatable."""

    course: Course
    situation: Situation
    metric: str
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The time that one step took, in seconds, and what the canary served meanwhile."""

    step: int
    weight: Decimal
    seconds: float
    requests: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One rollout that was played. `seconds` is when it ended, from the canary's first traffic on; `excess` may be below 0."""

    ending: Ending
    seconds: float
    step: int
    reason: str
    requests: float
    bad: float
    excess: float
    legs: tuple[Leg, ...]


def countable(course: Course) -> tuple[Course, tuple[str, ...]]:
    """The course with the metrics that count events, and the names of those that don't, which can't be made up."""
    counted = [metric.name for metric in course.metrics if isinstance(metric.measure, BuiltinMeasure | CountsMeasure)]
    return course.only(counted), tuple(metric.name for metric in course.metrics if metric.name not in counted)


def run(rehearsal: Rehearsal, share: float | None, number: int) -> Run:
    """The rollout of this number; `share` is the canary's share of bad events, None for a canary that is as good as stable."""
    return next(iter(_played(rehearsal, share, number)))


def _played(rehearsal: Rehearsal, share: float | None, number: int) -> Iterator[Run]:
    course = rehearsal.course
    worse: Mapping[str, float] = {} if share is None else {rehearsal.metric: share}
    random = Random(f"{rehearsal.seed}/{number}")
    traffic = Traffic(situation=rehearsal.situation, worse=worse, sizing=course.plan.sizing, random=random)
    playing = Play(course, _BEGINS)
    last = _BEGINS + sum((step.hold for step in course.plan.steps), timedelta(0)) + _BEYOND
    legs = _Legs(rehearsal.metric)
    now = _BEGINS
    while True:
        playing.look(Look(at=now, readings={metric.name: traffic.reading(metric.name) for metric in course.metrics}, weight=playing.weight))
        if playing.over or now >= last:
            break
        legs.pass_by(playing, traffic, course.interval)
        now += course.interval
    story = playing.story(now)
    served = traffic.served[rehearsal.metric]
    yield Run(
        ending=story.ending,
        seconds=(story.at - _BEGINS).total_seconds(),
        step=story.step,
        reason=story.reason,
        requests=served.canary_total,
        bad=served.canary_bad,
        excess=served.canary_bad - served.canary_total * rehearsal.situation.shares[rehearsal.metric],
        legs=tuple(legs.legs),
    )
