"""A chart in a terminal: Braille characters, eight dots each, and the lines' names in their colours."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rich.text import Text

from canary.plots.chart import Chart, Ink, Panel, staircase, time_label, time_ticks, value_label

_LABELS = 9
_HEIGHT = 7
_STYLES = {
    Ink.BLUE: "blue",
    Ink.ORANGE: "yellow",
    Ink.GREY: "bright_black",
    Ink.GREEN: "green",
    Ink.PURPLE: "magenta",
    Ink.RED: "red",
    Ink.TEAL: "cyan",
    Ink.OLIVE: "bright_yellow",
}
_EMPTY = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # bits of a Braille cell, by row and column


def terminal(chart: Chart, width: int) -> Iterator[Text]:
    """Lines of at most `width` characters: eight per panel, and the axis of time below."""
    columns = max(20, width - _LABELS - 1)
    for panel in chart.panels:
        yield _heading(panel)
        yield from _rows(panel, chart.seconds, columns)
    yield _times(chart.seconds, columns)


def _heading(panel: Panel) -> Text:
    names = [(f"  ━ {line.name}", _STYLES[line.ink]) for line in panel.lines]
    return Text.assemble(" " * (_LABELS + 1), (panel.title, "bold"), *names, no_wrap=True, overflow="ellipsis")


def _rows(panel: Panel, seconds: float, columns: int) -> Iterator[Text]:
    scale = panel.scale()
    dots: dict[tuple[int, int], tuple[int, str]] = {}
    for line in panel.lines:
        across, up = (2 * columns - 1) / seconds, 4 * _HEIGHT - 1
        for x, y in _path([[(at * across, scale.place(value) * up) for at, value in piece] for piece in staircase(line)]):
            row, column = _HEIGHT - 1 - y // 4, x // 2
            bits, _ = dots.get((row, column), (0, ""))
            dots[row, column] = bits | _DOTS[3 - y % 4][x % 2], _STYLES[line.ink]
    labels = {_HEIGHT - 1 - round(scale.place(value) * (_HEIGHT - 1)): value_label(value, panel.unit) for value in scale.ticks}
    for row in range(_HEIGHT):
        drawn = (dots.get((row, column), (0, "")) for column in range(columns))
        cells = [(chr(_EMPTY | bits) if bits else " ", style) for bits, style in drawn]
        text = Text.assemble(f"{labels.get(row, ''):>{_LABELS}}", ("┤" if row in labels else "│", "dim"), *cells, no_wrap=True)
        text.rstrip()
        yield text


def _path(pieces: Iterable[Sequence[tuple[float, float]]]) -> Iterator[tuple[int, int]]:
    """All dots of a line."""
    for places in pieces:
        yield from ((round(x), round(y)) for x, y in places[:1])
        for (x1, y1), (x2, y2) in pairwise(places):
            count = max(1, round(max(abs(x2 - x1), abs(y2 - y1))))
            yield from ((round(x1 + (x2 - x1) * n / count), round(y1 + (y2 - y1) * n / count)) for n in range(1, count + 1))


def _times(seconds: float, columns: int) -> Text:
    line = [" "] * columns
    for tick in time_ticks(seconds, most=max(2, columns // 10)):
        label = time_label(tick)
        start = min(round(tick / seconds * (columns - 1)), columns - len(label))
        line[start : start + len(label)] = label
    return Text(" " * (_LABELS + 1) + "".join(line).rstrip(), style="dim", no_wrap=True)
