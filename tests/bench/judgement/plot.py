"""The plot of the benchmark as SVG: false rollbacks under stress against the time to catch large regressions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

_WIDTH, _HEIGHT = 760, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, 30, 60, 60
_SLOWEST, _FASTEST = 80.0, 0.2
_MINUTES = (0.25, 0.5, 1, 2, 5, 10, 20, 60)
_LINE = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One method: false rollbacks as a fraction of one, minutes to catch a large regression, and the cells it is usable in."""

    method: str
    stress: float
    minutes: float
    usable: str
    ours: bool


def svg(marks: Sequence[Mark]) -> str:
    """A picture of its own, readable on any background."""
    widest = max([0.1, *(mark.stress for mark in marks)]) * 1.15
    style = "font-family: system-ui, sans-serif; font-size: 13px"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" style="{style}">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
            _text(_LEFT, 26, "Calm and fast: down and to the left is better", size=16),
            _text(_LEFT, 45, "in brackets, of 192 regressions those in which the rule is usable", colour="#5a6472"),
            *_axes(widest),
            *_points(marks, widest),
            "</svg>",
            "",
        ]
    )


def _axes(widest: float) -> Iterator[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for minute in _MINUTES:
        y = _y(minute)
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#e3e6ea"/>'
        yield _text(_LEFT - 8, y + 4, f"{minute:g} min", anchor="end", colour="#5a6472")
    step = next(each for each in (0.01, 0.02, 0.05, 0.1, 0.2) if widest / each <= 8 or each == 0.2)
    for number in range(int(widest / step) + 1):
        x = _x(number * step, widest)
        yield f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#e3e6ea"/>'
        yield _text(x, bottom + 18, f"{100 * number * step:g} %", anchor="middle", colour="#5a6472")
    label = "healthy canaries rolled back within an hour, mean of the stress scenarios"
    yield _text((_LEFT + right) / 2, _HEIGHT - 14, label, anchor="middle")
    across = f"rotate(-90 16 {(_TOP + bottom) / 2:.0f})"
    label = "time to catch a large regression (median)"
    yield _text(16, (_TOP + bottom) / 2, label, anchor="middle", turned=across)


def _points(marks: Sequence[Mark], widest: float) -> Iterator[str]:
    taken: list[tuple[float, float]] = []
    for mark in sorted(marks, key=lambda mark: not mark.ours):
        x, y = _x(mark.stress, widest), _y(mark.minutes)
        colour, size = ("#0b7a4b", 8) if mark.ours else ("#4b5b76", 5)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{colour}"/>'
        at = y + 4
        while any(abs(at - other) < _LINE and abs(x - beside) < 170 for beside, other in taken):
            at += _LINE
        taken.append((x, at))
        end = x > _WIDTH - 200
        yield _text(
            x + (-12 if end else 12), at, f"{mark.method} ({mark.usable})", anchor="end" if end else "start", colour=colour
        )


def _x(share: float, widest: float) -> float:
    return _LEFT + share / widest * (_WIDTH - _LEFT - _RIGHT)


def _y(minute: float) -> float:
    inside = min(max(minute, _FASTEST), _SLOWEST)
    return _HEIGHT - _BOTTOM - log(inside / _FASTEST) / log(_SLOWEST / _FASTEST) * (_HEIGHT - _TOP - _BOTTOM)


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", colour: str = "#1d2530", size: int = 13, turned: str = ""
) -> str:
    escaped = words.replace("&", "&amp;").replace("<", "&lt;")
    turn = f' transform="{turned}"' if turned else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"{turn}>{escaped}</text>'
