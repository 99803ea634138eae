"""Recording: one status write, one journal row, one Event, one log line, with the same reason and sentence in all of them.

When a status is worth a write says `pace`. Waiting is written down once it has lasted for `PATIENCE`: pods that come up at once
then cost one write a step, not two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from canary.api.changes import changes
from canary.api.report import Report
from canary.api.status import UnreadableStatus, read_status, status_of
from canary.api.status_fields import CanaryStatus
from canary.clock import Clock
from canary.controller.accounts import answer_of, begun, command_record, decision_record, ended, history_lines, outcome_of
from canary.controller.caches import Caches
from canary.controller.events import EventKind, Events, Involved
from canary.controller.pace import at_rest, may_pass, refreshable
from canary.controller.queue import Key
from canary.controller.sight import Sight
from canary.k8s.port import KubernetesApi, Obj
from canary.k8s.resources import CANARY
from canary.store.journal import Journal
from canary.web.metrics import CanaryNumbers, Metrics
from strategies.model import Decision, Observation, Phase, State

log = structlog.get_logger(__name__)

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
            history=(*history_lines(before, decision, seen.now), *known.history)[:HISTORY],
            command=answer_of(decision, seen.now) or known.command,
        )
        new = status_of(report)
        patch = changes(old, new)
        now = self._clock.now()
        moved = at_rest(old) != at_rest(new)
        if not patch or not (moved or refreshable(told.written, told.moved, now)):
            told.waiting = None
            return None
        if moved and may_pass(before, decision):
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
        record = decision_record(sight, before, decision, seen.now)
        self._journal.decided(record)
        if decision.command is not None:
            self._journal.command(command_record(sight, decision, seen.now))
        bad = decision.stalled or record.phase in (Phase.ROLLING_BACK, Phase.ROLLED_BACK) or decision.refused is not None
        kind = EventKind.WARNING if bad else EventKind.NORMAL
        if bad or not _passing(record.phase, record.reason):
            self._events.record(Involved.of(CANARY, _typed(sight.canary)), record.reason, record.sentence, kind=kind)
        log.info(
            record.sentence,
            canary=f"{record.namespace}/{record.canary}",
            phase=str(record.phase),
            reason=record.reason,
            step=record.step,
            weight=None if record.weight is None else str(record.weight),
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
            self._journal.rollout(begun(sight, state.rollout, state))
        if before.rollout is not None and (state.rollout is None or state.rollout.id != before.rollout.id):
            self._metrics.rollout_ended(key, outcome_of(state), before.rollout.why or state.reason)
            self._journal.rollout(ended(sight, before.rollout, before, decision, seen.now))


def _known(status: Mapping[str, Any]) -> CanaryStatus:
    """What stands in the status; nothing, where somebody has made it unreadable: it is written anew."""
    try:
        return read_status(status)
    except UnreadableStatus:
        return CanaryStatus()


def _passing(phase: Phase, reason: str) -> bool:
    """Counters show nothing at the first look; no data is worth an Event only when patience with it is over."""
    return reason in _PASSING or (reason == "NoData" and phase is Phase.PROGRESSING)


def _typed(canary: Obj) -> Obj:
    return {"apiVersion": CANARY.api_version, "kind": CANARY.kind, **canary}
