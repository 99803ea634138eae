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

    `breaches` counts the bins that were the canary's own fault, `streak` those of them without a clean bin between.
    """

    guilt: Logs = _NONE
    canary: Logs = _NONE
    stable: Logs = _NONE
    breaches: int = 0
    streak: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        return {
            "guilt": list(self.guilt),
            "canary": list(self.canary),
            "stable": list(self.stable),
            "breaches": self.breaches,
            "streak": self.streak,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(
            guilt=tuple(data["guilt"]),
            canary=tuple(data["canary"]),
            stable=tuple(data["stable"]),
            breaches=data["breaches"],
            streak=data["streak"],
        )


def update(state: Limit, bin_: Tally, so_far: Tally, bound: float) -> Limit:
    """One bin's counts. `so_far` includes the bin: stable's record speaks for stable where it has no traffic any more."""
    stable = absolute(state.stable, bin_.stable_bad, bin_.stable_total, bound)
    if bin_.canary_total == 0:
        return Limit(guilt=state.guilt, canary=state.canary, stable=stable, breaches=state.breaches, streak=state.streak)
    canary = absolute(state.canary, bin_.canary_bad, bin_.canary_total, bound)
    breach = bin_.canary_share > bound
    if bin_.stable_share > bound or so_far.stable_share > bound:
        return Limit(guilt=state.guilt, canary=canary, stable=stable, breaches=state.breaches, streak=0)
    return Limit(
        guilt=absolute(state.guilt, bin_.canary_bad, bin_.canary_total, bound),
        canary=canary,
        stable=stable,
        breaches=state.breaches + breach,
        streak=state.streak + 1 if breach else 0,
    )


def guilty(state: Limit, bar: float) -> bool:
    """The canary alone breaks the bound, shown by at least two bins. `bar` is 1/alpha."""
    return state.breaches >= 2 and log_mean(state.guilt) >= log(bar) > log_mean(state.stable)


def guilty_in_a_row(state: Limit, bar: float) -> bool:
    """The same, shown by the last two bins or more, whatever stable's evidence: for bounds that end a rollout at once."""
    return state.streak >= 2 and log_mean(state.guilt) >= log(bar)


def environment(state: Limit, bar: float) -> bool:
    """Both versions break the bound now."""
    return log_mean(state.stable) >= log(bar) and log_mean(state.canary) >= log(bar)
