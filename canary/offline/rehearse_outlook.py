"""What many rehearsed rollouts add up to: durations, chances with their intervals, and what each regression would cost."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, inf, sqrt
from statistics import median
from typing import Any

from canary.offline.rehearse import Leg, Run
from canary.offline.story import Ending

GOOD_ENOUGH = 0.8
"""A regression counts as caught when it is in so many of all cases."""
_Z = 1.96  # 95 %
_FACTORS, _MARGINS, _SHARES = (2, 3, 10), (0.005, 0.01), (0.05, 0.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A share of bad events of the canary that is worse than stable's."""

    label: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """So many of so many, with the interval (Wilson's, 95 %) that their share lies in."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        """The share that was seen."""
        return self.hits / self.of

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return max(0.0, self._middle - self._reach)

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return min(1.0, self._middle + self._reach)

    @property
    def _middle(self) -> float:
        return (self.hits + _Z**2 / 2) / (self.of + _Z**2)

    @property
    def _reach(self) -> float:
        return _Z / (self.of + _Z**2) * sqrt(self.hits * (self.of - self.hits) / self.of + _Z**2 / 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All rollouts with one regression. `effort` is what it takes to catch it in four of five cases, where the plan does not.

    Times are seconds from the canary's first traffic, None where too few are caught for there to be any.
    """

    regression: Regression
    runs: tuple[Run, ...]
    effort: Leg | None = None

    @property
    def caught(self) -> Chance:
        """How many were rolled back."""
        return rolled_back(self.runs)

    @property
    def median(self) -> float | None:
        """Half of all are caught by then."""
        return self._by(0.5)

    @property
    def p90(self) -> float | None:
        """Nine of ten are caught by then."""
        return self._by(0.9)

    @property
    def step(self) -> int | None:
        """The step at which most are caught; None when none is."""
        steps = Counter(run.step for run in self.runs if run.ending is Ending.ROLLED_BACK)
        return steps.most_common(1)[0][0] if steps else None

    @property
    def excess(self) -> float:
        """Bad requests that the canary served beyond stable's share, on average."""
        return max(0.0, sum(run.excess for run in self.runs) / len(self.runs))

    def times(self) -> list[float]:
        """When each was caught, soonest first."""
        return sorted(run.seconds for run in self.runs if run.ending is Ending.ROLLED_BACK)

    def _by(self, part: float) -> float | None:
        needed, times = ceil(part * len(self.runs)), self.times()
        return times[needed - 1] if len(times) >= needed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A plan's prospects: with a healthy canary, and with each regression, mildest first."""

    healthy: tuple[Run, ...]
    regressions: tuple[Outcome, ...]

    @property
    def false_rollbacks(self) -> Chance:
        """How many healthy ones were rolled back."""
        return rolled_back(self.healthy)

    @property
    def promoted(self) -> Chance:
        """How many healthy ones came through."""
        return Chance(hits=len(self._through), of=len(self.healthy))

    @property
    def seconds(self) -> float | None:
        """How long a healthy one takes; None when none comes through."""
        return median(run.seconds for run in self._through) if self._through else None

    @property
    def requests(self) -> float | None:
        """How many requests its canary serves meanwhile."""
        return median(run.requests for run in self._through) if self._through else None

    @property
    def legs(self) -> tuple[Leg, ...]:
        """What each step takes when all is well, or as far as any came."""
        found: dict[int, list[Leg]] = {}
        for run in self._through or self.healthy:
            for leg in run.legs:
                found.setdefault(leg.step, []).append(leg)
        return tuple(_typical(legs) for _, legs in sorted(found.items()))

    @property
    def stuck(self) -> Run | None:
        """A healthy one that neither came through nor was rolled back."""
        return next((run for run in self.healthy if run.ending in (Ending.PAUSED, Ending.RUNNING)), None)

    @property
    def _through(self) -> list[Run]:
        return [run for run in self.healthy if run.ending is Ending.PROMOTED]


def regressions(share: float) -> tuple[Regression, ...]:
    """What might go wrong with a service that fails this share of its requests: mildest first, none twice."""
    found: dict[float, str] = {}
    if share > 0:
        found |= {round(share * factor, 9): f"x{factor}" for factor in _FACTORS}
    found |= {round(share + margin, 9): f"+{margin * 100:g} points" for margin in _MARGINS} | dict.fromkeys(_SHARES, "")
    return tuple(Regression(label=label, share=worse) for worse, label in sorted(found.items()) if share < worse < 1)


def rolled_back(runs: Sequence[Run]) -> Chance:
    """How many of these were rolled back."""
    return Chance(hits=sum(run.ending is Ending.ROLLED_BACK for run in runs), of=len(runs))


def usual_effort(efforts: Iterable[Leg | None]) -> Leg | None:
    """What catches a regression in four of five cases; None when it takes longer than was tried."""
    found = sorted(efforts, key=lambda leg: leg.seconds if leg else inf)
    return found[ceil(GOOD_ENOUGH * len(found)) - 1] if found else None


def _typical(legs: Sequence[Leg]) -> Leg:
    return Leg(
        step=legs[0].step,
        weight=legs[0].weight,
        seconds=median(leg.seconds for leg in legs),
        requests=median(leg.requests for leg in legs),
    )


def told(outlook: Outlook) -> dict[str, Any]:
    """Plain JSON: times in seconds, shares as fractions of one."""
    return {
        "healthy": {
            "rolledBack": _chance(outlook.false_rollbacks),
            "promoted": _chance(outlook.promoted),
            "seconds": outlook.seconds,
            "requests": outlook.requests,
            "steps": [_leg(leg) for leg in outlook.legs],
            "waitsFor": outlook.stuck.sentence if outlook.stuck else None,
        },
        "regressions": [
            {
                "label": each.regression.label,
                "share": each.regression.share,
                "caught": _chance(each.caught),
                "median": each.median,
                "p90": each.p90,
                "step": each.step,
                "badRequests": round(each.excess, 1),
                "effort": _leg(each.effort) if each.effort else None,
            }
            for each in outlook.regressions
        ],
    }


def _chance(chance: Chance) -> dict[str, float]:
    return {"share": chance.share, "low": round(chance.low, 6), "high": round(chance.high, 6), "of": chance.of}


def _leg(leg: Leg) -> dict[str, Any]:
    weight: Decimal = leg.weight
    return {"step": leg.step, "weight": float(weight), "seconds": leg.seconds, "requests": round(leg.requests)}
