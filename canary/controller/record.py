"""Recording: one status write, one journal row, one Event, one log line, with the same reason and sentence in all of them.

The status is written when something changed that people or a restart need. Numbers that move all the time (requests, evidence,
ready pods) ride along, and are refreshed by themselves no oftener than `REFRESH`, ever more rarely while nothing else happens.
Waiting is written down once it has lasted for `PATIENCE`: pods that come up at once then cost one write a step, not two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from analysis.verdict import Verdict
from canary.api.changes import changes
from canary.api.report import Report
from canary.api.status import UnreadableStatus, read_status, status_of
from canary.api.status_fields import CanaryStatus, CommandStatus, HistoryLine
from canary.clock import Clock
from canary.controller.caches import Caches
from canary.controller.events import EventKind, Events, Involved
from canary.controller.queue import Key
from canary.controller.sight import Sight
from canary.k8s.port import KubernetesApi, Obj
from canary.k8s.resources import CANARY
from canary.store.journal import CommandRecord, DecisionRecord, Journal, RolloutRecord
from canary.web.metrics import CanaryNumbers, Metrics
from strategies.model import Decision, Observation, Phase, Rollout, State

log = structlog.get_logger(__name__)

REFRESH = timedelta(seconds=30)
RAREST = timedelta(minutes=5)
PATIENCE = timedelta(seconds=1)
HISTORY = 10
_PASSING = frozenset(  # seen in status and journal; as Events they would bury the others
    {
        "Adopting",
        "Cleaning",
        "Draining",
        "Holding",
        "Idle",
        "PreparingTraffic",
        "WaitingForAnalysis",
        "WaitingForEndpoints",
        "WaitingForHooks",
        "WaitingForPods",
        "WaitingForRequests",
        "WaitingForTests",
    }
)
_BRIEF = frozenset({"NoData", "WaitingForAnalysis", "WaitingForEndpoints", "WaitingForPods"})
_RESTLESS = {
    "analysis": ("stable", "canary", "requests", "evidence", "bound", "ratio", "sentence", "since"),
    "traffic": ("live", "acknowledged"),
    "stable": ("ready", "replicas"),
    "canary": ("ready", "replicas"),
    "conditions": ("message", "lastTransitionTime"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A wait that is not written down yet: since when, the state that it stands for, and the status that it goes beyond."""

    since: datetime
    state: State
    status: Mapping[str, Any]


@dataclass(slots=True)
class _Told:
    """What was last said of a Canary: not to be said twice."""

    topic: tuple[object, ...] = ()
    written: datetime | None = None
    moved: datetime | None = None
    waiting: "_Waiting | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Where it is written down beside the status; none of these ever waits."""

    journal: Journal
    events: Events
    metrics: Metrics


