"""Kayenta's metric-set pairs, the form in which it archives what it measured: values of both versions, minute by minute.

What the judge does to them first is here too: points without a value, then outliers (reference: judgement §1.2).
"""

from collections.abc import Sequence
from math import floor, isfinite, isinf, isnan
from typing import Annotated

from pydantic import AfterValidator, Field, TypeAdapter

from analysis.kayenta.config import NanStrategy, Outliers, OutlierStrategy
from analysis.scalars import Section, refuse_one


def _no_infinity(value: float) -> float:
    if isinf(value):
        raise refuse_one('is infinite, which can\'t be ranked: write a number, or "NaN" where there is none')
    return value


Point = Annotated[float, AfterValidator(_no_infinity)]
"""A number; NaN, in JSON the text "NaN", where there is none."""


class Values(Section):
    """The points of stable (`control`) and of the canary (`experiment`)."""

    control: tuple[Point, ...]
    experiment: tuple[Point, ...]


class MetricSetPair(Section):
    """One metric of both versions, for one set of tags."""

    name: Annotated[str, Field(min_length=1)]
    id: str = ""
    tags: dict[str, str] = Field(default_factory=dict)
    values: Values


PAIRS: TypeAdapter[tuple[MetricSetPair, ...]] = TypeAdapter(tuple[MetricSetPair, ...])


def measured(values: Sequence[float]) -> bool:
    """Whether there is any value at all."""
    return any(not isnan(value) for value in values)


def cleaned(values: Sequence[float], strategy: NanStrategy, outliers: Outliers) -> list[float]:
    """The points that are ranked."""
    if strategy is NanStrategy.REPLACE:
        points = [0.0 if isnan(value) else value for value in values]
    else:
        points = [value for value in values if isfinite(value)]
    return _without_outliers(points, outliers.outlier_factor) if outliers.strategy is OutlierStrategy.REMOVE else points


def _without_outliers(points: list[float], factor: float) -> list[float]:
    """Tukey's fences, widened so that the middle 98 % always stay."""
    if not points:
        return points
    ordered = sorted(points)
    first, third = percentile(ordered, 0.25), percentile(ordered, 0.75)
    reach = factor * (third - first)
    low, high = min(percentile(ordered, 0.01), first - reach), max(percentile(ordered, 0.99), third + reach)
    return [point for point in points if low <= point <= high]


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of ordered values lies, with a straight line between neighbours (R's type 7)."""
    at = (len(ordered) - 1) * share
    below = floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])
