"""Plain columns, as kubectl's: no frames, three blanks between, so that `awk` and eyes both find them."""

import shutil
import sys
from collections.abc import Sequence

_GAP = "   "
_NARROWEST = 20


def columns(rows: Sequence[Sequence[str]], *, elastic: str, width: int | None = None) -> list[str]:
    """The rows, aligned, the first of them headings. An empty cell reads `-`.

    Should lines get longer than `width`, the column headed `elastic` is cut; with None nothing is.
    """
    cells = [[cell or "-" for cell in row] for row in rows]
    stretch = cells[0].index(elastic)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if width is not None:
        rest = sum(widths) - widths[stretch] + len(_GAP) * (len(widths) - 1)
        widths[stretch] = min(widths[stretch], max(_NARROWEST, width - rest))
    return [_GAP.join(_fit(cell, size) for cell, size in zip(row, widths, strict=True)).rstrip() for row in cells]


def _fit(cell: str, size: int) -> str:
    return cell.ljust(size) if len(cell) <= size else f"{cell[: size - 1]}…"


def terminal_width() -> int | None:
    """None where the output goes to a file or a pipe: there nothing is cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