class Recorder:
    """Writes down what was decided. Only the status write can fail; the rest never waits."""

    def __init__(self, api: KubernetesApi, caches: Caches, papers: Papers, clock: Clock) -> None:
        self._api = api
        self._caches = caches
        self._journal, self._events, self._metrics = papers.journal, papers.events, papers.metrics
        self._clock = clock
        self._told: dict[Key, _Told] = {}

    def tell(self, sight: Sight, before: State, seen: Observation, decision: Decision) -> bool:
        """Journal, Event, log and metrics; was it news?"""
        told = self._told.setdefault(sight.scene.key, _Told())
        topic = (decision.state.phase, decision.reason, decision.state.rollout and decision.state.rollout.step, decision.stalled)
        news = topic != told.topic or decision.answered
        if news:
            told.topic = topic
            self._tell(sight, before, seen, decision)
        self._show(sight, before, seen, decision)
        return news

    async def write(self, sight: Sight, before: State, seen: Observation, decision: Decision) -> timedelta | None:
        """The status, when it has something new. Raises what a write can raise; the decision is then made and written again.

        Returns how long until it should be tried again because the news may yet be overtaken, None when there is no need.
        """
        return await self._status(sight, before, seen, decision, self._told.setdefault(sight.scene.key, _Told()))

    def position(self, canary: Obj, written: State) -> State:
        """Where the Canary stands: as its status says, unless a wait goes beyond it that is not written down yet."""
        told = self._told.get((canary["metadata"]["namespace"], canary["metadata"]["name"]))
        waiting = told.waiting if told is not None else None
        return waiting.state if waiting is not None and waiting.status == (canary.get("status") or {}) else written

    def forget(self, key: Key) -> None:
        """The Canary is gone."""
        self._told.pop(key, None)
        self._metrics.forget(key)

    # -- status -----------------------------------------------------------------------------------------------------------

    async def _status(self, sight: Sight, before: State, seen: Observation, decision: Decision, told: _Told) -> timedelta | None:
        metadata = sight.canary["metadata"]
        if "deletionTimestamp" in metadata and self._caches.canary(sight.scene.key) is None:
            return None
        old: Mapping[str, Any] = sight.canary.get("status") or {}
        known = _known(old)
        report = Report(
            generation=metadata.get("generation", 0),
            router=sight.scene.router,
            observation=seen,
            decision=decision,
            before=old,
            history=(*_ended(before, decision, seen.now), *known.history)[:HISTORY],
            command=_answer(decision, seen.now) or known.command,
        )
        new = status_of(report)
        patch = changes(old, new)
        now = self._clock.now()
        moved = _at_rest(old) != _at_rest(new)
        if not patch or not (moved or _refreshable(told, now)):
            told.waiting = None
            return None
        if moved and _may_pass(before, decision):
            since = told.waiting.since if told.waiting else now
            told.waiting = _Waiting(since=since, state=decision.state, status=old)
            if now - since < PATIENCE:
                return PATIENCE - (now - since)
        namespace, name = sight.scene.key
        self._caches.learn(CANARY, await self._api.patch_status(CANARY, name, {"status": patch}, namespace=namespace))
        told.written, told.waiting = now, None
        told.moved = now if moved else told.moved
        return None

    # -- journal, Event, log ------------------------------------------------------------------------------------------------

    def _tell(self, sight: Sight, before: State, seen: Observation, decision: Decision) -> None:
        namespace, name = sight.scene.key
        state, rollout = decision.state, decision.state.rollout or before.rollout
        command = decision.command
        sentence = _refusal(decision) or decision.sentence
        reason = "CommandRefused" if decision.refused else decision.reason
        self._journal.decided(
            DecisionRecord(
                namespace=namespace,
                canary=name,
                at=seen.now,
                phase=state.phase,
                reason=reason,
                sentence=sentence,
                rollout_id=rollout.id if rollout else None,
                step=rollout.step if rollout else None,
                weight=rollout.weight if rollout else None,
                actor=command.who if command else None,
                detail={"actions": [type(action).__name__ for action in decision.actions]},
            )
        )
        if command is not None:
            self._journal.command(_command_record(sight, decision, seen.now))
        bad = decision.stalled or state.phase in (Phase.ROLLING_BACK, Phase.ROLLED_BACK) or decision.refused is not None
        kind = EventKind.WARNING if bad else EventKind.NORMAL
        if bad or not _passing(state.phase, reason):
            self._events.record(Involved.of(CANARY, _typed(sight.canary)), reason, sentence, kind=kind)
        log.info(
            sentence,
            canary=f"{namespace}/{name}",
            phase=str(state.phase),
            reason=reason,
            step=rollout.step if rollout else None,
            weight=str(rollout.weight) if rollout else None,
        )

    def _show(self, sight: Sight, before: State, seen: Observation, decision: Decision) -> None:
        key, state = sight.scene.key, decision.state
        weight = state.rollout.weight if state.rollout else 0
        numbers = CanaryNumbers(
            phase=state.phase,
            weight=seen.traffic.canary if seen.traffic.canary is not None and seen.traffic.canary >= 0 else weight,  # type: ignore[arg-type]  # 0 is a Decimal's equal
            verdicts=seen.verdicts,
            last_rollback=state.reason if state.phase is Phase.ROLLED_BACK else None,
        )
        self._metrics.show(key, numbers)
        started = state.rollout is not None and (before.rollout is None or before.rollout.id != state.rollout.id)
        if started and state.rollout is not None:
            self._journal.rollout(_rollout_record(sight, state.rollout, state))
        if before.rollout is not None and (state.rollout is None or state.rollout.id != before.rollout.id):
            self._metrics.rollout_ended(key, _outcome(state), before.rollout.why or state.reason)
            self._journal.rollout(_rollout_record(sight, before.rollout, before, ended=(seen, decision)))


