"""Where the demo is shown: a picture that lives, or plain lines where there is no terminal."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from canary.cli.ages import span
from canary.cli.colours import BAD, QUIET
from canary.cli.progress import progress_line
from canary.cli.reading import Reading
from canary.cli.tree import status_tree
from canary.sandbox.traffic import Totals


class Screen(Protocol):
    """What the story needs of one."""

    def say(self, text: str) -> None:
        """A line that stays."""
        ...

    def show(self, reading: Reading, totals: Totals, elapsed: timedelta) -> None:
        """How things stand now; may be called many times a second."""
        ...

    def close(self) -> None:
        """The last picture stays as it is; only lines follow."""
        ...


class PlainScreen:
    """A line per change."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._last = ""

    def say(self, text: str) -> None:
        self._write(text)

    def show(self, reading: Reading, totals: Totals, elapsed: timedelta) -> None:
        line = progress_line(reading)
        if line != self._last:
            self._last = line
            self._write(f"{span(elapsed):>6}  {line}  [{_counters(totals)}]")

    def close(self) -> None:
        """Lines need no end."""


class LiveScreen:
    """The status tree with the load's counters below; what is said scrolls by above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    def say(self, text: str) -> None:
        self._console.print(Text(text, style="bold"))

    def show(self, reading: Reading, totals: Totals, elapsed: timedelta) -> None:
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()
        style = BAD if totals.errors else QUIET
        counters = Text(f"{_counters(totals)} so far, {span(elapsed)} since the change", style=style)
        self._live.update(Group(status_tree(reading, datetime.now(UTC)), counters), refresh=True)

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def _counters(totals: Totals) -> str:
    return f"{totals.requests} requests, {totals.errors} met an error"
