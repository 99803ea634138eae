"""Two versions by the ranks of their values: higher, lower, or neither for sure, as Kayenta's judge classifies a metric.

Both conditions must hold: the interval of the shift lies beyond a part of the estimated shift (`tolerance`), and the effect is
at least what is allowed. Two versions that each show one value all the time have no ranks to speak of; as in Kayenta a
little noise parts them, but ours is the same each time (reference: judgement §1.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from statistics import fmean

from analysis.judges.rank_shift import Shift, shift, superiority
from analysis.plan import Direction, Effect, EffectSize, Rank

_NOISE = 1e-5


class Standing(StrEnum):
    """Where the canary's values are against stable's."""

    PASS = "Pass"  # noqa: S105 - a standing, not a password
    HIGH = "High"
    LOW = "Low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A comparison with its numbers.

    `shift` is None where the values are the same, `effect` where it can't be told (a mean of zero); `critical` says that it is
    beyond the critical bound.
    """

    standing: Standing
    shift: Shift | None = None
    effect: float | None = None
    critical: bool = False


def compare(canary: Sequence[float], stable: Sequence[float], settings: Rank) -> Ranking:
    """Ranks two versions by values that they both have. Raises AllTied where there are too few values to rank."""
    if sorted(canary) == sorted(stable) or len({*canary, *stable}) == 1:
        return Ranking(standing=Standing.PASS, effect=1.0 if settings.effect.measure is EffectSize.MEAN_RATIO else 0.5)
    canary, stable = _parted(canary, stable)
    moved = shift(canary, stable, settings.confidence)
    effect = _effect(canary, stable, settings.effect.measure)
    standing = _standing(moved, effect, settings)
    return Ranking(standing=standing, shift=moved, effect=effect, critical=_critical(standing, effect, settings.effect))


def _parted(canary: Sequence[float], stable: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """Both as they are, unless each is one value over and over."""
    if len(set(canary)) > 1 or len(set(stable)) > 1:
        return canary, stable
    noise = Random(1)
    return _noisy(canary, noise), _noisy(stable, noise)


def _noisy(values: Sequence[float], noise: Random) -> list[float]:
    return [value + noise.gauss(0.0, abs(value) * _NOISE) for value in values]


def _standing(moved: Shift, effect: float | None, settings: Rank) -> Standing:
    bound = settings.tolerance * abs(moved.estimate)
    allowed = settings.effect
    up = settings.direction in (Direction.INCREASE, Direction.EITHER)
    down = settings.direction in (Direction.DECREASE, Direction.EITHER)
    if up and moved.low > bound and (effect is None or effect >= allowed.bound(allowed.allowed_increase)):
        return Standing.HIGH
    if down and moved.high < -bound and (effect is None or effect <= allowed.bound(allowed.allowed_decrease)):
        return Standing.LOW
    return Standing.PASS


def _critical(standing: Standing, effect: float | None, bounds: Effect) -> bool:
    match standing:
        case Standing.PASS:
            return False
        case Standing.HIGH:
            return effect is None or effect >= bounds.bound(bounds.critical_increase)
        case Standing.LOW:
            return effect is None or effect <= bounds.bound(bounds.critical_decrease)


def _effect(canary: Sequence[float], stable: Sequence[float], measure: EffectSize) -> float | None:
    if measure is EffectSize.CLES:
        return superiority(canary, stable)
    above, below = fmean(canary), fmean(stable)
    return above / below if above and below else None
