"""What is written down of a decision, as values: the journal's rows, the line in the history, the answer to a command. Pure."""

from dataclasses import replace
from datetime import datetime

from canary.api.status_fields import CommandStatus, HistoryLine
from canary.controller.sight import Sight
from canary.store.journal import CommandRecord, DecisionRecord, RolloutRecord
from strategies.model import Decision, Phase, Rollout, State


def history_lines(before: State, decision: Decision, now: datetime) -> tuple[HistoryLine, ...]:
    """What is added to the history in the status: a line when a rollout has ended."""
    rollout, state = before.rollout, decision.state
    if rollout is None or (state.rollout is not None and state.rollout.id == rollout.id):
        return ()
    return (
        HistoryLine(
            number=rollout.number,
            revision=rollout.revision,
            image=rollout.image,
            outcome=rollout.why if state.phase is Phase.IDLE else str(outcome_of(state)),
            started_at=rollout.started_at,
            ended_at=now,
            sentence=state.sentence or decision.sentence,
        ),
    )


def outcome_of(state: State) -> Phase:
    """How a rollout ended after which this is the state: one that is taken back at once had been promoted."""
    return Phase.PROMOTED if state.rollout is not None else state.phase


def _refusal(decision: Decision) -> str | None:
    """What is said of a refused command; None when there was none. One that could not be read has no verb to name."""
    if decision.refused is None or decision.command is None:
        return decision.refused
    return f"`{decision.command.verb}` was refused: {decision.refused}"


def answer_of(decision: Decision, now: datetime) -> CommandStatus | None:
    """The answer to a command for the status; None when none was answered."""
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


def decision_record(sight: Sight, before: State, decision: Decision, now: datetime) -> DecisionRecord:
    """The journal's row of a decision; a refused command is the news of it."""
    namespace, name = sight.scene.key
    state, rollout = decision.state, decision.state.rollout or before.rollout
    return DecisionRecord(
        namespace=namespace,
        canary=name,
        at=now,
        phase=state.phase,
        reason="CommandRefused" if decision.refused else decision.reason,
        sentence=_refusal(decision) or decision.sentence,
        rollout_id=rollout.id if rollout else None,
        step=rollout.step if rollout else None,
        weight=rollout.weight if rollout else None,
        actor=decision.command.who if decision.command else None,
        detail={"actions": [type(action).__name__ for action in decision.actions]},
    )


def command_record(sight: Sight, decision: Decision, now: datetime) -> CommandRecord:
    """The journal's row of the command that was answered, which there must be."""
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


def begun(sight: Sight, rollout: Rollout, state: State) -> RolloutRecord:
    """The journal's row of a rollout while it runs; `state` is one of those in which it does."""
    namespace, name = sight.scene.key
    return RolloutRecord(
        id=rollout.id,
        namespace=namespace,
        canary=name,
        number=rollout.number,
        revision=rollout.revision,
        image=rollout.image,
        started_at=rollout.started_at,
        stable_revision=_beside(rollout, state),
        plan={"steps": [{"weight": str(step.weight), "hold": step.hold.total_seconds()} for step in rollout.plan.steps]},
    )


def ended(sight: Sight, rollout: Rollout, before: State, decision: Decision, now: datetime) -> RolloutRecord:
    """The journal's row of a rollout that this decision has ended."""
    return replace(
        begun(sight, rollout, before),
        ended_at=now,
        outcome=str(outcome_of(decision.state)),
        reason=rollout.why or decision.reason,
        sentence=decision.state.sentence or decision.sentence,
    )


def _beside(rollout: Rollout, state: State) -> str | None:
    """What the rollout is tried against; once it has arrived, that is the previous revision."""
    return state.previous if state.stable == rollout.revision else state.stable
