"""An absolute bound on a version's share of bad events, and whose fault it is when the bound is broken.

A bin in which stable breaks the bound too says nothing about the canary: it is the environment's, and is never held
against the canary. Breaches are counted, so that a single bin can't convict.
"""

from dataclasses import dataclass
from math import log
from typing import Any, Self

from analysis.counts import Tally
from analysis.judges.evidence import ODDS, Logs, absolute, log_mean

_NONE = (0.0,) * len(ODDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Evidence that the canary breaks a bound by its own fault, and that each version breaks it at all.

    `breaches` counts the bins that were the canary's own fault.
    """

    guilt: Logs = _NONE
    canary: Logs = _NONE
    stable: Logs = _NONE
    breaches: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        return {
            "guilt": list(self.guilt),
            "canary": list(self.canary),
            "stable": list(self.stable),
            "breaches": self.breaches,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(
            guilt=tuple(data["guilt"]),
            canary=tuple(data["canary"]),
            stable=tuple(data["stable"]),
            breaches=data["breaches"],
        )


def update(state: Limit, bin_: Tally, so_far: Tally, bound: float) -> Limit:
    """One bin's counts. `so_far` includes the bin: stable's record speaks for stable where it has no traffic any more."""
    stable = absolute(state.stable, bin_.stable_bad, bin_.stable_total, bound)
    if bin_.canary_total == 0:
        return Limit(guilt=state.guilt, canary=state.canary, stable=stable, breaches=state.breaches)
    canary = absolute(state.canary, bin_.canary_bad, bin_.canary_total, bound)
    if _shared(bin_, so_far, bound):
        return Limit(guilt=state.guilt, canary=canary, stable=stable, breaches=state.breaches)
    guilt = absolute(state.guilt, bin_.canary_bad, bin_.canary_total, bound)
    return Limit(guilt=guilt, canary=canary, stable=stable, breaches=state.breaches + (bin_.canary_share > bound))


def guilty(state: Limit, bar: float) -> bool:
    """The canary alone breaks the bound, shown by at least two bins. `bar` is 1/alpha."""
    return state.breaches >= 2 and log_mean(state.guilt) >= log(bar) > log_mean(state.stable)


def environment(state: Limit, bar: float) -> bool:
    """Both versions break the bound now."""
    return log_mean(state.stable) >= log(bar) and log_mean(state.canary) >= log(bar)


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """Bins without a clean one between in which the canary alone broke a bound: bad events, all events, bins."""

    bad: float = 0.0
    total: float = 0.0
    bins: int = 0

    def to_json(self) -> list[float]:
        """Three numbers."""
        return [self.bad, self.total, self.bins]

    @classmethod
    def from_json(cls, data: list[float]) -> Self:
        """The inverse of `to_json`."""
        return cls(bad=data[0], total=data[1], bins=int(data[2]))


def go_on(streak: Streak, bin_: Tally, so_far: Tally, bound: float) -> Streak:
    """One bin's counts, as for `update`; a bin without the canary's events changes nothing."""
    if bin_.canary_total == 0:
        return streak
    if bin_.canary_share <= bound or _shared(bin_, so_far, bound):
        return streak if streak.bins == 0 else Streak()
    return Streak(bad=streak.bad + bin_.canary_bad, total=streak.total + bin_.canary_total, bins=streak.bins + 1)


def of_streak(streak: Streak, bound: float, uneven: float) -> float:
    """Log-evidence that the streak is no chance, for bounds that end a rollout at once; 0 for a single bin.

    Where bad events are `uneven` times as uneven as chance makes them, so many of them count as one.
    """
    return log_mean(absolute(_NONE, streak.bad / uneven, streak.total / uneven, bound)) if streak.bins >= 2 else 0.0


def _shared(bin_: Tally, so_far: Tally, bound: float) -> bool:
    return bin_.stable_share > bound or so_far.stable_share > bound
