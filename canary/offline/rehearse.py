"""A plan played many times with made-up traffic: how long it takes, how often it is stopped for nothing, what it would catch.

It is the judge and the planner of the controller (`offline.play`); only the counters are made up, and pods are ready at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from analysis.plan import BuiltinMeasure, CountsMeasure
from canary.offline.course import Course
from canary.offline.play import Look, Play
from canary.offline.rehearse_traffic import Situation, Traffic
from canary.offline.story import Ending, Story
from strategies.model import Step
from strategies.sizing import HUNDRED

_BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
_BEYOND = timedelta(minutes=65)
"""How much longer than its holds a plan may take before one stops to wait: a step that lacks requests pauses after an hour."""
_COARSE = timedelta(seconds=60)
"""How often one looks then: hours would take long otherwise, and what is rare is not caught sooner by looking oftener."""
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
    """What one step took: time in seconds, and requests that the canary served."""

    step: int
    weight: Decimal
    seconds: float
    requests: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One rollout that was played, ended `seconds` after the canary's first traffic.

    `requests` and `bad` are the canary's; `excess` is how many more were bad than at stable's share, by chance below 0.
    """

    ending: Ending
    seconds: float
    step: int
    reason: str
    sentence: str
    requests: float
    bad: float
    excess: float
    legs: tuple[Leg, ...]


def countable(course: Course) -> tuple[Course, tuple[str, ...]]:
    """The course with the metrics that count events, and the names of the others: their values can't be made up."""
    counted = [metric.name for metric in course.metrics if isinstance(metric.measure, BuiltinMeasure | CountsMeasure)]
    return course.only(counted), tuple(metric.name for metric in course.metrics if metric.name not in counted)


def run(rehearsal: Rehearsal, share: float | None, number: int) -> Run:
    """The rollout of this number; `share` is the canary's share of bad events, None for one that is as good as stable."""
    course = rehearsal.course
    traffic = Traffic(
        situation=rehearsal.situation,
        worse={} if share is None else {rehearsal.metric: share},
        sizing=course.plan.sizing,
        random=Random(f"{rehearsal.seed}/{number}"),
    )
    playing = Play(course, _BEGINS)
    legs: dict[int, Leg] = {}
    now, last = _BEGINS, _BEGINS + sum((step.hold for step in course.plan.steps), _BEYOND)
    traffic.pass_by(0, playing.weight)
    while True:
        readings = {metric.name: traffic.reading(metric.name) for metric in course.metrics}
        playing.look(Look(at=now, readings=readings, weight=playing.weight))
        if playing.over or now >= last:
            return _ended(rehearsal, playing.story(now), traffic, legs)
        before = traffic.requests(rehearsal.metric)
        traffic.pass_by(course.interval.total_seconds(), playing.weight)
        _count(legs, playing, course.interval, traffic.requests(rehearsal.metric) - before)
        now += course.interval


def effort(rehearsal: Rehearsal, share: float, number: int) -> Leg | None:
    """What it takes to catch a regression at the heaviest weight that leaves stable a share; None beyond `LONGEST`."""
    steps = [step for step in rehearsal.course.plan.steps if step.weight < HUNDRED]
    if not steps:
        return None
    alone = Step(weight=max(step.weight for step in steps), hold=LONGEST)
    plan = replace(rehearsal.course.plan, steps=(alone,))
    course = replace(rehearsal.course, plan=plan, interval=max(rehearsal.course.interval, _COARSE))
    played = run(replace(rehearsal, course=course), share, number)
    caught = played.ending is Ending.ROLLED_BACK and played.seconds <= LONGEST.total_seconds()
    return replace(played.legs[0], seconds=played.seconds) if caught and played.legs else None


def _count(legs: dict[int, Leg], playing: Play, passed: timedelta, requests: float) -> None:
    known = legs.get(playing.step) or Leg(step=playing.step, weight=playing.weight, seconds=0.0, requests=0.0)
    legs[playing.step] = replace(
        known, seconds=known.seconds + passed.total_seconds(), requests=known.requests + requests, weight=playing.weight
    )


def _ended(rehearsal: Rehearsal, story: Story, traffic: Traffic, legs: Mapping[int, Leg]) -> Run:
    served = traffic.served[rehearsal.metric]
    return Run(
        ending=story.ending,
        seconds=(story.at - _BEGINS).total_seconds(),
        step=story.step,
        reason=story.reason,
        sentence=story.sentence,
        requests=served.canary_total,
        bad=served.canary_bad,
        excess=served.canary_bad - served.canary_total * rehearsal.situation.shares[rehearsal.metric],
        legs=tuple(legs.values()),
    )
