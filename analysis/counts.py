"""Increments of raw counters: from what a provider shows to how many events there were since the last look.

Every series is counted by itself, so restarts of one process disturb no other, and the last value of a series that
is absent for a while (a failed scrape) is kept, so that its past is not counted again when it comes back.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from math import isfinite, isnan
from typing import Self

from analysis.providers.base import Point
from analysis.reading import MAX_SERIES, Problem, Samples, Trouble


class Counts(StrEnum):
    """What a counter's increments add to: `(events, bad events)`."""

    EVENTS = "e"
    BAD_EVENTS = "b"
    ONLY_BAD = "o"
    ONLY_FINE = "f"


_ADDS: Mapping[str, tuple[int, int]] = {
    Counts.EVENTS: (1, 0),
    Counts.BAD_EVENTS: (1, 1),
    Counts.ONLY_BAD: (0, 1),
    Counts.ONLY_FINE: (0, -1),
}
_PROCESS_LABELS = ("instance", "pod")
_POD_LABELS = ("dst_pod", "pod", "instance")
_LABEL = re.compile(r"[{,]([a-z_]+)='([^']*)'")
_SUMMED = "~"


@dataclass(frozen=True, slots=True)
class Tally:
    """Bad events out of all events, of each version."""

    canary_bad: float = 0.0
    canary_total: float = 0.0
    stable_bad: float = 0.0
    stable_total: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.canary_bad + other.canary_bad,
            self.canary_total + other.canary_total,
            self.stable_bad + other.stable_bad,
            self.stable_total + other.stable_total,
        )

    @property
    def canary_share(self) -> float:
        """Share of bad events of the canary, 0 without events."""
        return self.canary_bad / self.canary_total if self.canary_total > 0 else 0.0

    @property
    def stable_share(self) -> float:
        """Share of bad events of stable, 0 without events."""
        return self.stable_bad / self.stable_total if self.stable_total > 0 else 0.0

    def to_json(self) -> list[float]:
        """Four numbers in the order of the fields."""
        return [self.canary_bad, self.canary_total, self.stable_bad, self.stable_total]

    @classmethod
    def from_json(cls, data: list[float]) -> Self:
        """The inverse of `to_json`."""
        return cls(*map(float, data))


