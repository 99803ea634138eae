"""Kayenta's verdict on one metric: Mann-Whitney at 98 %, direction increase, tolerance 0.25 (reference §1.3).

Whether the lower end of the interval of the shift lies above a bound is asked of the statistic itself, which falls with the
shift; the shift is estimated by the median of all differences, of which Kayenta's own root is within its tolerance.
"""

import numpy as np

from tests.bench.judgement.streams import Floats

_CRITICAL = 2.3263478740408408
_TOLERANCE = 0.25


def is_high(canary: Floats, stable: Floats) -> bool:
    """Is the canary's metric higher? Gaps (NaN) are left out; a version without any value fails, as a critical metric must."""
    x, y = canary[~np.isnan(canary)], stable[~np.isnan(stable)]
    if not x.size or not y.size:
        return True
    if _deviation(x, y) <= _CRITICAL:
        return False
    shift = float(np.median(np.subtract.outer(x, y)))
    return _deviation(x - _TOLERANCE * abs(shift), y) > _CRITICAL


def _deviation(x: Floats, y: Floats) -> float:
    """How many standard deviations x's rank sum is above its mean, with corrections for continuity and for ties."""
    both = np.concatenate((x, y))
    values, inverse, ties = np.unique(both, return_inverse=True, return_counts=True)
    if len(values) == 1:
        return 0.0
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[inverse]
    n, m, size = len(x), len(y), len(both)
    excess = float(ranks[:n].sum()) - n * (n + 1) / 2 - n * m / 2
    tied = float((ties.astype(float) ** 3 - ties).sum()) / (size * (size - 1))
    deviation = np.sqrt(n * m / 12 * (size + 1 - tied))
    return float((excess - 0.5 * np.sign(excess)) / deviation)
