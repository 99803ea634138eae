"""The two shapes in which providers give numbers, points in time and rows of a table, as answers to an `Ask`."""

from collections.abc import Iterable, Mapping
from math import nan
from typing import Any

from analysis.providers.base import Answer, Ask, Point, Unusable, Vector

MISSHAPEN = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)
"""What reading JSON of another shape than the documented one comes to."""

_TIMES = frozenset({"time", "timestamp", "beginTimeSeconds", "endTimeSeconds"})


def of_points(ask: Ask, points: Iterable[tuple[float, float | None]]) -> float | None:
    """The sum of a series over the window, or its latest value; None where it has none there. Times are seconds of the epoch."""
    start, end = ask.start.timestamp(), ask.end.timestamp()
    inside = [(float(at), float(value)) for at, value in points if value is not None and start <= float(at) < end]
    if not inside:
        return None
    return sum(value for _, value in inside) if ask.total else max(inside, key=lambda point: point[0])[1]


def of_series(ask: Ask, series: Iterable[tuple[Mapping[str, str], Iterable[tuple[float, float | None]]]]) -> Vector:
    """A point for each series that has a value in the window."""
    found = ((labels, of_points(ask, points)) for labels, points in series)
    return Vector(tuple(Point(labels, value) for labels, value in found if value is not None))


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Answer:
    """A point for each row, which holds one number beside texts and times; a null is NaN, as the mean of nothing is."""
    points = []
    for row in rows:
        numbers = list(_numbers(row))
        if len(numbers) != 1:
            return Unusable(f"a row of {len(numbers) or 'no'} numbers")
        labels = {name: value for name, value in row.items() if isinstance(value, str) and name not in _TIMES}
        points.append(Point(labels, numbers[0]))
    return Vector(tuple(points))


def _numbers(row: Mapping[str, Any]) -> Iterable[float]:
    for name, value in row.items():
        match value:
            case _ if name in _TIMES:
                continue
            case None:
                yield nan
            case bool() | str() | list():
                continue
            case dict():
                yield from _numbers(value)
            case _:
                yield float(value)
