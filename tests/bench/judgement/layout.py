"""Tables as text for a terminal and as Markdown, and how numbers are written in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

from tests.bench.judgement.score import Rate, Score

_WIDTH = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabular:
    """A table with its title and what one has to know to read it. The first column is text, the others are numbers."""

    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """For a terminal, columns aligned."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        lines = [self._line(row, widths) for row in (self.columns, *self.rows)]
        said = fill(f"{self.title}: {self.note}.", _WIDTH)
        return "\n".join([said, "", *lines, ""])

    def markdown(self) -> str:
        """A section of its own."""
        rule = ["---", *["--:"] * (len(self.columns) - 1)]
        lines = ["| " + " | ".join(row) + " |" for row in (self.columns, rule, *self.rows)]
        return "\n".join([f"### {self.title}", "", f"{self.note[0].upper()}{self.note[1:]}.", "", *lines, ""])

    @staticmethod
    def _line(row: Sequence[str], widths: Sequence[int]) -> str:
        first, *rest = zip(row, widths, strict=True)
        return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]).rstrip()


def rate(found: Rate) -> str:
    """A percentage with its interval: nothing in so many runs is not "0 %"."""
    low, high = (100 * end for end in found.interval)
    if not found.of:
        return "–"
    if not found.hits:
        return f"0 (≤ {high:.2g})"
    return f"{percent(found.share)} ({low:.2g}–{high:.3g})"


def percent(share: float) -> str:
    """A fraction of one as a percentage, without the sign."""
    return f"{100 * share:.3g}"


def minutes(value: float | None) -> str:
    """Minutes, or a dash."""
    return "–" if value is None else f"{value:.1f}"


def at(score: Score | None) -> str:
    """Rolled back in percent, @ the median minute."""
    if score is None:
        return "–"
    return percent(score.rolled_back.share) + ("" if score.median is None else f" @{score.median:.1f}")
