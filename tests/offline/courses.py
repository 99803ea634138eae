"""A small vocabulary for rollouts on paper: courses, and counters that grow as told."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

from analysis.reading import Problem, Reading, Trouble
from canary.api.v1alpha1 import CanarySpec
from canary.offline.course import Course, course_of
from canary.offline.play import Look
from tests.analysis.world import NOON, counted, counters

SILENCE = Problem(Trouble.EMPTY, "Nothing is there.")
OUTAGE = Problem(Trouble.TIMEOUT, "No answer.")


def a_spec(*steps: dict, **spec) -> CanarySpec:
    """The smallest Canary; `analysis` and others as in the resource."""
    smallest = {"target": {"deployment": "reviews"}, "service": {"name": "reviews", "port": 80}, "traffic": {"router": "smi"}}
    strategy = {"strategy": {"progressive": {"steps": steps}}} if steps else {}
    return CanarySpec.model_validate_json(json.dumps({**smallest, **strategy, **spec}), strict=True)


def a_course(*steps: dict, metrics=("errors",), **analysis) -> Course:
    """Judged by the failed requests only, without a warm-up, unless told otherwise."""
    spec = a_spec(*steps, analysis={"warmup": "0s", **analysis}) if steps or analysis else a_spec()
    return course_of(spec).only(metrics)


def growing(looks: int, *, canary=(0, 100), stable=(0, 1000), every=15.0, begins=0) -> Iterator[Look]:
    """Looks at two versions that have so many (bad, fine) requests between two looks, from look number `begins` on."""
    for number in range(looks):
        done = max(0, number - begins)
        seen = counted(canary=counters(*(done * one for one in canary)), stable=counters(*(number * one for one in stable)))
        yield a_look(number * every, errors=seen)


def a_look(seconds: float, **readings: Reading) -> Look:
    return Look(at=NOON + timedelta(seconds=seconds), readings=readings)


def silence(reading: Reading, seconds: Sequence[float]) -> Iterator[Look]:
    return (a_look(second, errors=reading) for second in seconds)
