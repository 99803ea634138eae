"""What evidence has to survive before it convicts: the loss of its best minute, the differences between pods, uneven times.

None says anything of its own: they only hold back. Named tuples, because these values are made anew at every look.
"""

from collections.abc import Mapping
from math import log, sqrt
from types import MappingProxyType
from typing import Any, NamedTuple, Self
from zlib import crc32

from analysis.counts import Pods, Tally

BURST_SECONDS = 60
"""The longest burst that a version is not blamed for."""
_SLACK = 1.1
_REMAINS = 1.3
"""Log-likelihood ratio that has to remain without the best minute."""
_BLIND = 2.0
"""Looks without surprise that are taken for granted, so that the first few don't count as uneven."""
_UNITS = 64
"""More pods than this are counted in groups."""
_POD_LEVEL = (9.058, 3.578, 2.763, 2.456, 2.297, 2.201, 2.136, 2.09, 2.055, 2.028, 2.007, 1.989)
"""Student's t that is exceeded in 3.5 % of cases, for 1 to 12 degrees of freedom."""


class Surplus(NamedTuple):
    """Bad events of the canary, those it would have at the ratio that is still "not worse", and stable's."""

    canary: float = 0.0
    expected: float = 0.0
    stable: float = 0.0

    @property
    def deviance(self) -> float:
        """Log-likelihood ratio of what was seen against what was expected; 0 where there is no excess."""
        if self.canary <= self.expected or self.expected <= 0:
            return 0.0
        fallen = self.canary + self.stable - self.expected
        return self.canary * log(self.canary / self.expected) + (self.stable * log(self.stable / fallen) if self.stable else 0.0)


class Episodes(NamedTuple):
    """All that was seen, the looks of the last minute (seconds, surplus), and the worst minute so far."""

    total: Surplus = Surplus()
    recent: tuple[tuple[float, Surplus], ...] = ()
    worst: Surplus = Surplus()

    @classmethod
    def from_json(cls, data: list[Any]) -> Self:
        """From what it is in JSON: lists."""
        total, recent, worst = data
        return cls(total=Surplus(*total), recent=tuple((at, Surplus(*one)) for at, one in recent), worst=Surplus(*worst))


def lived(episodes: Episodes, look: Surplus, at: float) -> Episodes:
    """Adds one look; `at` in seconds."""
    total, recent, worst = episodes
    oldest = at - BURST_SECONDS * _SLACK
    recent = (*[one for one in recent if one[0] > oldest], (at, look))
    canary = expected = stable = 0.0
    for _, (own, due, theirs) in recent:
        canary, expected, stable = canary + own, expected + due, stable + theirs
    if canary - expected > worst.canary - worst.expected:
        worst = Surplus(canary, expected, stable)
    return Episodes(Surplus(total[0] + look[0], total[1] + look[1], total[2] + look[2]), recent, worst)


def outlasts_a_burst(episodes: Episodes) -> bool:
    """Is there still something wrong without the worst minute?"""
    total, _, worst = episodes
    return Surplus(total[0] - worst[0], total[1] - worst[1], total[2] - worst[2]).deviance >= _REMAINS


class Evenness(NamedTuple):
    """How evenly bad events fall over looks: sums of bad events, of all events, and of bad events' squares by all events."""

    looks: int = 0
    canary: tuple[float, float, float] = (0.0, 0.0, 0.0)
    stable: tuple[float, float, float] = (0.0, 0.0, 0.0)


def watched(evenness: Evenness, tally: Tally) -> Evenness:
    """Adds one look."""
    canary = _watched(evenness.canary, tally.canary_bad, tally.canary_total)
    stable = _watched(evenness.stable, tally.stable_bad, tally.stable_total)
    return Evenness(evenness.looks + 1, canary, stable)


def _watched(sums: tuple[float, float, float], bad: float, total: float) -> tuple[float, float, float]:
    return sums[0] + bad, sums[1] + total, sums[2] + bad * bad / total


def unevenness(evenness: Evenness) -> float:
    """How many times as much bad events vary from look to look as they would if each fell on its own; at least 1.

    Pearson's statistic of both versions, each around its own mean, over its degrees of freedom, less what chance alone makes
    of it. A common cause that comes and goes looks like bursts too, which makes the judge slower and never wrong.
    """
    unlike, freedom = _BLIND, _BLIND
    for bad, total, squares in (evenness.canary, evenness.stable):
        if bad > 0:
            unlike += squares * total / bad - bad
            freedom += evenness.looks - 1
    return max(1.0, unlike / freedom - sqrt(2 / freedom))


PodSums = Mapping[str, tuple[float, float]]
"""Bad events of each pod, and those it would have if all pods of its version were alike."""


class Spread(NamedTuple):
    """How unlike the pods of each version are."""

    canary: PodSums = MappingProxyType({})
    stable: PodSums = MappingProxyType({})


def spread_out(spread: Spread, tally: Tally, canary: Pods, stable: Pods) -> Spread:
    """Adds one look."""
    return Spread(
        _shared(spread.canary, canary, tally.canary_share) if tally.canary_bad else spread.canary,
        _shared(spread.stable, stable, tally.stable_share) if tally.stable_bad else spread.stable,
    )


def _shared(before: PodSums, pods: Pods, share: float) -> PodSums:
    after = dict(before)
    for pod, (bad, total) in pods.items():
        unit = pod if pod in after or len(after) < _UNITS else f"group {crc32(pod.encode()) % _UNITS}"
        seen, due = after.get(unit, (0.0, 0.0))
        after[unit] = (seen + bad, due + share * total)
    return after


def stands_out(spread: Spread, total: Surplus) -> bool:
    """Is the canary further from stable than pods of one version are from each other?

    Pearson's statistic over pods gives their dispersion; the deviance of the whole, divided by it, is compared with
    Student's t. Pods with few bad events say little of the dispersion and weigh accordingly.
    """
    versions = [[unit for unit in sums.values() if unit[1] > 0] for sums in (spread.canary, spread.stable)]
    freedom = sum(max(len(units) - 1, 0) for units in versions)
    if not freedom:
        return True  # one pod each: what pods differ by can't be known
    units = [unit for units in versions for unit in units]
    mean = sum(due for _, due in units) / len(units)
    weight = 2 * mean / (2 * mean + 1)
    unlike = sum((seen - due) ** 2 / due for seen, due in units)
    dispersion = max(1.0, (1 + weight * unlike) / (1 + weight * freedom))
    return sqrt(2 * total.deviance / dispersion) >= _student(freedom + 1)


def _student(freedom: int) -> float:
    """`_POD_LEVEL`, continued by its expansion around the normal quantile."""
    if freedom <= len(_POD_LEVEL):
        return _POD_LEVEL[freedom - 1]
    normal = 1.8119
    return normal + (normal**3 + normal) / (4 * freedom)