def _known(status: Mapping[str, Any]) -> CanaryStatus:
    """What stands in the status; nothing, where somebody has made it unreadable: it is written anew."""
    try:
        return read_status(status)
    except UnreadableStatus:
        return CanaryStatus()


def _passing(phase: Phase, reason: str) -> bool:
    """Counters show nothing at the first look; no data is worth an Event only when patience with it is over."""
    return reason in _PASSING or (reason == "NoData" and phase is Phase.PROGRESSING)


def _refreshable(told: _Told, now: datetime) -> bool:
    if told.written is None or told.moved is None:
        return True
    return now - told.written >= min(max(REFRESH, (now - told.moved) / 2), RAREST)


def _may_pass(before: State, decision: Decision) -> bool:
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


def _at_rest(status: Mapping[str, Any]) -> dict[str, Any]:
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


def _ended(before: State, decision: Decision, now: datetime) -> tuple[HistoryLine, ...]:
    rollout, state = before.rollout, decision.state
    if rollout is None or (state.rollout is not None and state.rollout.id == rollout.id):
        return ()
    return (
        HistoryLine(
            number=rollout.number,
            revision=rollout.revision,
            image=rollout.image,
            outcome=rollout.why if state.phase is Phase.IDLE else str(_outcome(state)),
            started_at=rollout.started_at,
            ended_at=now,
            sentence=state.sentence or decision.sentence,
        ),
    )


def _outcome(state: State) -> Phase:
    """How a rollout ended after which this is the state: one that is taken back at once had been promoted."""
    return Phase.PROMOTED if state.rollout is not None else state.phase


def _refusal(decision: Decision) -> str | None:
    """What is said of a refused command; None when there was none. One that could not be read has no verb to name."""
    if decision.refused is None or decision.command is None:
        return decision.refused
    return f"`{decision.command.verb}` was refused: {decision.refused}"


def _answer(decision: Decision, now: datetime) -> CommandStatus | None:
    command, refused = decision.command, decision.refused
    if not decision.answered:
        return None
    if command is None:  # it could not be read
        return CommandStatus(verb="command", who="unknown", at=now, accepted=False, message=refused or "")
    return CommandStatus(
        id=command.id,
        verb=str(command.verb),
        who=command.who,
        why=command.why,
        at=now,
        accepted=refused is None,
        message=refused or "",
    )


def _command_record(sight: Sight, decision: Decision, now: datetime) -> CommandRecord:
    command = decision.command
    assert command is not None
    namespace, name = sight.scene.key
    return CommandRecord(
        id=command.id or f"{sight.scene.uid}/{now.isoformat()}",
        namespace=namespace,
        canary=name,
        verb=str(command.verb),
        who=command.who,
        why=command.why,
        received_at=now,
        outcome="refused" if decision.refused else "accepted",
        sentence=decision.refused or decision.sentence,
    )


def _rollout_record(
    sight: Sight, rollout: Rollout, state: State, *, ended: tuple[Observation, Decision] | None = None
) -> RolloutRecord:
    namespace, name = sight.scene.key
    seen, decision = ended or (None, None)
    return RolloutRecord(
        id=rollout.id,
        namespace=namespace,
        canary=name,
        number=rollout.number,
        revision=rollout.revision,
        image=rollout.image,
        started_at=rollout.started_at,
        stable_revision=_beside(rollout, state),
        ended_at=seen.now if seen else None,
        outcome=str(_outcome(decision.state)) if decision else None,
        reason=(rollout.why or decision.reason) if decision else "",
        sentence=(decision.state.sentence or decision.sentence) if decision else "",
        plan={"steps": [{"weight": str(step.weight), "hold": step.hold.total_seconds()} for step in rollout.plan.steps]},
    )


def _beside(rollout: Rollout, state: State) -> str | None:
    """What the rollout is tried against; once it has arrived, that is the previous revision."""
    return state.previous if state.stable == rollout.revision else state.stable


def _typed(canary: Obj) -> Obj:
    return {"apiVersion": CANARY.api_version, "kind": CANARY.kind, **canary}
