"""What colours and marks mean, in one place; a terminal that has no colours still has the marks."""

from analysis.verdict import Verdict
from strategies.model import Phase

GOOD, BAD, BUSY, WAITING, QUIET = "green", "red", "cyan", "yellow", "dim"

_PHASES = {
    Phase.IDLE: QUIET,
    Phase.PROGRESSING: BUSY,
    Phase.PAUSED: WAITING,
    Phase.PROMOTING: BUSY,
    Phase.ROLLING_BACK: BAD,
    Phase.PROMOTED: GOOD,
    Phase.ROLLED_BACK: BAD,
}
_VERDICTS: dict[str, tuple[str, str]] = {
    Verdict.PASS: (GOOD, "✔"),
    Verdict.CONTINUE: (BUSY, "…"),
    Verdict.FAIL: (BAD, "✘"),
    Verdict.ERROR: (WAITING, "!"),
    Verdict.NO_DATA: (WAITING, "?"),
    Verdict.INCONCLUSIVE: (WAITING, "~"),
}
_RUNS = {"Succeeded": (GOOD, "✔"), "Running": (BUSY, "…"), "Failed": (BAD, "✘"), "Interrupted": (WAITING, "!")}


def phase_style(phase: Phase) -> str:
    """The colour of a phase."""
    return _PHASES[phase]


def verdict_mark(verdict: str) -> tuple[str, str]:
    """Colour and mark; a newer controller may have verdicts that we don't know."""
    return _VERDICTS.get(verdict, (QUIET, "·"))


def run_mark(status: str) -> tuple[str, str]:
    """Colour and mark of a test's or hook's run."""
    return _RUNS.get(status, (QUIET, "·"))
