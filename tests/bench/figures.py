"""What a benchmark says: named numbers, each beside its goal where the project has one."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a value counts."""

    REQUESTS = "requests"
    WATCHES = "watches"
    LOOKS = "looks"
    MILLISECONDS = "ms"
    MICROSECONDS = "µs"
    SECONDS = "s"
    MEBIBYTES = "MiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number; `goal` is what it must not exceed, None where it only informs. `note` says what stands behind it."""

    name: str
    value: float
    unit: Unit
    goal: float | None = None
    note: str = ""

    @property
    def ratio(self) -> str:
        """Value over goal: at most 1.00x when the goal is met. A goal of nothing at all is met or missed."""
        if self.goal is None:
            return ""
        if self.goal == 0:
            return "met" if self.value == 0 else "missed"
        return f"{self.value / self.goal:.2f}x"


def spread(name: str, values: Sequence[float], unit: Unit, *, goal: float | None = None) -> Iterable[Figure]:
    """Median, ninth decile and worst of repeated measurements; the goal is the median's."""
    times = f"{len(values)} times"
    yield Figure(name=f"{name}, p50", value=quantile(values, 0.5), unit=unit, goal=goal, note=times)
    yield Figure(name=f"{name}, p90", value=quantile(values, 0.9), unit=unit)
    yield Figure(name=f"{name}, max", value=max(values), unit=unit)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def heading() -> str:
    """The line above the figures."""
    return f"{'':<52} {'value':>10} {'':<8} {'goal':>8} {'ratio':>7}  note"


def line(figure: Figure) -> str:
    """One figure for a person."""
    goal = "" if figure.goal is None else f"{figure.goal:g}"
    return f"{figure.name:<52} {figure.value:>10.5g} {figure.unit:<8} {goal:>8} {figure.ratio:>7}  {figure.note}".rstrip()
