"""The rank test a second time, straight from its definition, with numpy and scipy: what ours is compared with."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm, rankdata


def deviation(canary, stable, shift: float) -> float:
    """The rank sum of the shifted canary in standard deviations, with corrections for ties and continuity."""
    m, n = len(canary), len(stable)
    pooled = np.concatenate([np.asarray(canary) - shift, stable])
    excess = rankdata(pooled)[:m].sum() - m * (m + 1) / 2 - m * n / 2
    _, tied = np.unique(pooled, return_counts=True)
    variance = m * n / 12 * ((m + n + 1) - (tied**3 - tied).sum() / ((m + n) * (m + n - 1)))
    return (excess - np.sign(excess) / 2) / np.sqrt(variance)


@dataclass(frozen=True)
class Interval:
    low: float
    estimate: float
    high: float


def interval(canary, stable, confidence: float, tolerance: float = 1e-4) -> Interval:
    """Where the deviation crosses the quantiles and zero."""
    ends = float(min(canary) - max(stable)), float(max(canary) - min(stable))
    quantile = norm.isf((1 - confidence) / 2)

    def crossing(level: float) -> float:
        first, last = (deviation(canary, stable, end) - level for end in ends)
        if first <= 0 or last >= 0:
            return ends[0] if first <= 0 else ends[1]
        return brentq(lambda shift: deviation(canary, stable, shift) - level, *ends, xtol=tolerance, maxiter=1000)

    return Interval(crossing(quantile), crossing(0.0), crossing(-quantile))


def estimates(canary, stable) -> tuple[float, float]:
    """Around which shifts the deviation is zero: the middle differences of all pairs. Solvers agree only where these are one."""
    differences = np.sort(np.subtract.outer(canary, stable).ravel())
    middle = len(differences) // 2
    return float(differences[max(middle - 2, 0)]), float(differences[min(middle + 1, len(differences) - 1)])


def standings(canary, stable, direction: str, *, tolerance=0.25, confidence=0.98, allowed=(1.0, 1.0)) -> set[str]:
    """High, Low or Pass, by mean ratio; more than one where that depends on the solver."""
    if sorted(canary) == sorted(stable):
        return {"Pass"}
    found = interval(canary, stable, confidence)
    means = np.mean(canary), np.mean(stable)
    ratio = means[0] / means[1] if all(means) else np.nan
    possible = set()
    for estimate in (*estimates(canary, stable), found.estimate):
        for slack in (-2e-4, 2e-4):
            bound = tolerance * abs(estimate) + slack
            high = direction != "decrease" and found.low > bound and not ratio < allowed[0]
            low = direction != "increase" and found.high < -bound and not ratio > allowed[1]
            possible.add("High" if high else "Low" if low else "Pass")
    return possible
