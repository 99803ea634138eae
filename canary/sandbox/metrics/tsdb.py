"""Samples of the last hour in memory: a scrape adds one to every series that exists, and ends those that don't any more.

A series that ended vanishes from instant queries with that scrape (Prometheus calls it stale); what it had counted stays
visible to ranges. NaN marks the end: counters are never NaN by themselves.
"""

import math
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from canary.sandbox.metrics.counters import NAME, Labels, Series

RETENTION = 3600.0
LOOKBACK = 300.0
# The oldest samples are cut off in lumps of this many, so that a cut costs nothing per sample.
_CUT = 600

Test: TypeAlias = Callable[[dict[str, str]], bool]
Points: TypeAlias = tuple["array[float]", "array[float]"]


@dataclass(slots=True)
class _Samples:
    named: dict[str, str]
    times: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    ended: bool = False

    def add(self, time: float, value: float) -> None:
        self.times.append(time)
        self.values.append(value)
        if len(self.times) > _CUT and self.times[_CUT] < time - RETENTION:
            del self.times[:_CUT], self.values[:_CUT]


class Database:
    def __init__(self) -> None:
        self._series: dict[str, dict[Labels, _Samples]] = {}
        self._current: dict[Labels, _Samples] = {}

    def scrape(self, time: float, series: Iterable[Series]) -> None:
        """Add one sample, at `time` in seconds since 1970, to each of these series, and end the others."""
        seen: dict[Labels, _Samples] = {}
        for labels, value in series:
            samples = self._current.get(labels) or self._opened(labels)
            samples.add(time, value)
            seen[labels] = samples
        for labels, samples in self._current.items():
            if labels not in seen:
                samples.add(time, math.nan)
                samples.ended = True
        self._current = seen
        self._drop_forgotten(time)

    def instant(self, name: str | None, test: Test, time: float) -> Iterator[tuple[dict[str, str], float]]:
        """The newest value of each series, at most five minutes old."""
        return ((labels, value) for labels, _, value in self.newest(name, test, time))

    def newest(self, name: str | None, test: Test, time: float) -> Iterator[tuple[dict[str, str], float, float]]:
        """The newest sample of each series, at most five minutes old: its time and its value."""
        for samples in self._matching(name, test):
            index = bisect_right(samples.times, time) - 1
            if index >= 0 and samples.times[index] > time - LOOKBACK and not math.isnan(samples.values[index]):
                yield samples.named, samples.times[index], samples.values[index]

    def ranges(self, name: str | None, test: Test, start: float, end: float) -> Iterator[tuple[dict[str, str], Points]]:
        """The samples of each series after `start` and up to `end`; series without any are left out."""
        for samples in self._matching(name, test):
            first, last = bisect_right(samples.times, start), bisect_right(samples.times, end)
            times, values = samples.times[first:last], samples.values[first:last]
            if any(map(math.isnan, values)):
                kept = [index for index, value in enumerate(values) if not math.isnan(value)]
                times, values = array("d", (times[each] for each in kept)), array("d", (values[each] for each in kept))
            if times:
                yield samples.named, (times, values)

    def _opened(self, labels: Labels) -> _Samples:
        named = dict(labels)
        samples = self._series.setdefault(named[NAME], {}).setdefault(labels, _Samples(named))
        samples.ended = False
        return samples

    def _matching(self, name: str | None, test: Test) -> Iterator[_Samples]:
        families = [self._series.get(name, {})] if name is not None else list(self._series.values())
        for family in families:
            yield from (samples for samples in family.values() if test(samples.named))

    def _drop_forgotten(self, time: float) -> None:
        horizon = time - RETENTION
        for name, family in list(self._series.items()):
            for labels in [labels for labels, each in family.items() if each.ended and each.times[-1] < horizon]:
                del family[labels]
            if not family:
                del self._series[name]
