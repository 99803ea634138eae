"""A small vocabulary for tests of the analysis: subjects, plans, and a world in which requests are served and counted."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from analysis.assess import MetricState, Moment, assess, fresh
from analysis.counts import Counts, Increment, Tally, series_key
from analysis.plan import Builtin, BuiltinMeasure, Dialect, MetricPlan, Sequential, Subject
from analysis.providers.base import Answer, Point, ProviderError, Scalar, Vector
from analysis.reading import Counted, Reading
from analysis.verdict import MetricVerdict, Verdict

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ERROR_SHARE = BuiltinMeasure(builtin=Builtin.ERROR_SHARE, dialect=Dialect.LINKERD)


def a_subject(name="reviews", namespace="bookinfo") -> Subject:
    return Subject(
        namespace=namespace,
        canary=name,
        service=name,
        stable_leaf=f"{name}-stable",
        canary_leaf=f"{name}-canary",
        stable_pods=f"{name}-6d4b75cb6d-.+",
        canary_pods=f"{name}-canary-.+",
        stable_deployment=name,
        canary_deployment=f"{name}-canary",
    )


def a_plan(name="errors", measure=ERROR_SHARE, judge=None, **policies) -> MetricPlan:
    return MetricPlan(name=name, measure=measure, judge=judge or Sequential(), **policies)


def an_increment(canary_bad=0, canary_total=0, stable_bad=0, stable_total=0) -> Increment:
    return Increment(tally=Tally(canary_bad, canary_total, stable_bad, stable_total))


def a_moment(seconds=0.0, warm=0.0, step="1") -> Moment:
    return Moment(now=NOON + timedelta(seconds=seconds), warm_until=NOON + timedelta(seconds=warm), step=step)


def vector(*points: tuple[dict[str, str], float]) -> Vector:
    return Vector(tuple(Point(labels, value) for labels, value in points))


def counters(bad: float, fine: float, **labels: str) -> dict[str, float]:
    labels = labels or {"instance": "10.0.0.1:4191"}
    return {series_key(Counts.BAD_EVENTS, labels): float(bad), series_key(Counts.EVENTS, labels): float(fine)}


def counted(canary=None, stable=None, slow=None) -> Counted:
    return Counted(canary=canary or {}, stable=stable or {}, sought="response_total of reviews", slow=slow)


@dataclass
class Traffic:
    """Requests that arrive, fail at a rate, and are counted; the seed decides everything."""

    seed: int
    rps: float
    weight: float
    stable_fails: float
    canary_fails: float
    served: dict[str, list[int]] = field(default_factory=lambda: {"stable": [0, 0], "canary": [0, 0]})

    def __post_init__(self):
        self.random = random.Random(self.seed)

    def look(self, seconds=15) -> Counted:
        for version, share, fails in (("canary", self.weight, self.canary_fails), ("stable", 1 - self.weight, self.stable_fails)):
            total = self._about(self.rps * share * seconds)
            bad = self._some(total, fails)
            self.served[version][0] += bad
            self.served[version][1] += total - bad
        return counted(canary=counters(*self.served["canary"]), stable=counters(*self.served["stable"]))

    def _about(self, mean: float) -> int:
        """Poisson, but for rounding, by the many rare chances that it is the limit of."""
        return self._some(100_000, mean / 100_000)

    def _some(self, of: int, share: float) -> int:
        """Exactly binomial: leaps from one success to the next."""
        if share <= 0:
            return 0
        found, at = 0, -1
        while (at := at + 1 + int(math.log(1 - self.random.random()) / math.log1p(-share))) < of:
            found += 1
        return found


def watch(traffic: Traffic, plan: MetricPlan, minutes: int = 60) -> tuple[MetricVerdict, float]:
    """Looks every 15 s until the metric fails or the time is over: the last verdict and the minutes that it took."""
    state = fresh(plan, NOON)
    verdict = None
    for look in range(minutes * 4 + 1):
        state, verdict = assess(state, traffic.look(), plan, a_moment(seconds=15 * look))
        if verdict.verdict is Verdict.FAIL:
            break
    return verdict, look / 4


def run(plan: MetricPlan, readings: Sequence[Reading], every=15.0, **moment) -> tuple[MetricState, list[MetricVerdict]]:
    """One verdict per reading."""
    state, verdicts = fresh(plan, NOON), []
    for look, reading in enumerate(readings):
        state, verdict = assess(state, reading, plan, a_moment(seconds=every * look, **moment))
        verdicts.append(verdict)
    return state, verdicts


@dataclass
class Book:
    """A MetricSource that looks answers up by a part of the query, and notes what was asked."""

    answers: dict[str, Answer | ProviderError]
    asked: list[str] = field(default_factory=list)

    async def query(self, promql: str, at: datetime) -> Answer:
        self.asked.append(promql)
        found = next((answer for part, answer in self.answers.items() if part in promql), Vector(()))
        if isinstance(found, ProviderError):
            raise found
        return found


def number(value: float) -> Scalar:
    return Scalar(value)