Pods = Mapping[str, tuple[float, float]]
"""Bad events and all events of each pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Increment:
    """What happened between two looks: in all, and by pod where series name one. `note` says what was odd, or is empty."""

    tally: Tally
    canary_pods: Pods = field(default_factory=dict)
    stable_pods: Pods = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """The last value of every series, per version. None means that there was no look yet."""

    stable: Samples | None = None
    canary: Samples | None = None

    def to_json(self) -> dict[str, dict[str, float] | None]:
        """Plain dictionaries."""
        return {name: None if held is None else dict(held) for name, held in (("stable", self.stable), ("canary", self.canary))}

    @classmethod
    def from_json(cls, data: Mapping[str, Mapping[str, float] | None]) -> Self:
        """The inverse of `to_json`."""
        return cls(stable=data["stable"], canary=data["canary"])


def series_key(counts: Counts, labels: Mapping[str, str]) -> str:
    """Names a series within one version of one metric.

    A series that names no process (neither `instance` nor `pod`) is a sum over processes and is marked as one: when a
    sum falls, a part of it has left, and what remains is no news.
    """
    mark = "" if any(label in labels for label in _PROCESS_LABELS) else _SUMMED
    inside = ",".join(f"{name}={labels[name]!r}" for name in sorted(labels))
    return f"{counts}{mark}{{{inside}}}"


def samples(counts: Counts, points: Sequence[Point], sought: str) -> dict[str, float] | Problem:
    """Checks that a vector holds counters, and names them."""
    if len(points) > MAX_SERIES:
        return Problem(
            Trouble.TOO_MANY_SERIES,
            f"{sought} gave {len(points):,} series, more than the {MAX_SERIES:,} that are counted: aggregate it or match fewer.",
        )
    named: dict[str, float] = {}
    for point in points:
        if (problem := _not_a_counter(point.value, sought)) is not None:
            return problem
        key = series_key(counts, point.labels)
        if key in named:
            return Problem(
                Trouble.DUPLICATE_SERIES, f"{sought} gave the series {key[1:]} twice: it can't be told which to count."
            )
        named[key] = point.value
    return named


def _not_a_counter(value: float, sought: str) -> Problem | None:
    if isnan(value):
        return Problem(Trouble.NAN, f"{sought} gave NaN, which counts nothing: ask for a raw counter, not for a ratio.")
    if not isfinite(value) or value < 0:
        return Problem(Trouble.NOT_A_COUNTER, f"{sought} gave {value:g}, which no counter can hold: ask for a raw counter.")
    return None


def take(before: Counters, stable: Samples, canary: Samples) -> tuple[Counters, Increment | None]:
    """The increment since the last look, and what to remember for the next; None as increment on the first look.

    The first look only seeds. Afterwards a series that appears is news from zero on if its pod is the canary's and new, or
    if others of its pod are still there; stable's new pods have a past that is not this rollout's, and a pod of which no
    known series is left was renamed: these seed.
    """
    after = Counters(stable=_remember(before.stable, stable), canary=_remember(before.canary, canary))
    if before.canary is None:
        return after, None
    grown = _grown(before.canary, canary, new_pods=True)
    beside = _grown(before.stable or {}, stable, new_pods=False)
    tally = Tally(grown.bad, grown.total, beside.bad, beside.total)
    notes = [f"{version}: {growth.note}" for version, growth in (("canary", grown), ("stable", beside)) if growth.note]
    return after, Increment(tally=tally, canary_pods=grown.pods, stable_pods=beside.pods, note="; ".join(notes))


@dataclass(frozen=True, slots=True)
class _Growth:
    bad: float
    total: float
    pods: Pods
    note: str


def _grown(before: Samples, now: Samples, *, new_pods: bool) -> _Growth:
    fallen = False
    pods: dict[str, list[float]] = {}
    from_zero = _counting_from_zero(before, now, new_pods=new_pods)
    for key, value in now.items():
        pod = _pod(key)
        last = before.get(key)
        if last is None:
            last = 0.0 if pod in from_zero else value
        step = value - last
        if step < 0:
            is_sum = key[1] == _SUMMED
            fallen = fallen or is_sum
            step = 0.0 if is_sum or value >= last / 2 else value
        if step:
            to_total, to_bad = _ADDS[key[0]]
            sums = pods.setdefault(pod, [0.0, 0.0])
            sums[0] += to_bad * step
            sums[1] += to_total * step
    return _growth(pods, "a sum of counters fell, so nothing was counted from it" if fallen else "")


def _counting_from_zero(before: Samples, now: Samples, *, new_pods: bool) -> set[str]:
    """The pods whose series that were not there before are all news."""
    coming = {_pod(key) for key in now if key not in before}
    if not coming:
        return coming
    known = {_pod(key) for key in before}
    staying = {_pod(key) for key in before if key in now}
    return coming & staying | (coming - known if new_pods else set())


def _growth(pods: Mapping[str, list[float]], note: str) -> _Growth:
    bad, total = sum(sums[0] for sums in pods.values()), sum(sums[1] for sums in pods.values())
    if bad > total:
        said = f"{bad:,.0f} bad events out of {total:,.0f} are counted as {total:,.0f}"
        note = "; ".join(filter(None, (note, said)))
    named = {pod: (min(max(own[0], 0.0), own[1]), own[1]) for pod, own in pods.items() if pod}
    return _Growth(min(max(bad, 0.0), total), total, named, note)


@lru_cache(maxsize=50_000)
def _pod(key: str) -> str:
    """The pod that a series is of, or "" where it names none. A proxy that reports on others names them `dst_pod`."""
    found = dict(_LABEL.findall(key))
    return next((found[label] for label in _POD_LABELS if label in found), "")


def _remember(before: Samples | None, now: Samples) -> Samples:
    if not before or before.keys() <= now.keys():
        return dict(now)
    kept = {key: value for key, value in before.items() if key not in now}
    for key in list(kept)[: max(0, len(kept) + len(now) - MAX_SERIES)]:
        del kept[key]
    return {**kept, **now}
