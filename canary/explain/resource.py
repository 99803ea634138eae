"""A rollout's records without the database: what its resource's status and the cluster's Events still know."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from canary.api.moments import parse_moment
from canary.api.status_fields import CommandStatus, HistoryLine, MetricStatus, RolloutStatus, RunStatusLine
from canary.cli.reading import Reading
from canary.explain.records import Records, Said, Stand
from canary.store.journal import CommandRecord, RolloutRecord
from canary.store.models import RunKind
from canary.store.runs import RunRecord
from strategies.model import RunStatus

_AROUND = timedelta(seconds=1)  # Events are told in whole seconds


def records_of(reading: Reading, events: Iterable[Mapping[str, Any]], number: int | None, id_: str | None) -> Records | None:
    """The rollout of this number or id, by default the one under way or else the last; None when the status forgot it."""
    status = reading.status
    running = status.rollout
    if running is not None and number in (None, running.number) and id_ in (None, running.id):
        record = _running(reading, running)
        return Records(
            rollout=record,
            said=_told(events, record),
            stands=tuple(_stand(metric) for metric in status.analysis),
            runs=tuple(_run(line, record) for line in status.tests),
            commands=_command(reading, status.command, record),
        )
    line = next((line for line in status.history if id_ is None and number in (None, line.number)), None)
    if line is None:
        return None
    record = _ended(reading, line)
    return Records(rollout=record, said=_told(events, record), commands=_command(reading, status.command, record))


def _running(reading: Reading, running: RolloutStatus) -> RolloutRecord:
    status = reading.status
    steps = [{"weight": str(step.weight), "hold": step.hold.total_seconds()} for step in running.plan.steps]
    return RolloutRecord(
        id=running.id,
        namespace=reading.namespace,
        canary=reading.name,
        number=running.number,
        revision=running.revision,
        image=running.image,
        started_at=running.started_at,
        stable_revision=status.previous if status.stable.revision == running.revision else status.stable.revision,
        reason=status.reason,
        sentence=status.message,
        plan={"steps": steps},
    )


def _ended(reading: Reading, line: HistoryLine) -> RolloutRecord:
    outcome = reading.status.outcome
    last = line is reading.status.history[0] and outcome is not None and outcome.message == line.sentence
    return RolloutRecord(
        id="",
        namespace=reading.namespace,
        canary=reading.name,
        number=line.number,
        revision=line.revision,
        image=line.image,
        started_at=line.started_at,
        ended_at=line.ended_at,
        outcome=line.outcome,
        reason=outcome.reason if last and outcome is not None else "",
        sentence=line.sentence,
    )


def _told(events: Iterable[Mapping[str, Any]], record: RolloutRecord) -> tuple[Said, ...]:
    """An Event that was counted up stands for its first and its last time; those in between are lost."""
    found = {said for event in events for said in _times(event) if _during(said.at, record)}
    return tuple(sorted(found, key=lambda said: (said.at, said.sentence)))


def _times(event: Mapping[str, Any]) -> Iterator[Said]:
    for at in {event.get("firstTimestamp"), event.get("lastTimestamp")} - {None}:
        yield Said(at=parse_moment(at), reason=str(event.get("reason", "")), sentence=str(event.get("message", "")))


def _during(at: datetime, record: RolloutRecord) -> bool:
    return record.started_at - _AROUND <= at and (record.ended_at is None or at <= record.ended_at + _AROUND)


def _stand(metric: MetricStatus) -> Stand:
    return Stand(
        metric=metric.metric,
        verdict=metric.verdict,
        at=metric.since,
        sentence=metric.sentence,
        canary=metric.canary,
        stable=metric.stable,
        evidence=metric.evidence,
        bound=metric.bound,
        ratio=metric.ratio,
    )


def _run(line: RunStatusLine, record: RolloutRecord) -> RunRecord:
    step, _, attempt = line.at.partition(".")
    test = line.edge == "test"
    return RunRecord(
        id=f"{record.id}/{line.at}/{line.edge}/{line.name}",
        rollout_id=record.id,
        kind=RunKind.TEST if test else RunKind.HOOK,
        name=line.name,
        edge=None if test else line.edge,
        step=int(step) if step.isdigit() else None,
        attempt=int(attempt) if attempt.isdigit() else 1,
        status=RunStatus(line.status) if line.status in set(RunStatus) else RunStatus.INTERRUPTED,
        started_at=record.started_at,
        detail=line.sentence,
    )


def _command(reading: Reading, command: CommandStatus | None, record: RolloutRecord) -> tuple[CommandRecord, ...]:
    """Only the last one is known, and only here if it came while this rollout ran."""
    if command is None or not _during(command.at, record):
        return ()
    return (
        CommandRecord(
            id=command.id or "",
            namespace=reading.namespace,
            canary=reading.name,
            verb=command.verb,
            who=command.who,
            why=command.why,
            received_at=command.at,
            outcome="accepted" if command.accepted else "refused",
            sentence=command.message or None,
        ),
    )
