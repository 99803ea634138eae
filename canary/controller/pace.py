"""How often a status is written: what is news, and what may wait because it is probably over in a moment. Pure.

The status is written when something changed that people or a restart need. Numbers that move all the time (requests, evidence,
ready pods) ride along, and are refreshed by themselves no oftener than `REFRESH`, ever more rarely while nothing else happens.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from analysis.verdict import Verdict
from strategies.model import Decision, State

REFRESH = timedelta(seconds=30)
RAREST = timedelta(minutes=5)
_BRIEF = frozenset({"NoData", "WaitingForAnalysis", "WaitingForEndpoints", "WaitingForPods"})
_RESTLESS = {
    "analysis": ("stable", "canary", "requests", "evidence", "bound", "ratio", "sentence", "since"),
    "traffic": ("live", "acknowledged"),
    "stable": ("ready", "replicas"),
    "canary": ("ready", "replicas"),
    "conditions": ("message", "lastTransitionTime"),
}


def refreshable(written: datetime | None, moved: datetime | None, now: datetime) -> bool:
    """May numbers alone be written again? `written` is when the status was last, `moved` when it last had real news."""
    if written is None or moved is None:
        return True
    return now - written >= min(max(REFRESH, (now - moved) / 2), RAREST)


def may_pass(before: State, decision: Decision) -> bool:
    """Is this a wait that is probably over in a moment, and that a restart would enter again by itself?"""
    if decision.reason not in _BRIEF or decision.answered or decision.stalled:
        return False
    return before.rollout is not None and _place(before) == _place(decision.state)


def _place(state: State) -> tuple[object, ...]:
    """All of a position but which step it prepares."""
    rollout = state.rollout
    return (
        state.phase,
        state.last_command,
        rollout and replace(rollout, step=0, attempt=0, entered_at=rollout.started_at, live_at=None),
    )


def at_rest(status: Mapping[str, Any]) -> dict[str, Any]:
    """A status without what moves all the time."""
    kept = {name: value for name, value in status.items() if name != "message"}
    for name, restless in _RESTLESS.items():
        part = kept.get(name)
        if isinstance(part, Mapping):
            kept[name] = {field: value for field, value in part.items() if field not in restless}
        elif isinstance(part, list | tuple):
            kept[name] = [{field: _calm(value) for field, value in item.items() if field not in restless} for item in part]
    return {name: _calm(value) for name, value in kept.items()}


def _calm(value: Any) -> Any:
    """Proof that there is no harm is good to know, but nothing waits for it to be written: it rides along."""
    return str(Verdict.CONTINUE) if value == Verdict.PASS else value
