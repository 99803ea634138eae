"""When is a wait over, and with which exit code? Pure: one look at the status at a time, and what was known before.

A status may still speak of the rollout before: a new template that the controller has not seen yet must not be answered with the
old one's outcome. So a wait is for a revision, and nothing counts until the status names it.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from canary.cli.reading import Reading
from strategies.model import Phase


class Wanted(StrEnum):
    """What a person waits for."""

    ENDED = "ended"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolledback"
    PAUSED = "paused"
    IDLE = "idle"


class Code(IntEnum):
    """Exit codes; 1 is any error."""

    REACHED = 0
    ERROR = 1
    ROLLED_BACK = 2
    PAUSED = 3
    TIMEOUT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """`revision` None: whichever there is. `since`: rollouts of a lower number ended before the wait began."""

    wanted: Wanted = Wanted.ENDED
    revision: str | None = None
    since: int = 0
    fail_on_pause: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of a wait."""

    code: Code
    sentence: str


def first_number(reading: Reading) -> int:
    """The number of the rollout that runs, or of the next one: lower ones are of the past."""
    status = reading.status
    return status.rollout.number if status.rollout else status.rollouts + 1


def judge(goal: Goal, reading: Reading) -> Outcome | None:
    """None: wait on."""
    if not reading.seen or not reading.current or reading.pending:
        return None
    if replaced := _replaced(goal, reading):
        return replaced
    if not _named(goal, reading):
        return None
    return _ended(goal, reading) if reading.resting else _under_way(goal, reading)


def awaited(goal: Goal, reading: Reading) -> str | None:
    """Why nothing counts yet, as a sentence; None once the status speaks of what is waited for."""
    if not reading.seen:
        return "Waits for a controller to look at it."
    if not reading.current:
        return "Waits until the controller has read the new spec."
    if not _named(goal, reading) and _replaced(goal, reading) is None:
        return f"Waits until the controller has seen revision {goal.revision}."
    return None


def _named(goal: Goal, reading: Reading) -> bool:
    status = reading.status
    tried = {side.revision for side in (status.stable, status.canary) if side is not None}
    rollout = {status.rollout.revision} if status.rollout else set()
    return goal.revision is None or goal.revision in {*tried, *rollout, status.rejected}


def _replaced(goal: Goal, reading: Reading) -> Outcome | None:
    """Its rollout is over, and another revision has taken its place."""
    status = reading.status
    ended = next((line for line in status.history if line.revision == goal.revision and line.number >= goal.since), None)
    current = {status.stable.revision, status.rejected, status.rollout.revision if status.rollout else None}
    if ended is None or goal.revision in current:
        return None
    sentence = f"{goal.revision} ended without being promoted ({ended.outcome}). {ended.sentence}".strip()
    return Outcome(code=Code.REACHED if goal.wanted is Wanted.IDLE and reading.resting else Code.ROLLED_BACK, sentence=sentence)


def _under_way(goal: Goal, reading: Reading) -> Outcome | None:
    status = reading.status
    paused = status.phase is Phase.PAUSED
    if goal.wanted is Wanted.PAUSED and paused:
        return Outcome(code=Code.REACHED, sentence=status.message)
    return Outcome(code=Code.PAUSED, sentence=status.message) if goal.fail_on_pause and (paused or reading.stalled) else None


def _ended(goal: Goal, reading: Reading) -> Outcome | None:
    status = reading.status
    serves = status.stable.revision is not None and goal.revision in (None, status.stable.revision)
    rejected = status.rejected is not None and goal.revision in (None, status.rejected)
    if not serves and not rejected:  # it stands there untried: suspended, or refused by preflight
        return _under_way(goal, reading)
    failed = rejected and (not serves or status.phase is Phase.ROLLED_BACK)
    if goal.wanted is Wanted.IDLE:
        return Outcome(code=Code.REACHED, sentence=status.message)
    if failed or (goal.wanted is Wanted.ROLLED_BACK and status.phase is Phase.ROLLED_BACK):
        reached = goal.wanted is Wanted.ROLLED_BACK
        return Outcome(code=Code.REACHED if reached else Code.ROLLED_BACK, sentence=status.message)
    if goal.wanted in (Wanted.ENDED, Wanted.PROMOTED):
        return Outcome(code=Code.REACHED, sentence=_serving(reading))
    return Outcome(code=Code.ERROR, sentence=f"{_serving(reading)} It is not {goal.wanted}, and nothing is under way.")


def _serving(reading: Reading) -> str:
    status = reading.status
    return status.message if status.phase is Phase.PROMOTED else f"{status.stable.revision} serves. {status.message}".strip()
