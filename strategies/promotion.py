"""Promotion: the canary takes everything, Kubernetes rolls the Deployment behind it, traffic comes home.

In place, the canary Deployment keeps serving until the Deployment itself runs the new template at full strength; if it cannot,
traffic stays where it is healthy. Side by side there is nothing to roll: the old Deployment leaves.
"""

from dataclasses import replace
from datetime import timedelta

from strategies.actions import Action, EnsureLeaf, Hold, Release, Role, Scale, Template
from strategies.endings import begin_rollback, enter_promotion, notify
from strategies.gates import condemned
from strategies.model import Decision, Edge, Mode, Observation, Phase, Rollout, Stage, State
from strategies.posture import amend, carriers, raise_to, say, settle
from strategies.progressive import await_pods, route
from strategies.sizing import HUNDRED, enough

REVERT = "RollbackRequested"  # asked for when the new version had already replaced the old: arrive first, then go back


def promote(state: State, seen: Observation) -> Decision:
    """Plan the stage that the promotion stands in."""
    rollout = state.rollout
    assert rollout is not None
    guilt = condemned(seen.verdicts)
    if guilt is not None and not rollout.by_hand and rollout.stage is not Stage.SETTLING:
        return begin_rollback(state, seen, guilt.reason, guilt.sentence)
    match rollout.stage:
        case Stage.SETTLING:
            return _come_home(state, seen)
        case Stage.RELEASING:
            return _release(state, seen)
        case _:
            return _shift(state, seen)


def _shift(state: State, seen: Observation) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    in_place = seen.intent.mode is Mode.IN_PLACE
    if in_place and not seen.held:
        return say(state, "Promoting", f"Holds {rollout.stable_workload} until the canary carries everything.", Hold())
    if rollout.plan.mesh and (routing := route(state, seen, patient=False)):
        return routing
    full = max(1, rollout.replicas, seen.stable.wanted if rollout.plan.mesh else 0)
    if waiting := await_pods(state, seen, full):
        return waiting
    if raising := raise_to(state, seen, HUNDRED):
        return raising
    if rollout.first_live_at is None:
        state = amend(state, first_live_at=seen.now)
    return _release(enter_promotion(state, seen, Stage.RELEASING), seen) if in_place else _arrive(state, seen)


def _release(state: State, seen: Observation) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    carrying = carriers(seen.canary, rollout)
    if rollout.plan.mesh and seen.canary.found and not seen.canary.leaf_live:
        sentence = f"Puts the leaf service of {rollout.canary_workload} right."
        return say(state, "PreparingTraffic", sentence, EnsureLeaf(role=Role.CANARY))
    if seen.canary.found and carrying == 0 and carriers(seen.stable, rollout) > 0 and seen.stable.revision == state.stable:
        return begin_rollback(state, seen, "CanaryUnready", f"No pod of {rollout.canary_workload} is ready any more.")
    if _rolled(rollout, seen) and (rollout.plan.mesh or seen.stable.wanted == rollout.replicas):
        return _arrive(state, seen)
    actions: list[Action] = []
    if seen.held or seen.tried != rollout.revision:
        actions.append(Release(template=Template.TRIED))
    elif not rollout.plan.mesh and seen.stable.wanted != rollout.replicas:
        actions.append(Scale(role=Role.STABLE, replicas=rollout.replicas))
    if rollout.plan.mesh and seen.canary.found and (drifted := raise_to(state, seen, HUNDRED)):
        return replace(drifted, actions=(*drifted.actions, *actions))
    left = rollout.entered_at + rollout.plan.sizing.deadline - seen.now
    late = left <= timedelta(0)
    sentence = f"Kubernetes rolls {rollout.stable_workload} to {rollout.revision} while the canary carries all traffic."
    if seen.stable.problem:
        sentence = f"{sentence} {seen.stable.problem}"
    if late:
        sentence = f"{sentence} It should have finished by now: traffic stays on the healthy canary until it has."
    return say(state, "Releasing", sentence, *actions, look_again=None if late else left, stalled=late)


def _rolled(rollout: Rollout, seen: Observation) -> bool:
    return seen.stable.settled and seen.stable.revision == rollout.revision and not seen.held


def _arrive(state: State, seen: Observation) -> Decision:
    """The promotion is decided: from here on the new version is the stable one."""
    rollout = state.rollout
    assert rollout is not None
    side = rollout.stable_workload if seen.intent.mode is Mode.IN_PLACE else rollout.canary_workload
    arrived = replace(
        enter_promotion(state, seen, Stage.SETTLING),
        stable=rollout.revision,
        stable_workload=side,
        previous=state.stable,
        rejected=state.stable if rollout.reverting else None,
    )
    return _come_home(arrived, seen)


def _come_home(state: State, seen: Observation) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    in_place = seen.intent.mode is Mode.IN_PLACE
    notices = notify(rollout, seen, Edge.AFTER_PROMOTION)
    if in_place and not seen.held and not _rolled(rollout, seen):
        again = (Release(template=Template.TRIED),) if seen.tried not in (None, rollout.revision) else ()
        sentence = f"Waits until {rollout.stable_workload} has finished rolling to {rollout.revision}."
        return say(state, "Releasing", sentence, *again, *notices)
    if in_place and not seen.held:
        sentence = f"{rollout.revision} runs everywhere: holds {rollout.stable_workload} again."
        return say(state, "Promoting", sentence, Hold(), *notices)
    winner = Role.STABLE if in_place else Role.CANARY
    gaining = seen.stable if in_place else seen.canary
    decision = settle(state, seen, winner, least=enough(rollout.plan.sizing, gaining.wanted))
    if decision is not None:
        # The canary goes on serving meanwhile: nobody's help is needed.
        return replace(decision, actions=(*decision.actions, *notices), stalled=False)
    return replace(_promoted(state), actions=notices)


def _promoted(state: State) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    phase = Phase.ROLLED_BACK if rollout.reverting else Phase.PROMOTED
    reason = "RolledBackByHand" if rollout.reverting else "Promoted"
    again = f"{rollout.sentence} {rollout.revision} serves again."
    sentence = again if rollout.reverting else f"{rollout.revision} is promoted."
    ended = replace(state, phase=phase, reason=reason, sentence=sentence, rollout=None)
    return say(ended, reason, sentence, look_again=timedelta(0))
