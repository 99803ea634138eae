"""Shared pieces of a posture: what the world must look like for a side to carry traffic, or to leave it.

Functions return either what to do next, or None when the world is already as it should be. They never look at phases.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from strategies.actions import Action, DeleteCanary, DeleteLeaf, DeleteSplit, EnsureCanary, EnsureLeaf, Role, Scale, SetWeight
from strategies.model import Decision, Mode, Observation, Rollout, Side, State
from strategies.sizing import HUNDRED, enough, split_pods
from strategies.words import percent, plural

ZERO = Decimal(0)


def say(
    state: State, reason: str, sentence: str, *actions: Action, look_again: timedelta | None = None, stalled: bool = False
) -> Decision:
    """A decision that stays where it is."""
    return Decision(state=state, actions=actions, reason=reason, sentence=sentence, look_again=look_again, stalled=stalled)


def amend(state: State, **changes: object) -> State:
    """The same state with its rollout changed."""
    assert state.rollout is not None
    return replace(state, rollout=replace(state.rollout, **changes))  # type: ignore[arg-type]  # the fields are Rollout's own


def size(role: Role, replicas: int, seen: Observation) -> Action:
    """The action that gives a side this many replicas: only the canary of an in-place rollout is our own object."""
    if role is Role.CANARY and seen.intent.mode is Mode.IN_PLACE:
        return EnsureCanary(replicas=replicas)
    return Scale(role=role, replicas=replicas)


def carriers(side: Side, rollout: Rollout) -> int:
    """The pods of a side that can take traffic now: endpoints behind its leaf, or ready pods where there is no leaf."""
    return side.endpoints if rollout.plan.mesh else side.ready


def live(rollout: Rollout, seen: Observation) -> bool:
    """Is the weight we asked for the one that is in force?"""
    if rollout.plan.mesh:
        return seen.traffic.canary == rollout.weight and seen.traffic.acknowledged
    wanted = split_pods(rollout.replicas, rollout.weight)
    return (seen.canary.ready, seen.stable.ready) == (wanted.canary, wanted.stable)


def ready_within(state: State, seen: Observation, wanted: int) -> Decision | None:
    """The canary has `wanted` pods of which enough are ready; until then, say what is awaited and since when."""
    rollout = state.rollout
    assert rollout is not None
    need = enough(rollout.plan.sizing, wanted)
    have = carriers(seen.canary, rollout)
    actions = () if seen.canary.found and seen.canary.wanted == wanted else (size(Role.CANARY, wanted, seen),)
    if have >= need and not actions:
        return None
    sentence = f"Waits for {rollout.canary_workload}: {have} of {wanted} pods ready."
    if seen.canary.problem:
        sentence = f"{sentence} {seen.canary.problem}"
    left = rollout.entered_at + rollout.plan.sizing.deadline - seen.now
    return say(state, "WaitingForPods", sentence, *actions, look_again=max(left, timedelta(0)) or None)


def raise_to(state: State, seen: Observation, weight: Decimal) -> Decision | None:
    """The canary, already fit for it, gets this share; None once that is live."""
    rollout = state.rollout
    assert rollout is not None
    if rollout.weight != weight:
        state = amend(state, weight=weight, live_at=None)
        return say(state, "SettingWeight", f"Gives the canary {percent(weight)} of traffic.", *_shares(state, seen))
    if live(rollout, seen):
        return None
    edited = rollout.live_at is not None and rollout.plan.mesh
    if edited:
        return say(state, "SplitEdited", f"The split was changed by hand: puts {percent(weight)} back.", *_shares(state, seen))
    return say(state, "SettingWeight", f"Waits until {percent(weight)} is in force.", *_shares(state, seen))


def _shares(state: State, seen: Observation) -> tuple[Action, ...]:
    rollout = state.rollout
    assert rollout is not None
    if rollout.plan.mesh:
        return () if seen.traffic.canary == rollout.weight else (SetWeight(canary=rollout.weight),)
    wanted = split_pods(rollout.replicas, rollout.weight)
    sizes = ((Role.CANARY, seen.canary.wanted, wanted.canary), (Role.STABLE, seen.stable.wanted, wanted.stable))
    return tuple(size(role, target, seen) for role, current, target in sizes if current != target)


def missing_leaves(rollout: Rollout, seen: Observation) -> tuple[EnsureLeaf, ...]:
    """What puts right the leaf services that were deleted or changed by hand while there is a version behind them."""
    sides = ((Role.STABLE, seen.stable), (Role.CANARY, seen.canary))
    return tuple(EnsureLeaf(role=role) for role, side in sides if rollout.plan.mesh and side.found and not side.leaf_live)


def settle(state: State, seen: Observation, winner: Role, *, least: int) -> Decision | None:
    """The loser leaves traffic, drains and goes; then split and leaves go. None when nothing of a rollout is left.

    `least` is how many of the winner's pods must be able to take traffic before it gets all of it: one for a rollback (waiting
    for more would keep users on a version that is known bad), full strength for a promotion.
    """
    rollout = state.rollout
    assert rollout is not None
    steps = (_leave_traffic, _remove_loser, _remove_routing) if rollout.plan.mesh else (_restore_pods, _remove_loser)
    return next((answer for step in steps if (answer := step(state, seen, winner, least)) is not None), None)


def _sides(seen: Observation, winner: Role) -> tuple[Side, Side]:
    return (seen.stable, seen.canary) if winner is Role.STABLE else (seen.canary, seen.stable)


def _leave_traffic(state: State, seen: Observation, winner: Role, least: int) -> Decision | None:
    rollout = state.rollout
    assert rollout is not None
    gaining, losing = _sides(seen, winner)
    if seen.traffic.canary is None or (seen.deleted and not gaining.found):
        return None  # no split, or nobody to give the traffic to while the Canary leaves
    share = ZERO if winner is Role.STABLE else HUNDRED
    if seen.traffic.canary == share and gaining.found and not gaining.leaf_live:
        return say(state, "PreparingTraffic", f"Puts the leaf service of {gaining.workload} right.", EnsureLeaf(role=winner))
    if seen.traffic.canary != share and (not gaining.leaf_live or gaining.endpoints < least):
        leaf = (EnsureLeaf(role=winner),) if gaining.found and not gaining.leaf_live else ()
        sentence = _not_yet(gaining, losing, gaining.endpoints, least)
        return say(state, "WaitingForEndpoints", sentence, *leaf, stalled=gaining.endpoints == 0)
    if seen.traffic.canary != share:
        state = amend(state, weight=share, zero_at=None)
        return say(state, "SettingWeight", f"Takes {losing.workload} out of traffic.", SetWeight(canary=share))
    if not seen.traffic.acknowledged:
        return say(state, "SettingWeight", f"Waits until {losing.workload} is out of traffic.")
    if rollout.zero_at is None:
        state = amend(state, weight=share, zero_at=seen.now)
    return _drain(state, seen, losing)


def _not_yet(gaining: Side, losing: Side, have: int, need: int) -> str:
    wanted = f"{plural(need, 'pod')} of {gaining.workload}"
    return f"Waits until {wanted} can take traffic, {have} can: {losing.workload} goes on serving."


def _drain(state: State, seen: Observation, losing: Side) -> Decision | None:
    rollout = state.rollout
    assert rollout is not None
    assert rollout.zero_at is not None
    left = rollout.zero_at + rollout.plan.drain - seen.now
    if left <= timedelta(0) or not losing.pods:
        return None
    return say(state, "Draining", f"{losing.workload} has no new traffic and finishes what it has.", look_again=left)


def _restore_pods(state: State, seen: Observation, winner: Role, least: int) -> Decision | None:
    """Without a mesh the loser's pods are in traffic for as long as they are ready, so the winner's are made whole first."""
    rollout = state.rollout
    assert rollout is not None
    gaining, losing = _sides(seen, winner)
    grow = () if gaining.wanted >= rollout.replicas else (size(winner, rollout.replicas, seen),)
    if not losing.found or losing.wanted == 0:
        return say(state, "Restoring", f"Gives {gaining.workload} its {rollout.replicas} pods back.", *grow) if grow else None
    if gaining.ready >= least:
        return say(state, "Restoring", f"Takes {losing.workload} away.", _go(winner, seen), *grow)
    sentence = _not_yet(gaining, losing, gaining.ready, least)
    return say(state, "WaitingForEndpoints", sentence, *grow, stalled=gaining.ready == 0)


def _go(winner: Role, seen: Observation) -> Action:
    if winner is Role.STABLE and seen.intent.mode is Mode.IN_PLACE:
        return DeleteCanary()
    return Scale(role=Role.CANARY if winner is Role.STABLE else Role.STABLE, replicas=0)


def _remove_loser(state: State, seen: Observation, winner: Role, _: int) -> Decision | None:
    _gaining, losing = _sides(seen, winner)
    ours = winner is Role.STABLE and seen.intent.mode is Mode.IN_PLACE
    if not losing.found or (not ours and losing.pods == 0 and losing.wanted == 0):
        return None
    asked = not ours and losing.wanted == 0
    going = () if asked else (_go(winner, seen),)
    return say(state, "Cleaning", f"Waits until the pods of {losing.workload} are gone.", *going)


def _remove_routing(state: State, seen: Observation, _winner: Role, _least: int) -> Decision | None:
    rollout = state.rollout
    assert rollout is not None
    return None if rollout.plan.keep else unroute(state, seen)


def unroute(state: State, seen: Observation) -> Decision | None:
    """First the split goes, then the leaves: a mesh must never be sent to a leaf that is gone. None when both are."""
    if seen.traffic.canary is not None and seen.traffic.ours:
        return say(state, "Cleaning", "Removes the split.", DeleteSplit())
    sides = ((Role.STABLE, seen.stable), (Role.CANARY, seen.canary))
    leaves = tuple(DeleteLeaf(role=role) for role, side in sides if side.leaf_ours)
    if leaves and seen.traffic.canary is None:
        return say(state, "Cleaning", "Removes the leaf services.", *leaves)
    return None
