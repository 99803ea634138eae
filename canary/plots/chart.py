"""What a plot shows, whoever draws it: panels above each other that share one axis of time, in seconds from 0."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from math import ceil, floor, log10

_TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800)


class Ink(IntEnum):
    """Colours by number, the same in the terminal and in a file."""

    BLUE = 0
    ORANGE = 1
    GREY = 2
    GREEN = 3
    PURPLE = 4
    RED = 5
    TEAL = 6
    OLIVE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points `(seconds, value)` in the order of time; None interrupts the line. `stairs`: a value holds until the next."""

    name: str
    ink: Ink
    points: tuple[tuple[float, float | None], ...]
    stairs: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """An axis of values from `low` to `high` with its ticks; positions are fractions of its length."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where a value stands, 0 at `low` and 1 at `high`; beyond the ends it stands at the end."""
        if self.logarithmic:
            part = log10(max(value, self.low) / self.low) / log10(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One plot. `unit` follows each number on the axis; `top` is the least that a linear axis goes up to."""

    title: str
    lines: tuple[Line, ...]
    unit: str = ""
    logarithmic: bool = False
    top: float = 0.0

    def scale(self) -> Scale:
        """The axis that holds every value."""
        values = [value for line in self.lines for _, value in line.points if value is not None]
        return logarithmic(values) if self.logarithmic else linear(max([self.top, *values]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment that is named."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """All panels; `marks` go through each of them."""

    title: str
    panels: tuple[Panel, ...]
    marks: tuple[Mark, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of the axis of time, never 0."""
        moments = [at for panel in self.panels for line in panel.lines for at, _ in line.points]
        return max([1.0, *moments, *(mark.at for mark in self.marks)])


def linear(most: float) -> Scale:
    """From 0 to the next round number, four to six ticks."""
    most = most if most > 0 else 1.0
    unit = 10.0 ** floor(log10(most / 4))
    step = next(size * unit for size in (1, 2, 2.5, 5, 10) if most <= 5 * size * unit)
    count = ceil(round(most / step, 9))
    return Scale(low=0.0, high=step * count, ticks=tuple(step * index for index in range(count + 1)))


def logarithmic(values: Iterable[float]) -> Scale:
    """Whole powers of ten, from a tenth to a hundred at least and to a hundred million at most."""
    most = min(max([*values, 100.0]), 1e8)
    ends = -1, ceil(log10(most) - 1e-9)
    every = ceil((ends[1] - ends[0]) / 6)
    ticks = tuple(10.0**power for power in range(0, ends[1] + 1, every))
    return Scale(low=0.1, high=10.0 ** ends[1], ticks=ticks, logarithmic=True)


def time_ticks(seconds: float, most: int = 8) -> tuple[int, ...]:
    """Round times from 0 on, about `most` of them below two months."""
    step = _TIMES[min(bisect_left(_TIMES, seconds / most), len(_TIMES) - 1)]
    return tuple(range(0, int(seconds) + 1, step))


def time_label(seconds: int) -> str:
    """`0`, `45s`, `1m30s`, `2h`, `3d`."""
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        count, seconds = divmod(seconds, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0"


def value_label(value: float, unit: str) -> str:
    """`1,000`, `100 M` (millions), `0.25 %`, `10x`."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:,.0f} M{unit}"
    number = f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    return f"{number}{unit}"


def staircase(line: Line) -> list[list[tuple[float, float]]]:
    """The line's unbroken pieces, with the corners of stairs."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for at, value in line.points:
        if line.stairs and pieces[-1]:
            pieces[-1].append((at, pieces[-1][-1][1]))
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((at, value))
    return [piece for piece in pieces if piece]
