"""The progressive strategy: prepare the canary, then climb its steps.

Each function re-asserts the whole posture of its phase from the observation, so a lost action, a restart or a hand edit costs
nothing but another look.
"""

from dataclasses import replace
from datetime import timedelta

from strategies.actions import EnsureLeaf, Hold, Role, SetWeight
from strategies.endings import begin_rollback, enter_promotion
from strategies.gates import STEP_GATES, Condemn, Gate, Wait, condemned, findings_gate, first, hooks_gate, pause_gate
from strategies.model import Decision, Edge, Mode, Observation, Phase, Rollout, Side, State, Step
from strategies.posture import ZERO, amend, carriers, missing_leaves, raise_to, ready_within, say, size
from strategies.sizing import enough, pods_for, split_pods

_BEFORE_ROLLOUT: tuple[Gate, ...] = (findings_gate, pause_gate, hooks_gate(Edge.BEFORE_ROLLOUT))
_BEFORE_STEP: tuple[Gate, ...] = (findings_gate, pause_gate, hooks_gate(Edge.BEFORE_STEP))
_BEFORE_PROMOTION: tuple[Gate, ...] = (hooks_gate(Edge.BEFORE_PROMOTION),)


def progress(state: State, seen: Observation) -> Decision:
    """Prepare the canary and climb the steps; leave on the first proof of guilt."""
    rollout = state.rollout
    assert rollout is not None
    state = replace(state, phase=Phase.PROGRESSING)
    guilt = condemned(seen.verdicts)
    if guilt is not None:
        return begin_rollback(state, seen, guilt.reason, guilt.sentence)
    if seen.intent.mode is Mode.IN_PLACE and not seen.held:
        taken = enter_promotion(amend(state, by_hand=True), seen)
        name = rollout.stable_workload
        return say(taken, "ResumedByHand", f"Deployment {name} was resumed by hand: taken as `canary promote`.", Hold())
    return _relaid(_climb(state, seen), seen) if rollout.step else _prepare(state, seen)


def _relaid(decision: Decision, seen: Observation) -> Decision:
    """Leaf services and split that were deleted or edited by hand are put right whatever the step waits for."""
    rollout = decision.state.rollout
    if rollout is None or decision.state.phase not in (Phase.PROGRESSING, Phase.PAUSED):
        return decision
    shifts = any(isinstance(action, SetWeight) for action in decision.actions)
    lost = rollout.plan.mesh and not shifts and seen.traffic.canary != rollout.weight
    split = (SetWeight(canary=rollout.weight),) if lost else ()
    return replace(decision, actions=(*split, *decision.actions, *missing_leaves(rollout, seen)))


def _prepare(state: State, seen: Observation) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    if objection := first(_BEFORE_ROLLOUT, rollout, seen):
        return _heed(state, seen, objection)
    if rollout.plan.mesh and (decision := route(state, seen)):
        return decision
    wanted = wanted_pods(rollout, rollout.plan.steps[0], seen)
    return await_pods(state, seen, wanted) or progress(_next(state, seen), seen)


def route(state: State, seen: Observation, *, patient: bool = True) -> Decision | None:
    """Leaf services, then a split that gives the canary nothing: both before any canary pod matches the apex.

    A `patient` route waits until the stable leaf can carry what the apex carries now.
    """
    assert state.rollout is not None
    leaves = tuple(
        EnsureLeaf(role=role) for role, side in ((Role.STABLE, seen.stable), (Role.CANARY, seen.canary)) if not side.leaf_live
    )
    if leaves:
        return say(state, "PreparingTraffic", "Creates the leaf services.", *leaves)
    shifting = seen.traffic.canary is None or (state.rollout.step == 0 and seen.traffic.canary != ZERO)
    if shifting and patient and (waiting := _stable_unready(state, seen.stable)):
        return waiting
    if seen.traffic.canary is None:
        sentence = "Creates the split with nothing for the canary."
        return say(amend(state, weight=ZERO), "PreparingTraffic", sentence, SetWeight(canary=ZERO))
    if shifting and patient:
        return say(amend(state, weight=ZERO), "PreparingTraffic", "Gives all traffic to stable first.", SetWeight(canary=ZERO))
    if not seen.traffic.acknowledged:
        return say(state, "PreparingTraffic", "Waits until the split is in force.")
    return None


def _stable_unready(state: State, stable: Side) -> Decision | None:
    assert state.rollout is not None
    if stable.ready == 0:
        sentence = f"No pod of {stable.workload} is ready: waits for one; `canary promote` ships the new version without waiting."
        return say(state, "StableNotReady", sentence, stalled=True)
    if stable.endpoints < enough(state.rollout.plan.sizing, stable.ready):
        sentence = f"Waits for the endpoints of {stable.workload}: {stable.endpoints} of {stable.ready} ready."
        return say(state, "PreparingTraffic", sentence)
    return None


