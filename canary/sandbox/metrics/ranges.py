"""Functions over range vectors. `rate`, `increase` and `delta` extrapolate to the ends of the window as Prometheus does
(its `extrapolatedRate`), so they give its numbers to the last digit that matters.
"""

from collections.abc import Callable
from itertools import pairwise

from canary.sandbox.metrics.values import Range

# A window's end further from a sample than this many average gaps means that the series began or ended there.
_REACH = 1.1


def rate(window: Range) -> float | None:
    """Per second, resets of the counter undone; None with fewer than two samples."""
    grown = increase(window)
    return None if grown is None else grown / (window.end - window.start)


def increase(window: Range) -> float | None:
    return _extrapolated(window, counter=True)


def delta(window: Range) -> float | None:
    return _extrapolated(window, counter=False)


def irate(window: Range) -> float | None:
    """Per second, between the last two samples."""
    times, values = window.points
    if len(times) < 2 or times[-1] == times[-2]:
        return None
    grown = values[-1] - values[-2] if values[-1] >= values[-2] else values[-1]
    return float(grown / (times[-1] - times[-2]))


RANGE_FUNCTIONS: dict[str, Callable[[Range], float | None]] = {
    "rate": rate,
    "increase": increase,
    "delta": delta,
    "irate": irate,
}


def _extrapolated(window: Range, *, counter: bool) -> float | None:
    times, values = window.points
    if len(times) < 2:
        return None
    change = values[-1] - values[0]
    if counter:
        change += sum(before for before, after in pairwise(values) if after < before)
    sampled = times[-1] - times[0]
    gap = sampled / (len(times) - 1)
    ahead, behind = times[0] - window.start, window.end - times[-1]
    if ahead >= gap * _REACH:
        ahead = gap / 2
    if counter and change > 0 and values[0] >= 0:
        ahead = min(ahead, sampled * values[0] / change)  # a counter was not below zero before
    if behind >= gap * _REACH:
        behind = gap / 2
    return float(change * (sampled + ahead + behind) / sampled)
