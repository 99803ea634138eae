"""How far the canary's values are shifted against stable's: Mann and Whitney's rank test, turned into an interval.

The shift is Hodges and Lehmann's: the one that, taken from the canary's values, makes the ranks of both versions balance. Its
interval holds every shift that the test would not reject. As in R's `wilcox.test(exact=FALSE, conf.int=TRUE)`: normal
approximation, ties and continuity corrected, ties counted again after each shift (reference: judgement §1.3).
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, sqrt
from statistics import NormalDist

from analysis.judges.rank_root import crossing


class AllTied(ValueError):
    """Every value is the same, so that ranks tell nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Canary less stable: the estimate, and the interval that holds it."""

    low: float
    estimate: float
    high: float


@dataclass(frozen=True, slots=True)
class _Ranks:
    """Stable's values in order, with what ties them to one another: the sum of t³ - t over groups of t equal ones."""

    values: list[float]
    ties: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "_Ranks":
        return cls(sorted(values), sum(_ties(number) for number in Counter(values).values()))


def shift(canary: Sequence[float], stable: Sequence[float], confidence: float) -> Shift:
    """The canary's shift against stable, with a two-sided interval. Raises AllTied where a shift leaves nothing to rank."""
    ranks = _Ranks.of(stable)
    low, high = min(canary) - max(stable), max(canary) - min(stable)
    quantile = -NormalDist().inv_cdf((1.0 - confidence) / 2)

    def balanced_at(level: float) -> float:
        return crossing(lambda shift: _deviation(canary, ranks, shift) - level, low, high)

    return Shift(low=balanced_at(quantile), estimate=balanced_at(0.0), high=balanced_at(-quantile))


def deviation(canary: Sequence[float], stable: Sequence[float]) -> float:
    """The test's statistic, normal with mean 0 and variance 1 where both versions are alike. Raises AllTied."""
    return _deviation(canary, _Ranks.of(stable), 0.0)


def superiority(canary: Sequence[float], stable: Sequence[float]) -> float:
    """The chance that a value of the canary is above one of stable, ties counted half (common language effect size)."""
    ordered = sorted(stable)
    wins = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in canary)
    return wins / (2 * len(canary) * len(stable))


def _deviation(canary: Sequence[float], stable: _Ranks, shift: float) -> float:
    """How far the canary's sum of ranks is from its mean, in standard deviations, once its values are shifted back."""
    m, n = len(canary), len(stable.values)
    doubled, ties = 0, stable.ties
    for value, number in Counter([value - shift for value in canary]).items():
        below, upto = bisect_left(stable.values, value), bisect_right(stable.values, value)
        doubled += number * (below + upto)
        ties += _ties(number + upto - below) - _ties(upto - below)
    excess = doubled / 2 - m * n / 2
    total = m + n
    variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        raise AllTied("all values are tied")
    correction = copysign(0.5, excess) if excess else 0.0
    return (excess - correction) / sqrt(variance)


def _ties(number: int) -> int:
    return number**3 - number
