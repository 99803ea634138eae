"""What a person's command does to the state, in every phase; what cannot apply is refused with a sentence.

A bare verb could be repeated by a crash between doing it and taking the annotation away, so it first gets an id. The one
exception is a rollback of a running rollout: that must not wait, and doing it twice is doing it once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from strategies.actions import Action, NameCommand
from strategies.endings import enter_promotion, turned
from strategies.model import RESTING, Command, Mode, Observation, Phase, Rollout, Stage, State, Verb
from strategies.posture import amend
from strategies.promotion import REVERT

NO_PREVIOUS = "No previous version is known (revisionHistoryLimit may have removed it): nothing to go back to."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The state after a command. `done`: take the annotation away. `revert`: bring the previous version back."""

    state: State
    done: bool = False
    refused: str | None = None
    revert: bool = False
    before: tuple[Action, ...] = ()


def answer(state: State, seen: Observation) -> Reply:
    """Deal with the command that stands on the resource, if any."""
    if seen.command_problem is not None:
        return Reply(state=state, done=True, refused=seen.command_problem)
    command = seen.command
    if command is None:
        return Reply(state=state)
    if command.id is not None and command.id == state.last_command:
        return Reply(state=state, done=True)
    urgent = command.verb is Verb.ROLLBACK and state.phase not in RESTING
    if command.id is None and not urgent:
        return Reply(state=state, before=(NameCommand(),))
    reply = _VERBS[command.verb](state, seen, command)
    if command.id is None:
        return replace(reply, done=True)
    return replace(reply, done=True, state=replace(reply.state, last_command=command.id))


def _rollback(state: State, seen: Observation, command: Command) -> Reply:
    rollout = state.rollout
    sentence = f"Rolled back by {command.who}{command.why and ': ' + command.why}."
    if rollout is None:
        return _rollback_at_rest(state, seen)
    if state.phase is Phase.ROLLING_BACK or rollout.why == REVERT:
        return Reply(state=state, refused="A rollback is already under way.")
    if rollout.reverting:
        return Reply(state=state, refused=f"The previous version {rollout.revision} is already coming back.")
    if seen.intent.mode is Mode.SIDE_BY_SIDE and rollout.stage is Stage.SETTLING:
        return _at_once(state, seen)
    if _arrived(rollout, seen):
        return Reply(state=amend(state, why=REVERT, sentence=sentence))
    return Reply(state=turned(state, seen, "RolledBackByHand", sentence))


def _at_once(state: State, seen: Observation) -> Reply:
    """Side by side the old Deployment needs no template: it comes back without waiting until it has gone."""
    if seen.previous is None:
        return Reply(state=state, refused=NO_PREVIOUS)
    return Reply(state=replace(state, rollout=None), revert=True)


def _arrived(rollout: Rollout, seen: Observation) -> bool:
    """Has the new version already replaced the old one?"""
    rolled = seen.stable.settled and seen.stable.revision == rollout.revision and not seen.held
    return rollout.stage is Stage.SETTLING or (rollout.stage is Stage.RELEASING and rolled)


def _rollback_at_rest(state: State, seen: Observation) -> Reply:
    if state.phase is Phase.ROLLED_BACK:
        return Reply(state=state, refused=f"Already rolled back: {state.stable} serves. `canary retry` tries again.")
    if seen.previous is None or state.previous is None:
        return Reply(state=state, refused=NO_PREVIOUS)
    return Reply(state=state, revert=True)


def _promote(state: State, seen: Observation, command: Command) -> Reply:
    if state.phase is Phase.PROMOTING:
        return Reply(state=state, refused="A promotion is already under way.")
    if state.rollout is None or state.phase is Phase.ROLLING_BACK:
        return Reply(state=state, refused=_nothing(state, "promote"))
    by_hand = amend(state, by_hand=True, why="PromotedByHand", sentence=f"Promoted by {command.who}.")
    return Reply(state=enter_promotion(by_hand, seen))


def _advance(state: State, seen: Observation, _: Command) -> Reply:
    rollout = state.rollout
    if rollout is None or state.phase not in (Phase.PROGRESSING, Phase.PAUSED):
        return Reply(state=state, refused=_nothing(state, "advance"))
    if rollout.step == 0 or rollout.live_at is None:
        return Reply(state=state, refused="The step's weight is not in force yet: advance works once it is.")
    if rollout.step == len(rollout.plan.steps):
        return Reply(state=enter_promotion(amend(state, paused=False), seen))
    onward = amend(state, step=rollout.step + 1, attempt=1, entered_at=seen.now, live_at=None, paused=False)
    return Reply(state=replace(onward, phase=Phase.PROGRESSING))


def _pause(state: State, _seen: Observation, command: Command) -> Reply:
    if state.rollout is None or state.phase not in (Phase.PROGRESSING, Phase.PAUSED):
        return Reply(state=state, refused=_nothing(state, "pause"))
    if state.rollout.paused:
        return Reply(state=state, refused="Already paused: `canary resume` goes on.")
    return Reply(state=amend(state, paused=True, sentence=f"Paused by {command.who}{command.why and ': ' + command.why}."))


def _resume(state: State, _seen: Observation, _: Command) -> Reply:
    if state.rollout is None or not state.rollout.paused:
        waiting = state.rollout is not None and state.phase is Phase.PAUSED
        hint = (
            "Not paused by a command: `canary advance` passes the gate that it waits at."
            if waiting
            else _nothing(state, "resume")
        )
        return Reply(state=state, refused=hint)
    return Reply(state=amend(state, paused=False, sentence=""))


def _retry(state: State, seen: Observation, _: Command) -> Reply:
    rollout = state.rollout
    if rollout is not None and state.phase in (Phase.PROGRESSING, Phase.PAUSED):
        return Reply(state=amend(state, attempt=rollout.attempt + 1))
    if state.phase is Phase.ROLLED_BACK and state.rejected is not None and seen.tried == state.rejected:
        return Reply(state=replace(state, rejected=None))
    return Reply(state=state, refused=_nothing(state, "retry"))


def _nothing(state: State, verb: str) -> str:
    return {
        Phase.PROMOTING: f"A promotion is under way: nothing to {verb}; `canary rollback` goes back.",
        Phase.ROLLING_BACK: f"A rollback is under way: nothing to {verb}.",
        Phase.ROLLED_BACK: f"{state.stable} serves after a rollback: nothing to {verb}; a new template starts a rollout, "
        "and so does `canary retry` while the rejected one stands in the Deployment.",
    }.get(state.phase, f"Nothing is being rolled out: nothing to {verb}.")


_VERBS: dict[Verb, Callable[[State, Observation, Command], Reply]] = {
    Verb.ROLLBACK: _rollback,
    Verb.PROMOTE: _promote,
    Verb.ADVANCE: _advance,
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.RETRY: _retry,
}