def _climb(state: State, seen: Observation) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    step = rollout.current
    assert step is not None
    if rollout.weight > ZERO and carriers(seen.canary, rollout) == 0:
        return _retreat(state, seen)
    if rollout.weight != step.weight:
        return _raise(state, seen, step)
    if decision := raise_to(state, seen, step.weight):
        return decision
    if rollout.live_at is None:
        state = amend(state, live_at=seen.now, first_live_at=rollout.first_live_at or seen.now)
    assert state.rollout is not None
    if objection := first(STEP_GATES, state.rollout, seen):
        return _resized(_heed(state, seen, objection), seen, step)
    return _leave_step(state, seen)


def _leave_step(state: State, seen: Observation) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    if rollout.step < len(rollout.plan.steps):
        return progress(_next(state, seen), seen)
    if objection := first(_BEFORE_PROMOTION, rollout, seen):
        return _heed(state, seen, objection)
    promoting = enter_promotion(state, seen)
    return say(promoting, "Promoting", f"Every step is passed: promotes {rollout.revision}.", look_again=timedelta(0))


def _retreat(state: State, seen: Observation) -> Decision:
    """No pod of the canary can take traffic: it gets none until enough are ready again."""
    rollout = state.rollout
    assert rollout is not None
    if seen.canary.broken:
        return begin_rollback(state, seen, "CanaryCannotStart", seen.canary.problem or "No pod of the canary starts.")
    state = amend(state, entered_at=seen.now)
    decision = raise_to(state, seen, ZERO)
    sentence = f"No pod of {rollout.canary_workload} is ready: takes it out of traffic until enough are."
    actions = decision.actions if decision else ()
    return say(decision.state if decision else state, "CanaryUnready", sentence, *actions)


def _raise(state: State, seen: Observation, step: Step) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    if objection := first(_BEFORE_STEP, rollout, seen):
        return _heed(state, seen, objection)
    if waiting := await_pods(state, seen, wanted_pods(rollout, step, seen)):
        return waiting
    decision = raise_to(state, seen, step.weight)
    assert decision is not None, "a weight that differs is always set"
    return decision


def await_pods(state: State, seen: Observation, wanted: int) -> Decision | None:
    """Wait for `wanted` canary pods; give up when they cannot start or the deadline is over."""
    rollout = state.rollout
    assert rollout is not None
    waiting = ready_within(state, seen, wanted)
    if waiting is None:
        return None
    if seen.canary.broken:
        return begin_rollback(state, seen, "CanaryCannotStart", seen.canary.problem or "No pod of the canary starts.")
    if seen.now >= rollout.entered_at + rollout.plan.sizing.deadline:
        return begin_rollback(state, seen, "ProgressDeadlineExceeded", waiting.sentence)
    return waiting


def wanted_pods(rollout: Rollout, step: Step, seen: Observation) -> int:
    """Canary pods that a step needs.

    They follow stable's growth, but not below its size at the start: an autoscaler shrinks stable because its traffic went here.
    """
    if rollout.plan.mesh:
        return pods_for(rollout.plan.sizing, step.weight, max(rollout.replicas, seen.stable.wanted))
    return split_pods(rollout.replicas, step.weight).canary


def _resized(decision: Decision, seen: Observation, step: Step) -> Decision:
    """The canary follows stable's size while a step waits, and a hand-made scaling is put right."""
    rollout = decision.state.rollout
    if rollout is None or decision.state.phase is Phase.ROLLING_BACK:
        return decision
    wanted = wanted_pods(rollout, step, seen)
    if seen.canary.wanted == wanted:
        return decision
    return replace(decision, actions=(size(Role.CANARY, wanted, seen), *decision.actions))


def _next(state: State, seen: Observation) -> State:
    assert state.rollout is not None
    return amend(state, step=state.rollout.step + 1, attempt=1, entered_at=seen.now, live_at=None)


def _heed(state: State, seen: Observation, objection: Wait | Condemn) -> Decision:
    if isinstance(objection, Condemn):
        return begin_rollback(state, seen, objection.reason, objection.sentence)
    state = replace(state, phase=Phase.PAUSED if objection.paused else Phase.PROGRESSING)
    stalled = bool(seen.findings)
    return say(state, objection.reason, objection.sentence, *objection.actions, look_again=objection.look_again, stalled=stalled)
