"""Evidence on "not worse than stable" that learns, while the rollout runs, how much bad events come in clusters.

A burst is no proof: twenty failures of one cause say as much as one. Within a block of time the canary's bad events
out of all are beta-binomial: `cohesion` 0 says that each fell on its own, a high one that a block is one toss of a coin.
The evidence is the likelihood of "worse", averaged over alternatives and cohesions, over the best that "not worse" can
make of the same data with any of them (universal inference: Wasserman, Ramdas, Balakrishnan, PNAS 2020). "Worse" may
begin with any block. Its mean stays at or below one while the version is not worse, so it may be looked at all the time.
Which settings won is in docs/judging.md.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from math import exp, inf, lgamma, log, log1p
from typing import Any, NamedTuple, Self

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
_LATER = 0.05
"""Prior chance that the version isn't worse from the beginning on, but only from some later block with bad events."""
_PER_BLOCK = 1 / 80

Grid = tuple[Logs, ...]
"""Log-likelihoods by cohesion (outer, as `TOGETHER`) and step (inner)."""


class Likelihoods(NamedTuple):
    """Of everything seen: by step if each event fell on its own (`alone`), and by cohesion and coarse step (`together`).

    `since` and `since_together` are of the alternatives only, averaged over the blocks with which they may have begun.
    """

    alone: Logs = (0.0,) * len(STEPS)
    together: Grid = ((0.0,) * len(_COARSE),) * len(TOGETHER)
    since: Logs = (log(1 - _LATER),) * len(ABOVE)
    since_together: Grid = ((log(1 - _LATER),) * (len(_COARSE) - _COARSE_NULL),) * len(TOGETHER)

    def to_json(self) -> list[Any]:
        """Plain lists."""
        return [*self]

    @classmethod
    def from_json(cls, data: list[Any]) -> Self:
        """The inverse of `to_json`."""
        alone, together, since, since_together = data
        return cls(tuple(alone), tuple(map(tuple, together)), tuple(since), tuple(map(tuple, since_together)))


def shares(canary: float, stable: float, ratio: float) -> list[float]:
    """The canary's expected part of the bad events at each step, for so many events of each version."""
    return [step * ratio * canary / (step * ratio * canary + stable) for step in STEPS]


def look(before: Likelihoods, bad: tuple[float, float], expected: Sequence[float]) -> Likelihoods:
    """One interval's bad events (canary, stable), each on its own."""
    terms = _lone(bad, expected)
    return before._replace(alone=_added(before.alone, terms), since=_added(before.since, terms[_NULL:]))


def with_block(before: Likelihoods, bad: tuple[float, float], expected: Sequence[float]) -> Likelihoods:
    """One block's bad events (canary, stable), in clusters."""
    parts = [expected[step] for step in _COARSE]
    lone = bad[0] + bad[1] <= 1
    terms = [_lone(bad, parts)] * len(TOGETHER) if lone else [_clustered(bad, parts, tosses) for tosses in TOGETHER]
    return before._replace(
        together=tuple([_added(row, more) for row, more in zip(before.together, terms, strict=True)]),
        since_together=tuple([_added(row, more[_COARSE_NULL:]) for row, more in zip(before.since_together, terms, strict=True)]),
    )


def may_begin(before: Likelihoods, block: int, ratio: float) -> Likelihoods:
    """The version may have become worse only now, after so many blocks with bad events; until here it was like stable."""
    chance = log(_LATER * _PER_BLOCK) + (block - 1) * log1p(-_PER_BLOCK)
    like, coarsely_like = _like_stable(ratio)
    return before._replace(
        since=_either(before.since, chance + before.alone[like]),
        since_together=tuple(
            [
                _either(row, chance + whole[coarsely_like])
                for row, whole in zip(before.since_together, before.together, strict=True)
            ]
        ),
    )


@lru_cache(maxsize=64)
def _like_stable(ratio: float) -> tuple[int, int]:
    """The steps, fine and coarse, that are nearest to "as good as stable"."""
    far = [abs(log(step * ratio)) for step in BELOW]
    return far.index(min(far)), min(range(_COARSE_NULL), key=lambda coarse: far[_COARSE[coarse]])


def _lone(bad: tuple[float, float], expected: Sequence[float]) -> list[float]:
    canary, stable = bad
    return [canary * log(part) + stable * log1p(-part) for part in expected]


def _clustered(bad: tuple[float, float], expected: Sequence[float], tosses: float) -> list[float]:
    canary, stable = bad
    both = lgamma(tosses) - lgamma(tosses + canary + stable)
    terms = []
    for part in expected:
        mine, theirs = tosses * part, tosses * (1 - part)
        term = both
        if canary:
            term += lgamma(mine + canary) - lgamma(mine)
        if stable:
            term += lgamma(theirs + stable) - lgamma(theirs)
        terms.append(term)
    return terms


def against_chance(seen: Likelihoods) -> float:
    """Log-evidence of "worse" if bad events never come in clusters."""
    return _sum(_added(seen.since, _LONE)) - max(seen.alone[:_NULL])


def against_clusters(seen: Likelihoods) -> float:
    """Log-evidence of "worse" whatever the clusters are like."""
    bets = [*_added(seen.since, _LONE)]
    for row, priors in zip(seen.since_together, _PRIORS, strict=True):
        bets += _added(row, priors)
    return _sum(bets) - max(chain(seen.alone[:_NULL], *[row[:_COARSE_NULL] for row in seen.together]))


def interval(seen: Likelihoods, ratio: float, alpha: float, estimate: float | None) -> Ratio:
    """The ratios that the data don't rule out, at every look at once, clusters or not.

    A ratio is out when its best likelihood is `alpha` times the average over all or less; between steps the logarithm
    is interpolated.
    """
    together = _refined([max(column) for column in zip(*seen.together, strict=True)])
    best = [max(one, other) for one, other in zip(seen.alone, together, strict=True)]
    everything = [*chain(seen.alone, *seen.together)]
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


def _added(logs: Sequence[float], terms: Sequence[float]) -> Logs:
    return tuple([one + term for one, term in zip(logs, terms, strict=True)])


def _either(logs: Logs, other: float) -> Logs:
    """The logarithms of the sums of each and another."""
    return tuple([max(one, other) + log1p(exp(-abs(one - other))) for one in logs])


def _sum(logs: Sequence[float]) -> float:
    """The logarithm of the sum."""
    top = max(logs)
    return top + log(sum([exp(one - top) for one in logs]))
