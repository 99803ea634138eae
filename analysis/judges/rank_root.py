"""Where a function crosses zero: Brent's method, with the tolerance that the rank test's agreement with others hangs on.

Source: R. P. Brent, Algorithms for Minimization without Derivatives (1973), chapter 4. Kayenta and R's `wilcox.test` both stop
at an absolute distance of 1e-4, so values far below one are judged coarsely: give them in percent or milliseconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from sys import float_info

TOLERANCE = 1e-4
_MOST_STEPS = 1001


@dataclass(frozen=True, slots=True)
class _Point:
    x: float
    y: float


def crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """A zero of a falling `function` within `low` and `high`; the end that is nearest to one where it has none there."""
    before, best = _Point(low, function(low)), _Point(high, function(high))
    if before.y <= 0:
        return low
    if best.y >= 0:
        return high
    opposite = before
    for _ in range(_MOST_STEPS):
        stride = best.x - before.x
        if abs(opposite.y) < abs(best.y):
            before, best, opposite = best, opposite, best
        reach = 2 * float_info.epsilon * abs(best.x) + TOLERANCE / 2
        half = (opposite.x - best.x) / 2
        if abs(half) <= reach or best.y == 0:
            break
        step = _interpolated(before, best, opposite, stride, reach) or half
        if abs(step) < reach:
            step = reach if step > 0 else -reach
        before, best = best, _Point(best.x + step, function(best.x + step))
        if best.y * opposite.y > 0:
            opposite = before
    return best.x


def _interpolated(before: _Point, best: _Point, opposite: _Point, stride: float, reach: float) -> float | None:
    """The step that a line through two points, or a parabola on its side through three, suggests; None to bisect instead."""
    if abs(stride) < reach or abs(before.y) <= abs(best.y):
        return None
    gap = opposite.x - best.x
    ratio = best.y / before.y
    if before.x == opposite.x:
        numerator, denominator = gap * ratio, 1.0 - ratio
    else:
        outer, inner = before.y / opposite.y, best.y / opposite.y
        numerator = ratio * (gap * outer * (outer - inner) - (best.x - before.x) * (inner - 1.0))
        denominator = (outer - 1.0) * (inner - 1.0) * (ratio - 1.0)
    if numerator > 0:
        denominator = -denominator
    else:
        numerator = -numerator
    lands_inside = numerator < 0.75 * gap * denominator - abs(reach * denominator) / 2
    converges = numerator < abs(stride * denominator / 2)
    return numerator / denominator if lands_inside and converges else None
