"""Slow requests, counted by histogram buckets (reference §3.5).

A healthy service takes 80 ms in the median (lognormal, sigma 0.7), and 0.2 % of its requests about 900 ms; slow is more than
500 ms, so its 99th percentile is near 430 ms. Shares of slow requests follow from these numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import erf, log, sqrt

from tests.bench.judgement.scenario import Group, Scenario, keep, roll_back
from tests.bench.judgement.shown import Metric
from tests.bench.judgement.streams import Recipe

_MEDIAN_MS, _SIGMA, _TAIL, _SLOW_MS = 80.0, 0.7, 0.002, 500.0


def slow_share(times: float = 1.0, tail: float = _TAIL) -> float:
    """The share of requests above the bound when everything takes `times` as long and `tail` of them about 900 ms."""
    normal = log(_SLOW_MS / (_MEDIAN_MS * times)) / _SIGMA
    return tail + (1 - tail) * 0.5 * (1 - erf(normal / sqrt(2)))


_WORSE: Mapping[str, float] = {
    "x1.2": slow_share(1.2),
    "x1.5": slow_share(1.5),
    "tail+0.5pp": slow_share(tail=_TAIL + 0.005),
    "tail-2%": slow_share(tail=0.02),
}


def latency() -> Iterator[Scenario]:
    """Healthy services, and four ways in which a canary may be slower."""
    usual = slow_share()
    for rps in (10.0, 100.0, 1000.0):
        for weight in (0.05, 0.50):
            recipe = Recipe(rps=rps, weight=((0, weight),), base=((0, usual),))
            where = f"{rps:g}rps/w{weight * 100:g}"
            yield _slow(keep(f"slow/healthy/{where}", Group.LATENCY, recipe))
            for name, share in _WORSE.items():
                worse = replace(recipe, plus=((0, share - usual),))
                yield _slow(roll_back(f"slow/{name}/{where}", Group.LATENCY_WORSE, worse))


def _slow(scenario: Scenario) -> Scenario:
    return replace(scenario, metric=Metric.SLOW, warmup=0.0)
