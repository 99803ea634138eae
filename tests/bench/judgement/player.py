"""Plays a rollout through exactly the path of the controller: `fresh`, then `assess` at every look, until it fails."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

import numpy as np

from analysis.assess import Moment, assess, fresh
from analysis.plan import Dialect, MetricPlan
from analysis.reading import Reading
from analysis.spec import DEFAULT_METRICS, AnalysisSpec, metric_plans
from analysis.verdict import Verdict
from tests.bench.judgement.endpoint import read_through_http
from tests.bench.judgement.scenario import Scenario
from tests.bench.judgement.shown import Metric, Tables, readings, tables
from tests.bench.judgement.streams import BIN_SECONDS, LOOKS, PER_MINUTE, Profile, Stream, happen, steps

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a rollout went: the looks at which it failed and first passed (None: never), its last verdict, and how many looks."""

    failed: int | None
    passed: int | None
    last: Verdict
    judged: int


@lru_cache(maxsize=64)
def plans_of(metric: Metric, metrics: int) -> tuple[MetricPlan, ...]:
    """The product's own plan for one metric, or for several of that kind that share the rollout's false rollback rate."""
    one = next(spec for spec in DEFAULT_METRICS if spec.name == metric)
    several = tuple(one.model_copy(update={"name": f"{metric}-{number}"}) for number in range(metrics))
    return metric_plans(AnalysisSpec(metrics=several), Dialect.LINKERD)


@lru_cache(maxsize=64)
def moments_of(weights: Profile, warmup: float, phase: int = 0) -> tuple[Moment, ...]:
    """The looks of an hour, which begins `phase` bins after a full minute. A step begins with every change of weight."""
    begin = START + timedelta(seconds=BIN_SECONDS * phase)
    percent = [Decimal(f"{weight * 100:.10g}") for weight in steps(weights).tolist()]
    inside = [percent[0], *percent]
    names = [1]
    for before, after in pairwise(inside):
        names.append(names[-1] + (before != after))
    return tuple(
        Moment(
            now=begin + timedelta(seconds=BIN_SECONDS * look),
            warm_until=begin + timedelta(minutes=warmup),
            step=str(name),
            weight=weight,
        )
        for look, (name, weight) in enumerate(zip(names, inside, strict=True))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One metric of one run: what happened, what scrapes show of it, and when it began, in bins after a full minute."""

    scenario: Scenario
    stream: Stream
    shown: Tables
    phase: int

    def readings(self) -> Iterable[Reading]:
        """As the controller would collect them: through HTTP, or what comes to the same."""
        wire = self.scenario.wire
        if wire is None:
            return readings(self.shown)
        plan = plans_of(self.scenario.metric, 1)[0]
        return read_through_http(self.shown, plan, wire, moments_of(self.scenario.weights, 0.0, self.phase)[0].now)


def made_up(scenario: Scenario, seed: int, number: int = 0) -> Made:
    """A run of a scenario with one seed; `number` tells metrics of one rollout apart."""
    name = scenario.wire.like if scenario.wire is not None and scenario.wire.like else scenario.name
    random = np.random.default_rng((*name.encode(), seed, number))
    stream = happen(scenario.recipe, random)
    shown = tables(stream, scenario.metric)
    for oddity in scenario.oddities:
        shown = oddity(shown, random)
    return Made(scenario=scenario, stream=stream, shown=shown, phase=seed % PER_MINUTE)


def play(scenario: Scenario, made: Sequence[Made], *, direct: bool = False) -> Played:
    """One run; `made` are its metrics. `direct` reads without HTTP what would be read with it."""
    plans = plans_of(scenario.metric, scenario.metrics)
    moments = moments_of(scenario.weights, scenario.warmup, made[0].phase)
    looks = [readings(one.shown) if direct else one.readings() for one in made]
    runs = [play_metric(plan, one, moments) for plan, one in zip(plans, looks, strict=True)]
    failed = min((run.failed for run in runs if run.failed is not None), default=None)
    passed = [run.passed for run in runs if run.passed is not None]
    worst = min(runs, key=lambda run: LOOKS + 1 if run.failed is None else run.failed)
    return Played(
        failed=failed,
        passed=max(passed) if len(passed) == len(runs) else None,
        last=worst.last,
        judged=sum(run.judged for run in runs),
    )


def play_metric(plan: MetricPlan, looks: Iterable[Reading], moments: Sequence[Moment]) -> Played:
    """One metric, look by look."""
    state = fresh(plan, moments[0].now)
    passed, verdict, look = None, None, 0
    for look, (reading, moment) in enumerate(zip(looks, moments, strict=True)):
        state, verdict = assess(state, reading, plan, moment)
        if verdict.verdict is Verdict.FAIL:
            break
        if passed is None and verdict.verdict is Verdict.PASS:
            passed = look
    assert verdict is not None, "there is at least one look"
    failed = look if verdict.verdict is Verdict.FAIL else None
    return Played(failed=failed, passed=passed, last=verdict.verdict, judged=look + 1)


def minutes(look: int) -> float:
    """When a look happens, in minutes since the first traffic."""
    return look / PER_MINUTE
