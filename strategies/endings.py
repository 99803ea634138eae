"""How a rollout leaves its steps: the way into a promotion, and the way back.

Both ways in are here, apart from what follows them, because steps, promotions and commands all lead to them.
"""

from dataclasses import replace
from datetime import timedelta

from strategies.actions import Hold, Release, Role, Run, Template
from strategies.gates import run_id
from strategies.model import Decision, Edge, Mode, Observation, Phase, Rollout, RunResult, Stage, State
from strategies.posture import ZERO, amend, say, settle

SUPERSEDED = "Superseded"
REVERTED = "Reverted"
DELETED = "CanaryDeleted"
RECOVERED = "Recovered"
UNBLAMED = frozenset({SUPERSEDED, REVERTED, DELETED, RECOVERED})  # endings that say nothing about the version


def enter_promotion(state: State, seen: Observation, stage: Stage = Stage.SHIFTING) -> State:
    """The rollout's next stage of promotion begins now."""
    return replace(amend(state, stage=stage, entered_at=seen.now, paused=False), phase=Phase.PROMOTING)


def begin_rollback(state: State, seen: Observation, reason: str, sentence: str) -> Decision:
    """Turn round: the first action of the answer takes the canary out of traffic."""
    return roll_back(turned(state, seen, reason, sentence), seen)


def turned(state: State, seen: Observation, reason: str, sentence: str) -> State:
    """The state of a rollout that is rolled back from now on."""
    rollout = state.rollout
    assert rollout is not None
    served = rollout.first_live_at is not None or rollout.weight > ZERO
    rolling = amend(
        state,
        stage=Stage.SETTLING,
        entered_at=seen.now,
        zero_at=None if served else rollout.started_at - rollout.plan.drain,
        paused=False,
        why=reason,
        sentence=sentence,
    )
    return replace(rolling, phase=Phase.ROLLING_BACK)


def roll_back(state: State, seen: Observation) -> Decision:
    """Weight 0 first; then the template, the drain, the pods, the split, the leaves."""
    rollout = state.rollout
    assert rollout is not None
    released = seen.intent.mode is Mode.IN_PLACE and not seen.held
    if released and seen.stable.revision not in (None, state.stable):
        # The Deployment was replaced by one that never ran the stable version: what it runs is all there is.
        state = replace(state, stable=seen.stable.revision)
    decision = settle(state, seen, Role.STABLE, least=1)
    if released and seen.stable.found and seen.tried != state.stable:
        decision = decision or say(state, "RollingBack", f"Puts the template of {state.stable} back.")
        decision = replace(decision, actions=(*decision.actions, Release(template=Template.STABLE)))
    if decision is None and released and seen.stable.found:
        name = rollout.stable_workload
        decision = (
            say(state, "RollingBack", f"Holds {name} again.", Hold())
            if seen.stable.settled
            else say(state, "RollingBack", f"Waits until {name} is back on {state.stable}.")
        )
    notices = notify(rollout, seen, Edge.ON_ROLLBACK) if rollout.why not in UNBLAMED else ()
    if decision is None and notices and rollout.entered_at == seen.now:
        decision = say(state, "RollingBack", "Nothing of it is left.", look_again=timedelta(0))  # a moment to be told of
    if decision is None:
        return _rolled_back(state)
    reason = decision.reason if decision.stalled else rollout.why
    sentence = f"{rollout.sentence} {decision.sentence}"
    return replace(decision, actions=(*decision.actions, *notices), reason=reason, sentence=sentence)


def _rolled_back(state: State) -> Decision:
    rollout = state.rollout
    assert rollout is not None
    blameless = rollout.why in UNBLAMED
    ended = replace(
        state,
        phase=Phase.IDLE if blameless else Phase.ROLLED_BACK,
        reason=rollout.why,
        sentence=rollout.sentence,
        rejected=state.rejected if blameless else rollout.revision,
        rollout=None,
    )
    return say(ended, rollout.why, rollout.sentence, look_again=timedelta(0))


def notify(rollout: Rollout, seen: Observation, edge: Edge) -> tuple[Run, ...]:
    """The notices of an edge that have not been sent yet."""
    ids = {call.name: run_id(rollout, call.name, edge) for call in rollout.plan.hooks if edge in call.edges}
    sent: dict[str, RunResult] = dict(seen.runs)
    return tuple(Run(id=id_, name=name, edge=edge) for name, id_ in ids.items() if id_ not in sent)
