"""`plan(state, seen) -> Decision`: the whole of what Canary does, as one pure function.

The same arguments give the same answer. Commands are looked at before anything else, then deletion, then whether the user wants
another version by now, then the phase.
"""

from dataclasses import replace
from datetime import timedelta

from strategies.actions import Adopt, DeleteSplit, EnsureLeaf, Farewell, Hold, PutTemplate, Release, Role, SetWeight, Template
from strategies.commands import NO_PREVIOUS, answer
from strategies.endings import DELETED, RECOVERED, REVERTED, SUPERSEDED, begin_rollback, roll_back, turned
from strategies.model import Decision, Intent, Mode, Observation, Phase, Plan, Rollout, Stage, State, Step
from strategies.posture import ZERO, say, unroute
from strategies.progressive import progress
from strategies.promotion import REVERT, promote
from strategies.sizing import HUNDRED


def plan(state: State, seen: Observation) -> Decision:
    """What to do now. Pure: no clock but `seen.now`, no memory but `state`."""
    reply = answer(state, seen)
    decision = _bring_back(reply.state, seen) if reply.revert else _plan(reply.state, seen)
    if reply.done:
        return replace(decision, command=seen.command, answered=True, refused=reply.refused)
    if Farewell() in decision.actions:
        return decision  # nobody is left to name a command for
    return replace(decision, actions=(*decision.actions, *reply.before))  # a name can wait, weight 0 can't


def _plan(state: State, seen: Observation) -> Decision:
    if seen.deleted and (leaving := _leave(state, seen)):
        return leaving
    match state.phase:
        case Phase.ROLLING_BACK:
            return roll_back(state, seen)
        case Phase.PROMOTING:
            return _promote(state, seen)
        case Phase.PROGRESSING | Phase.PAUSED:
            return _progress(state, seen)
        case _:
            return _rest(state, seen)


def _progress(state: State, seen: Observation) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    if rollout.reverting and rollout.step == 0 and seen.tried == state.stable and _in_place(seen):
        return _put_back(state)
    if newer := _newer(state, seen):
        return begin_rollback(state, seen, *newer)
    return progress(state, seen)


def _put_back(state: State) -> Decision:
    assert state.rollout is not None
    sentence = f"Puts the template of {state.rollout.revision} back."
    return say(state, "RollingBack", sentence, PutTemplate(template=Template.PREVIOUS))


def _promote(state: State, seen: Observation) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    if rollout.stage is Stage.SHIFTING and (newer := _newer(state, seen)):
        return begin_rollback(state, seen, *newer)
    decision = promote(state, seen)
    if decision.state.rollout is not None or rollout.why != REVERT:
        return decision
    if seen.previous is None:
        sentence = f"{decision.sentence} It can't be rolled back: {NO_PREVIOUS}"
        ended = replace(decision.state, sentence=sentence)
        return replace(decision, state=ended, sentence=sentence)
    return replace(decision, state=_revert(decision.state, seen))


def _newer(state: State, seen: Observation) -> tuple[str, str] | None:
    """Does the user want another version than the one that is being tried? Reason and sentence, or None."""
    rollout = state.rollout
    assert rollout is not None
    if not _in_place(seen) and seen.intent.canary_workload != rollout.canary_workload and not rollout.reverting:
        return SUPERSEDED, f"{seen.intent.canary_workload} is to be tried instead of {rollout.canary_workload}."
    if seen.tried is None or seen.tried == rollout.revision:
        return None
    if seen.tried == state.stable:
        return REVERTED, f"The template is back on {state.stable}: nothing is left to try."
    return SUPERSEDED, f"Revision {seen.tried} came while {rollout.revision} was tried."


def _in_place(seen: Observation) -> bool:
    return seen.intent.mode is Mode.IN_PLACE


