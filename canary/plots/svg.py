"""A chart as an SVG file: text stays text, and the colours follow the reader's light or dark surroundings."""

from collections.abc import Iterator
from html import escape

from canary.plots.chart import Chart, Ink, Line, Panel, Scale, staircase, time_label, time_ticks, value_label

_WIDTH, _LEFT, _RIGHT = 860, 76, 24
_TOP, _PANEL, _HEAD, _FOOT = 46, 150, 34, 34
_CHARACTER = 6.6  # width of an average character at 12 px
_COLOURS = {
    Ink.BLUE: ("#2a6fb0", "#6aaeea"),
    Ink.ORANGE: ("#d1600a", "#f2994a"),
    Ink.GREY: ("#6b7280", "#9ca3af"),
    Ink.GREEN: ("#2f855a", "#68d391"),
    Ink.PURPLE: ("#7b4bb3", "#b794f4"),
    Ink.RED: ("#c53030", "#fc8181"),
    Ink.TEAL: ("#0f8b8d", "#4fd1c5"),
    Ink.OLIVE: ("#8a6d1b", "#d6bc5c"),
}


def svg(chart: Chart) -> str:
    """The whole document."""
    height = _TOP + len(chart.panels) * (_HEAD + _PANEL) + _FOOT
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img">'
    )
    return "\n".join([head, *_document(chart, height), "</svg>", ""])


def _document(chart: Chart, height: int) -> Iterator[str]:
    yield f"<title>{escape(chart.title)}</title>"
    yield f"<style>{_style()}</style>"
    yield f'<rect class="ground" width="{_WIDTH}" height="{height}"/>'
    yield _text(_LEFT, 26, chart.title, "title")
    for number, panel in enumerate(chart.panels):
        yield from _panel(panel, chart.seconds, _TOP + number * (_HEAD + _PANEL) + _HEAD)
    bottom = height - _FOOT
    for tick in time_ticks(chart.seconds):
        yield _text(_across(tick, chart.seconds), bottom + 18, time_label(tick), "middle")
    yield from _marks(chart, bottom)


def _style() -> str:
    light, dark = (
        "".join(f".i{ink.value}{{stroke:{pair[side]}}}.t{ink.value}{{fill:{pair[side]}}}" for ink, pair in _COLOURS.items())
        for side in (0, 1)
    )
    return (
        "text{font:12px system-ui,'DejaVu Sans',sans-serif;fill:#374151}.title{font-size:15px;font-weight:600}"
        ".end{text-anchor:end}.middle{text-anchor:middle}.ground{fill:#fff}.grid{stroke:#e5e7eb}.axis{stroke:#9ca3af}"
        ".mark{stroke:#6b7280;stroke-dasharray:2 3}.line{fill:none;stroke-width:1.8;stroke-linejoin:round}"
        f".dashed{{stroke-dasharray:6 4}}{light}"
        "@media(prefers-color-scheme:dark){text{fill:#d1d5db}.ground{fill:#111827}.grid{stroke:#374151}.axis{stroke:#6b7280}"
        f".mark{{stroke:#9ca3af}}{dark}}}"
    )


def _panel(panel: Panel, seconds: float, top: int) -> Iterator[str]:
    scale = panel.scale()
    yield _text(_LEFT, top - 10, panel.title, "")
    yield from _legend(panel, top - 10)
    for tick in time_ticks(seconds):
        yield _stroke(_across(tick, seconds), top, _across(tick, seconds), top + _PANEL, "grid")
    for value in scale.ticks:
        height = _down(value, scale, top)
        yield _stroke(_LEFT, height, _WIDTH - _RIGHT, height, "axis" if value == scale.ticks[0] else "grid")
        yield _text(_LEFT - 8, height + 4, value_label(value, panel.unit), "end")
    for line in panel.lines:
        yield from _line(line, seconds, scale, top)


def _legend(panel: Panel, height: int) -> Iterator[str]:
    right = _WIDTH - _RIGHT
    for line in reversed(panel.lines):
        yield _text(right, height, line.name, f"end t{line.ink.value}")
        right -= round(len(line.name) * _CHARACTER) + 6
        yield _stroke(right - 18, height - 4, right, height - 4, f"line i{line.ink.value}{' dashed' if line.dashed else ''}")
        right -= 34


def _line(line: Line, seconds: float, scale: Scale, top: int) -> Iterator[str]:
    style = f"line i{line.ink.value}{' dashed' if line.dashed else ''}"
    for piece in staircase(line):
        points = " ".join(f"{_across(at, seconds):g},{_down(value, scale, top):g}" for at, value in piece)
        yield f'<polyline class="{style}" points="{points}"/>'


def _marks(chart: Chart, bottom: int) -> Iterator[str]:
    """Labels stand on the side that has room; close ones below each other."""
    for number, mark in enumerate(sorted(chart.marks, key=lambda mark: mark.at)):
        across = _across(mark.at, chart.seconds)
        yield _stroke(across, _TOP + _HEAD, across, bottom, "mark")
        room = across + 6 + len(mark.label) * _CHARACTER < _WIDTH - _RIGHT
        height = _TOP + _HEAD + 14 + 15 * (number % 4)
        yield _text(across + (6 if room else -6), height, mark.label, "" if room else "end")


def _across(at: float, seconds: float) -> float:
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * at / seconds, 1)


def _down(value: float, scale: Scale, top: int) -> float:
    return round(top + _PANEL * (1 - scale.place(value)), 1)


def _text(x: float, y: float, words: str, style: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{style}">{escape(words)}</text>'


def _stroke(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{style}"/>'
