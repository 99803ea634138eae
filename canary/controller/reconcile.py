"""One reconcile: observe → plan → enact → record.

Level-triggered: a key comes in, the caches are read, the posture is asserted again. What failed is tried again by the queue;
what cannot succeed until somebody helps is written into the status, and looked at again.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from canary.api.refusals import InvalidCanary
from canary.api.status import UnreadableStatus, state_of
from canary.api.templates import Find, TemplateNotFound
from canary.api.v1alpha1 import CanarySpec, parse_canary
from canary.clock import Clock
from canary.controller.caches import Caches
from canary.controller.enact import Hands
from canary.controller.measure import Measures
from canary.controller.observe import News, observe
from canary.controller.preflight import findings
from canary.controller.queue import Key
from canary.controller.record import Recorder
from canary.controller.runs import CanaryRuns
from canary.controller.scene import scene_of
from canary.controller.schedule import Schedule
from canary.controller.shares import in_force
from canary.controller.sight import Sight, look
from canary.controller.targets import Targets
from canary.errors import Terminal
from canary.k8s.port import Obj
from strategies.model import RESTING, Decision, Finding, Observation, Phase, Plan, State
from strategies.planner import plan
from strategies.routers.base import RoutingError

log = structlog.get_logger(__name__)

MOST_ROUNDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Handles keys; everything it needs is handed in."""

    caches: Caches
    hands: Hands
    recorder: Recorder
    measures: Measures
    targets: Targets
    runs: CanaryRuns
    schedule: Schedule
    clock: Clock

    async def __call__(self, key: Key) -> None:
        """Bring one Canary a step further. Raises Retryable errors for the queue to come back."""
        canary = self.caches.canary(key)
        if canary is None:
            self.forget(key)
            return
        state = self.recorder.position(canary, read_state(canary))
        sight = await self._look(key, canary, state)
        if sight is None:
            return  # what was asked for is on its way, and its coming wakes this key again
        spec, refusals = read_spec(canary, state, lambda ref: self.caches.templates.find(key[0], ref))
        result = await self._rounds(_Round(sight=sight, state=state, spec=spec, refusals=refusals))
        later = await self.recorder.write(result.sight, state, result.seen, result.decision)
        if result.decision.answered:
            await self.hands.clear_command(result.asked)
        self._follow(key, result, spec)
        if result.decision.state.rollout is not None:
            self.measures.weigh(key, in_force(result.decision.state.rollout, result.seen))
        if result.failure is not None:
            raise result.failure
        self._look_again(key, state, result.decision, later)

    async def _rounds(self, start: "_Round") -> "_Result":
        """Plan and enact until nothing is left to do now, so that one status write serves a whole step.

        A turn of phase or stage is written down before anything is done on its strength, and so is the answer to a command.
        """
        state, sight, done = start.state, start.sight, None
        for _ in range(MOST_ROUNDS):
            asked = sight
            seen = self._observe(sight, state, start.spec, start.refusals)
            decision = plan(state, seen)
            if decision.actions == done:
                decision = replace(decision, actions=())  # asked for already; what comes of it has not been seen yet
            failure = await self._enact(sight, seen, decision)
            if failure is not None:
                decision = replace(
                    decision, state=state, reason="ActionFailed", sentence=failure.sentence, stalled=True, answered=False
                )
            if self.recorder.tell(sight, state, seen, decision):
                self.runs.tell(sight, decision)
            turned = _turning_point(decision.state) != _turning_point(start.state)
            if decision.actions:  # show what came of them, too
                done = decision.actions
                sight = look(self.caches, sight.scene, self.caches.canary(sight.scene.key) or sight.canary, decision.state)
                seen = self._observe(sight, decision.state, start.spec, start.refusals)
            if failure is not None or decision.answered or turned or (not decision.actions and decision.state == state):
                break
            state = decision.state
        return _Result(sight=sight, asked=asked, seen=seen, decision=decision, failure=failure)

    def forget(self, key: Key) -> None:
        """The Canary is gone: nothing is measured, watched or awaited for it any more."""
        self.caches.release(key)
        self.measures.forget(key)
        self.runs.forget(key)
        self.schedule.cancel(key)
        self.recorder.forget(key)

    async def _look(self, key: Key, canary: Obj, state: State) -> Sight | None:
        scene = scene_of(canary, state)
        sight = look(self.caches, scene, canary, state)
        for deployment in sight.unread:
            await self.caches.read_replica_sets(deployment)
        if sight.unread:
            sight = look(self.caches, scene, canary, state)
        if sight.unknown and state.rollout is None:
            log.debug("waits for a first look", canary=f"{key[0]}/{key[1]}", unknown=list(sight.unknown))
            return None
        return sight

    def _observe(self, sight: Sight, state: State, spec: CanarySpec | None, refusals: tuple[Finding, ...]) -> Observation:
        provided = spec is None or not spec.analysis.judged or self.targets.provided(spec)
        rollout = state.rollout
        news = News(
            now=self.clock.now(),
            plan=spec.plan() if spec is not None else Plan(steps=(), mesh=sight.scene.mesh),
            suspended=bool(sight.canary["spec"].get("suspend")),
            verdicts=self.measures.verdicts(sight.scene.key, rollout.id) if rollout else (),
            runs=self.runs.results(sight.scene.key, rollout),
            findings=(*refusals, *findings(sight, self.caches.split_version, provided=provided)),
        )
        return observe(sight, state, news)

    async def _enact(self, sight: Sight, seen: Observation, decision: Decision) -> Terminal | None:
        """Do it all, in order; the first thing that cannot succeed ends it and is returned. Raises Retryable."""
        for action in decision.actions:
            try:
                await self.hands.enact(action, sight, decision.state, seen.command)
            except RoutingError as error:
                return Terminal(str(error))
            except Terminal as error:
                return error
        return None

    def _follow(self, key: Key, result: "_Result", spec: CanarySpec | None) -> None:
        sight, state = result.sight, result.decision.state
        if spec is None and state.rollout is not None:
            return  # what was readable when it began goes on being measured
        if sight.unread:
            return  # whose pods are whose is read at the next look; for a guess, pods of an earlier version would count
        target = None if spec is None else self.targets.target(sight, state, spec)
        if target is None:
            self.measures.forget(key)
        else:
            self.measures.follow(key, target)

    def _look_again(self, key: Key, before: State, decision: Decision, later: timedelta | None) -> None:
        """Time alone can change the answer; so can a state that moved on by itself. A write of ours wakes the key anyway."""
        self.schedule.cancel(key)
        again = decision.look_again
        if again == timedelta(0) and decision.state == before:
            again = None
        pauses = [pause for pause in (again, later) if pause is not None]
        if pauses:
            self.schedule.wake(key, self.clock.now() + min(pauses))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """What the rounds of one reconcile begin with."""

    sight: Sight
    state: State
    spec: CanarySpec | None
    refusals: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What they end with; `failure` is what could not be done, None when all could.

    `asked` is the look from which it was decided: a command that has come since is another one.
    """

    sight: Sight
    asked: Sight
    seen: Observation
    decision: Decision
    failure: Terminal | None


def _turning_point(state: State) -> tuple[object, ...]:
    return state.phase, state.rollout and state.rollout.id, state.rollout and state.rollout.stage


def read_state(canary: Obj) -> State:
    """The state in the status. What somebody has made unreadable is rebuilt from the cluster, like a status that was lost."""
    try:
        state = state_of(canary.get("status") or {})
    except UnreadableStatus as error:
        log.warning("the status is rebuilt", canary=canary["metadata"]["name"], problem=error.sentence)
        return State()
    if _whole(state):
        return state
    log.warning("the status is rebuilt", canary=canary["metadata"]["name"], problem="its phase and its rollout disagree")
    return replace(state, phase=Phase.IDLE, rollout=None)


def _whole(state: State) -> bool:
    rollout = state.rollout
    if rollout is None:
        return state.phase in RESTING
    climbing = state.phase in (Phase.PROGRESSING, Phase.PAUSED)
    return state.phase not in RESTING and (not climbing or 0 <= rollout.step <= len(rollout.plan.steps) != 0)


def read_spec(canary: Obj, state: State, find: Find) -> tuple[CanarySpec | None, tuple[Finding, ...]]:
    """The spec with its templates' metrics, or what is wrong with it.

    A running rollout needs no readable spec: its plan is pinned, and so is by what it is judged. What becomes of either, or of a
    template, under way is for the next one.
    """
    try:
        spec = parse_canary(canary).spec
    except InvalidCanary as error:
        return None, _findings("InvalidSpec", error)
    try:
        return _pinned(spec, state) or spec.resolved(find), ()
    except InvalidCanary as error:
        return None, _findings("TemplateNotFound" if isinstance(error, TemplateNotFound) else "InvalidTemplate", error)


def _pinned(spec: CanarySpec, state: State) -> CanarySpec | None:
    """None: nothing is pinned, or nothing that this version can read, and it is judged by what the spec says now."""
    pinned = state.rollout.plan.analysis if state.rollout is not None else None
    if pinned is None:
        return None
    try:
        return spec.judged_as(pinned)
    except InvalidCanary as error:
        log.warning("what was pinned can't be read: judged by what the spec says now", problem=error.sentence)
        return None


def _findings(reason: str, error: InvalidCanary) -> tuple[Finding, ...]:
    return tuple(Finding(reason=reason, sentence=f"{cause.field}: {cause.message}") for cause in error.causes)
