"""Evidence on "not worse than stable" that learns, while the rollout runs, how much bad events come in clusters.

A burst is no proof: twenty failures of one cause say as much as one. Within a block of time the canary's bad events
out of all are beta-binomial: `cohesion` 0 says that each fell on its own, a high one that a block is one toss of a coin.
The evidence is the likelihood of "worse", averaged over alternatives and cohesions, over the best that "not worse" can
make of the same data with any of them (universal inference: Wasserman, Ramdas, Balakrishnan, PNAS 2020). Its mean
stays at or below one while the version is not worse, so it may be looked at all the time. Which settings won is in
docs/judging.md.
"""

from collections.abc import Sequence
from itertools import chain
from math import exp, inf, lgamma, log, log1p

from analysis.judges.evidence import Logs
from analysis.verdict import Ratio

BELOW = (1 / 9, 2 / 9, 0.45, 0.65, 0.8, 0.9, 1.0)
ABOVE = (1.15, 1.4, 1.8, 2.7, 4.0, 6.5, 10.0, 18.0, 36.0, 90.0, 230.0, 730.0, 2300.0)
STEPS = (*BELOW, *ABOVE)
"""Multiples of the ratio that still counts as "not worse": up to 1 the null hypothesis, above it what is betted on."""
TOGETHER = (0.3, 1.0, 4.0, 15.0, 60.0)
"""How many tosses a block is worth, for each cohesion but none; without clusters it is worth all its events."""

_COARSE = (1, 3, 6, 8, 10, 12, 14, 16, 18)
"""The steps at which clusters are reckoned with: their likelihoods are blunt, and cost most of the judge's time."""
_NULL, _COARSE_NULL = len(BELOW), 3
_BETS = (1, 1.5, 2, 2, 2, 2, 2, 1.5, 1, 0.5, 0.3, 0.2, 0.1)
_TRUST = (0.075, 0.075, 0.09, 0.0975, 0.1125)
"""Prior weights of the alternatives and of the cohesions; the rest of the latter is for no clusters at all."""
_LONE = tuple(log(bet / sum(_BETS)) + log(1 - sum(_TRUST)) for bet in _BETS)
_COARSE_BETS = tuple(_BETS[step - _NULL] for step in _COARSE[_COARSE_NULL:])
_PRIORS = tuple(tuple(log(bet / sum(_COARSE_BETS)) + log(trust) for bet in _COARSE_BETS) for trust in _TRUST)

Grid = tuple[Logs, ...]
"""Log-likelihoods by cohesion (outer, as `TOGETHER`) and coarse step (inner)."""

NO_BLOCKS: Grid = ((0.0,) * len(_COARSE),) * len(TOGETHER)
NO_EVENTS: Logs = (0.0,) * len(STEPS)


def shares(canary: float, stable: float, ratio: float) -> list[float]:
    """The canary's expected part of the bad events at each step, for so many events of each version."""
    return [step * ratio * canary / (step * ratio * canary + stable) for step in STEPS]


def alone(logs: Logs, bad: tuple[float, float], expected: Sequence[float]) -> Logs:
    """One interval's bad events (canary, stable), each on its own."""
    canary, stable = bad
    return tuple([one + canary * log(part) + stable * log1p(-part) for one, part in zip(logs, expected, strict=True)])


def block(grid: Grid, bad: tuple[float, float], expected: Sequence[float]) -> Grid:
    """One block's bad events (canary, stable), in clusters."""
    parts = [expected[step] for step in _COARSE]
    if bad[0] + bad[1] <= 1:
        return tuple([alone(logs, bad, parts) for logs in grid])
    return tuple([_clustered(logs, bad, parts, tosses) for logs, tosses in zip(grid, TOGETHER, strict=True)])


def _clustered(logs: Logs, bad: tuple[float, float], expected: Sequence[float], tosses: float) -> Logs:
    canary, stable = bad
    both = lgamma(tosses) - lgamma(tosses + canary + stable)
    found = []
    for one, part in zip(logs, expected, strict=True):
        mine, theirs = tosses * part, tosses * (1 - part)
        term = both
        if canary:
            term += lgamma(mine + canary) - lgamma(mine)
        if stable:
            term += lgamma(theirs + stable) - lgamma(theirs)
        found.append(one + term)
    return tuple(found)


def against_chance(logs: Logs) -> float:
    """Log-evidence of "worse" if bad events never come in clusters."""
    return _sum([one + prior for one, prior in zip(logs[_NULL:], _LONE, strict=True)]) - max(logs[:_NULL])


def against_clusters(logs: Logs, grid: Grid) -> float:
    """Log-evidence of "worse" whatever the clusters are like."""
    bets = [one + prior for one, prior in zip(logs[_NULL:], _LONE, strict=True)]
    for row, priors in zip(grid, _PRIORS, strict=True):
        bets += [one + prior for one, prior in zip(row[_COARSE_NULL:], priors, strict=True)]
    best = max(chain(logs[:_NULL], *[row[:_COARSE_NULL] for row in grid]))
    return _sum(bets) - best


def interval(logs: Logs, grid: Grid, ratio: float, alpha: float, estimate: float | None) -> Ratio:
    """The ratios that the data don't rule out, at every look at once, clusters or not.

    A ratio is out when its best likelihood is `alpha` times the average over all or less; between steps the logarithm
    is interpolated.
    """
    best = [
        max(one, other) for one, other in zip(logs, _refined([max(column) for column in zip(*grid, strict=True)]), strict=True)
    ]
    everything = [*chain(logs, *grid)]
    level = _sum(everything) - log(len(everything)) + log(alpha)
    inside = [step for step, one in enumerate(best) if one > level]
    if not inside:
        return Ratio(low=0.0, estimate=estimate, high=None)
    first, last = inside[0], inside[-1]
    low = 0.0 if first == 0 else _crossing(best, first - 1, level) * ratio
    high = inf if last == len(STEPS) - 1 else _crossing(best, last, level) * ratio
    if estimate is not None:
        low, high = min(low, estimate), max(high, estimate)
    return Ratio(low=low, estimate=estimate, high=None if high == inf else high)


def _refined(coarse: Sequence[float]) -> list[float]:
    """Values at coarse steps, interpolated to all steps."""
    return [coarse[left] * (1 - part) + coarse[right] * part for left, right, part in _BETWEEN]


def _between(step: int) -> tuple[int, int, float]:
    """The coarse steps around a step, and how far it is from the left one to the right one."""
    right = next((place for place, one in enumerate(_COARSE) if one >= step), len(_COARSE) - 1)
    left = max(right - 1, 0) if _COARSE[right] > step else right
    return left, right, (step - _COARSE[left]) / (_COARSE[right] - _COARSE[left]) if left < right else 0.0


_BETWEEN = tuple(_between(step) for step in range(len(STEPS)))


def _crossing(best: Sequence[float], left: int, level: float) -> float:
    here, there = best[left], best[left + 1]
    part = (level - here) / (there - here)
    return exp(log(STEPS[left]) * (1 - part) + log(STEPS[left + 1]) * part)


def _sum(logs: Sequence[float]) -> float:
    """The logarithm of the sum."""
    top = max(logs)
    return top + log(sum([exp(one - top) for one in logs]))
