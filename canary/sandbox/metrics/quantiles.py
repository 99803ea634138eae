"""`histogram_quantile` over classic buckets, with linear interpolation as in Prometheus."""

import math
from collections.abc import Sequence

from canary.sandbox.metrics.values import Identity, Sample, Vector, identity


def histogram_quantiles(share: float, vector: Vector) -> Vector:
    """One quantile per group of buckets; elements without a readable `le` are left out."""
    groups: dict[Identity, list[tuple[float, float]]] = {}
    for each in vector:
        try:
            bound = float(each.labels.get("le", ""))
        except ValueError:
            continue
        rest = {name: value for name, value in each.unnamed(0).labels.items() if name != "le"}
        groups.setdefault(identity(rest), []).append((bound, each.value))
    return [Sample(dict(labels), quantile(share, buckets)) for labels, buckets in groups.items()]


def quantile(share: float, buckets: Sequence[tuple[float, float]]) -> float:
    """The quantile of (upper bound, cumulative count) pairs; NaN without observations or without a +Inf bucket."""
    ordered = _monotonic(sorted(buckets))
    if math.isnan(share):
        return math.nan
    if share < 0 or share > 1:
        return math.copysign(math.inf, share)
    if len(ordered) < 2 or not math.isinf(ordered[-1][0]) or not ordered[-1][1]:
        return math.nan
    rank = share * ordered[-1][1]
    index = next(index for index, (_, count) in enumerate(ordered) if count >= rank)
    if index == len(ordered) - 1:
        return ordered[-2][0]
    end, count = ordered[index]
    if index == 0:
        if end <= 0:
            return end
        start, before = 0.0, 0.0
    else:
        start, before = ordered[index - 1]
    return start + (end - start) * (rank - before) / (count - before) if count > before else math.nan


def _monotonic(buckets: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Merge equal bounds, and lift counts that fell, which happens when scrapes were torn."""
    merged: dict[float, float] = {}
    for bound, count in buckets:
        merged[bound] = merged.get(bound, 0.0) + count
    highest, lifted = 0.0, []
    for bound, count in merged.items():
        highest = max(highest, count)
        lifted.append((bound, highest))
    return lifted