def _leave(state: State, seen: Observation) -> Decision | None:
    """A deleted Canary leaves a plain Deployment behind. None: plan as ever.

    A promotion past its release goes on first, unless the Deployment that would be released is gone.
    """
    if state.rollout is None:
        cleaning = _leftovers(state, seen) or unroute(state, seen)
        return cleaning or say(state, DELETED, "Gives the Deployment back and leaves.", Farewell())
    if state.phase is Phase.ROLLING_BACK:
        return None
    if state.phase is Phase.PROMOTING and state.rollout.stage is not Stage.SHIFTING and seen.stable.found:
        return None
    return begin_rollback(state, seen, DELETED, "The Canary is being deleted.")


def _rest(state: State, seen: Observation) -> Decision:
    """Nothing is being tried: keep the Deployment held and look for something new."""
    if cleaning := _leftovers(state, seen):
        return cleaning
    if seen.findings:
        return say(state, seen.findings[0].reason, seen.findings[0].sentence, stalled=True)
    if not seen.adopted:
        return say(state, "Adopting", "Marks what belongs to this Canary.", Adopt())
    adopted = _adopt_in_place(state, seen) if _in_place(seen) else _adopt_pair(state, seen)
    if isinstance(adopted, Decision):
        return adopted
    return _start(adopted, seen) if _wanted(adopted, seen) else _resting(adopted, seen)


def _leftovers(state: State, seen: Observation) -> Decision | None:
    """Objects of a rollout that the state knows nothing of (the status was lost) are cleared away like a rollback's."""
    kept = seen.intent.plan.keep and not seen.deleted
    split = seen.traffic.canary is not None and seen.traffic.ours and not kept
    if not _in_place(seen) or not (seen.canary.found or split):
        return None
    if not seen.held and not seen.stable.settled:
        return say(state, "WaitingForDeployment", f"Waits until {seen.stable.workload} has finished rolling.")
    known = replace(state, stable=state.stable or seen.stable.revision)
    found = _rollout(known, seen, replace(seen.intent.plan, keep=kept), seen.canary.revision or "unknown")
    # Without a mesh stable may have given its pods to the canary: it had at least as many as either has now.
    pods = seen.stable.wanted if found.plan.mesh else max(seen.stable.wanted, seen.canary.wanted)
    found = replace(found, first_live_at=seen.now, replicas=pods)
    recovered = turned(replace(known, rollout=found), seen, RECOVERED, "Found objects of an unknown rollout.")
    return roll_back(recovered, seen)


def _adopt_in_place(state: State, seen: Observation) -> State | Decision:
    name = seen.stable.workload
    if seen.held and not seen.held_by_us:
        sentence = f"Deployment {name} is paused by someone else: `kubectl rollout resume deployment/{name}` hands it over."
        return say(state, "PausedBySomeoneElse", sentence, stalled=True)
    if seen.held and seen.stable.found and seen.stable.revision is None:
        sentence = f"Deployment {name} is held but has never run, as after a restore: lets it start."
        return say(state, "NeverRan", sentence, Release(template=Template.STABLE))
    if seen.held:
        return replace(state, stable=state.stable or seen.stable.revision, stable_workload=name)
    if seen.traffic.canary is not None and seen.traffic.ours:
        sentence = f"Deployment {name} was released by hand: removes the split, whose leaves can't follow it."
        return say(state, "ResumedByHand", sentence, DeleteSplit())
    if not seen.stable.settled:
        return say(state, "WaitingForDeployment", f"Waits until Deployment {name} has finished rolling, then holds it.")
    held = replace(state, stable=seen.stable.revision, stable_workload=name)
    if state.stable not in (None, seen.stable.revision):
        sentence = f"Deployment {name} was rolled to {seen.stable.revision} by hand: it is the stable version now."
        held = replace(held, phase=Phase.IDLE, previous=state.stable, reason="RolledByHand", sentence=sentence)
    return say(held, held.reason or "Holding", held.sentence or f"Holds Deployment {name} at {held.stable}.", Hold())


def _adopt_pair(state: State, seen: Observation) -> State | Decision:
    pair = (seen.intent.stable_workload, seen.intent.canary_workload)
    if state.stable_workload in pair:
        return state
    return replace(state, stable=seen.stable.revision, stable_workload=pair[0])


