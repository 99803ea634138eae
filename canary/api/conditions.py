"""Conditions, so that `kubectl wait` and everything that knows kstatus can follow a Canary.

Ready        the version that was asked for serves, and nothing is in the way
Progressing  a rollout is under way, also while it is paused
Promoted     how the version that was asked for fared: Unknown until that is known
Stalled      nothing will move until a person helps; a rolled back version is such a case
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from canary.api.report import Report
from canary.api.status_fields import Condition
from strategies.model import RESTING, Decision, Observation, Phase

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"


def conditions_of(report: Report) -> tuple[Condition, ...]:
    """The four conditions; each keeps its transition time as long as its status does not change."""
    before = {condition["type"]: condition for condition in report.before.get("conditions", ())}
    return tuple(_condition(name, status, before.get(name), report) for name, status in _truths(report))


def _condition(name: str, status: str, before: dict[str, Any] | None, report: Report) -> Condition:
    return Condition(
        type=name,
        status=status,
        reason=report.decision.reason or str(report.decision.state.phase),
        message=report.decision.sentence,
        observed_generation=report.generation,
        last_transition_time=_since(status, before, report.now),
    )


def _since(status: str, before: dict[str, Any] | None, now: datetime) -> Any:
    if before is not None and before.get("status") == status:
        return before["lastTransitionTime"]
    return now.replace(microsecond=0)


def _truths(report: Report) -> Iterator[tuple[str, str]]:
    decision = report.decision
    phase = decision.state.phase
    stalled = decision.stalled or phase is Phase.ROLLED_BACK
    serves = _serves(decision, report.observation)
    yield "Ready", TRUE if serves and not stalled else FALSE
    yield "Progressing", FALSE if phase in RESTING else TRUE
    yield "Promoted", _promoted(phase, serves=serves)
    yield "Stalled", TRUE if stalled else FALSE


def _serves(decision: Decision, seen: Observation) -> bool:
    """Whether the version that was asked for is the one that serves."""
    state = decision.state
    if state.phase not in {Phase.IDLE, Phase.PROMOTED} or state.stable is None:
        return False
    return seen.tried in {None, state.stable}


def _promoted(phase: Phase, *, serves: bool) -> str:
    if phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK}:
        return FALSE
    return TRUE if serves else UNKNOWN