def _wanted(state: State, seen: Observation) -> bool:
    if seen.tried is None or seen.tried in (state.stable, state.rejected) or seen.deleted:
        return False
    return _in_place(seen) or state.stable_workload != seen.intent.canary_workload


def _resting(state: State, seen: Observation) -> Decision:
    sentence = state.sentence or f"{state.stable} serves; nothing new to try."
    if _in_place(seen) and seen.traffic.canary is not None and seen.stable.found and not seen.stable.leaf_live:
        return say(state, "PreparingTraffic", "Points the stable leaf at what serves.", EnsureLeaf(role=Role.STABLE))
    if _in_place(seen) and seen.traffic.canary not in (None, ZERO):
        return say(state, "SplitEdited", "The split was changed by hand: gives all traffic to stable.", SetWeight(canary=ZERO))
    return say(state, state.reason or "Idle", sentence)


def _start(state: State, seen: Observation) -> Decision:
    if seen.intent.suspended:
        return say(state, "Suspended", f"Revision {seen.tried} waits: spec.suspend is true.")
    assert seen.tried is not None
    rollout = _rollout(state, seen, seen.intent.plan, seen.tried)
    started = replace(state, phase=Phase.PROGRESSING, reason="", sentence="", rollouts=rollout.number, rollout=rollout)
    if _in_place(seen) and seen.stable.wanted == 0:
        nothing = replace(rollout, stage=Stage.RELEASING, by_hand=True)
        sentence = f"{rollout.stable_workload} has 0 replicas: nobody is served, so {rollout.revision} is taken over as it is."
        return say(
            replace(started, phase=Phase.PROMOTING, rollout=nothing), "ScaledToZero", sentence, Release(template=Template.TRIED)
        )
    if not rollout.plan.mesh:
        # Stable's size is written down before any of its pods are given away.
        return say(started, "Starting", f"Begins to try {rollout.revision}.", look_again=timedelta(0))
    return replace(progress(started, seen), look_again=timedelta(0))


def _rollout(state: State, seen: Observation, pinned: Plan, revision: str) -> Rollout:
    intent: Intent = seen.intent
    number = state.rollouts + 1
    return Rollout(
        id=f"{intent.uid[:8]}-{number}",
        number=number,
        revision=revision,
        image=seen.tried_image,
        stable_workload=intent.stable_workload,
        canary_workload=intent.canary_workload,
        plan=pinned,
        started_at=seen.now,
        entered_at=seen.now,
        replicas=seen.stable.wanted,
    )


def _bring_back(state: State, seen: Observation) -> Decision:
    """In place the previous template stands in the Deployment from the first moment, whatever waited there.

    Side by side the two change places, so the first look at them in their new roles is the next one.
    """
    begun = _revert(state, seen)
    if _in_place(seen) and seen.tried != seen.previous:
        return _put_back(begun)
    if _in_place(seen):
        return _plan(begun, seen)
    return say(
        begun, "RollingBack", f"{state.stable} was rolled back by hand: {seen.previous} comes back.", look_again=timedelta(0)
    )


def _revert(state: State, seen: Observation) -> State:
    """The previous version comes back: one step to 100 %, through no gate but readiness."""
    assert seen.previous is not None
    pinned = replace(
        seen.intent.plan, steps=(Step(weight=HUNDRED, hold=timedelta(0)),), judged=False, needs_proof=False, tests=(), hooks=()
    )
    rollout = _rollout(state, seen, pinned, seen.previous)
    if not _in_place(seen):
        leaving, coming = seen.canary, seen.stable
        rollout = replace(rollout, stable_workload=leaving.workload, canary_workload=coming.workload, replicas=leaving.wanted)
    rollout = replace(
        rollout, image=seen.previous_image, reverting=True, by_hand=True, sentence=f"{state.stable} was rolled back by hand:"
    )
    return replace(state, phase=Phase.PROGRESSING, reason="", sentence="", rollouts=rollout.number, rollout=rollout)
