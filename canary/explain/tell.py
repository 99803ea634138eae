"""Records into a story: steps from decisions, changes of mind from measurements, and all of it in one order of time. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby, pairwise

from analysis.counts import Tally
from analysis.verdict import Ratio, Verdict
from analysis.wording import share
from canary.api.ratio import format_ratio
from canary.explain.records import Records, Said, Stand
from canary.explain.story import Event, Look, Metric, Mind, Rescue, Served, Step, Story, Wait
from canary.store.evidence import Measurement
from strategies.model import Phase

_CLIMBING = (Phase.PROGRESSING, Phase.PAUSED)
_BACK = (Phase.ROLLING_BACK, Phase.ROLLED_BACK)


def tell(records: Records) -> Story:
    """The story that the records tell."""
    rollout = records.rollout
    found = tuple(_metrics(records))
    rescue = _rescue(records, found)
    metrics = tuple(sorted(found, key=lambda metric: rescue is None or metric.name != rescue.metric))  # the guilty one first
    return Story(
        namespace=rollout.namespace,
        canary=rollout.canary,
        id=rollout.id,
        number=rollout.number,
        revision=rollout.revision,
        image=rollout.image,
        beside=rollout.stable_revision,
        started=rollout.started_at,
        ended=rollout.ended_at,
        outcome=rollout.outcome,
        reason=rollout.reason or (records.said[-1].reason if records.said else ""),
        sentence=rollout.sentence or (records.said[-1].sentence if records.said else ""),
        steps=tuple(_steps(records)),
        metrics=metrics,
        events=tuple(sorted(_events(records, metrics), key=lambda event: (event.at, event.subject == ""))),
        rescue=rescue,
        served=tuple(_served(metrics)),
        weights=tuple(_weights(records.said)),
        author=records.author,
        missing=records.missing,
    )


def _steps(records: Records) -> Iterator[Step]:
    climb = [said for said in records.said if said.phase in _CLIMBING and said.step is not None]
    after = next((said for said in records.said if said.phase not in _CLIMBING and said.phase is not None), None)
    ended = after.at if after is not None else records.rollout.ended_at
    groups = [(number or 0, list(group)) for number, group in groupby(climb, key=lambda said: said.step)]
    ends = [group[0].at for _, group in groups[1:]]
    for (number, group), end in zip(groups, [*ends, ended], strict=False):
        last = group is groups[-1][1]
        yield Step(
            number=number,
            weight=_planned(records, number),
            began=group[0].at,
            ended=end,
            passed=not last or (after is not None and after.phase not in _BACK),
            waits=tuple(_waits(group, end)),
        )


def _waits(group: Sequence[Said], end: datetime | None) -> Iterator[Wait]:
    ends = [said.at for said in group[1:]]
    for said, ended in zip(group, [*ends, end], strict=True):
        yield Wait(reason=said.reason, sentence=said.sentence, began=said.at, ended=ended)


def _planned(records: Records, number: int) -> Decimal:
    steps = records.rollout.plan.get("steps", ())
    return Decimal(str(steps[number - 1]["weight"])) if 0 < number <= len(steps) else Decimal(0)


def _metrics(records: Records) -> Iterator[Metric]:
    if not records.measurements:
        yield from (Metric(name=stand.metric, minds=(_stood(stand),), last=_stood(stand)) for stand in records.stands)
        return
    for name in dict.fromkeys(look.metric for look in records.measurements):
        looks = [look for look in records.measurements if look.metric == name]
        changed = [looks[0], *(after for before, after in pairwise(looks) if before.verdict is not after.verdict)]
        yield Metric(
            name=name,
            minds=tuple(map(_mind, changed)),
            last=_mind(looks[-1]),
            looks=tuple(Look(at=look.at, counts=_tally(look), evidence=look.evidence, bound=look.bound) for look in looks),
        )


def _mind(look: Measurement) -> Mind:
    counts = _tally(look)
    known = look.ratio_low is not None
    interval = Ratio(low=look.ratio_low or 0.0, estimate=look.ratio, high=look.ratio_high) if known else None
    return Mind(
        at=look.at,
        metric=look.metric,
        verdict=str(look.verdict),
        sentence=look.sentence,
        canary=share(counts.canary_bad, counts.canary_total),
        stable=share(counts.stable_bad, counts.stable_total),
        counts=counts,
        evidence=look.evidence,
        bound=look.bound,
        ratio=None if interval is None else format_ratio(interval),
        interval=interval,
    )


def _stood(stand: Stand) -> Mind:
    return Mind(
        at=stand.at,
        metric=stand.metric,
        verdict=stand.verdict,
        sentence=stand.sentence,
        canary=stand.canary,
        stable=stand.stable,
        evidence=stand.evidence,
        bound=stand.bound,
        ratio=stand.ratio,
    )


def _tally(look: Measurement) -> Tally:
    return Tally(look.canary_bad, look.canary_total, look.stable_bad, look.stable_total)


def _events(records: Records, metrics: Iterable[Metric]) -> Iterator[Event]:
    phase = None
    for said in records.said:
        what = said.reason if said.phase in (phase, None, said.reason) else f"{said.phase}: {said.reason}"
        phase = said.phase
        yield Event(at=said.at, subject="", what=what, sentence=said.sentence, weight=said.weight)
    for mind in (mind for metric in metrics for mind in metric.minds):
        yield Event(at=mind.at, subject=mind.metric, what=mind.verdict, sentence=mind.sentence)
    for run in records.runs:
        subject = f"{run.kind} {run.name}"
        yield Event(at=run.finished_at or run.started_at, subject=subject, what=str(run.status), sentence=run.detail)
    for command in records.commands:
        words = (f"because: {command.why}" if command.why else "", command.sentence or "")
        what = f"{command.verb} ({command.outcome or 'not answered'})"
        yield Event(at=command.received_at, subject=command.who, what=what, sentence=". ".join(filter(None, words)))


def _rescue(records: Records, metrics: Iterable[Metric]) -> Rescue | None:
    back = next((said for said in records.said if said.phase is Phase.ROLLING_BACK), None)
    if back is None:
        return None
    zero = next((said.at for said in records.said if said.phase in _BACK and said.weight == 0), None)
    for metric in metrics:
        fail = next((mind for mind in metric.minds if mind.verdict == Verdict.FAIL and mind.at <= back.at), None)
        if fail is not None and fail.sentence in back.sentence:
            return Rescue(metric=metric.name, sign=_first_sign(metric, fail.at), decided=fail.at, zero=zero)
    return Rescue(metric=None, sign=None, decided=back.at, zero=zero)


def _first_sign(metric: Metric, until: datetime) -> datetime | None:
    """The look from which on the canary's share of bad events stayed above stable's."""
    sign = None
    for look in metric.looks:
        if look.at > until:
            break
        worse = look.counts.canary_bad > 0 and look.counts.canary_share > look.counts.stable_share
        sign = (sign or look.at) if worse else None
    return sign


def _served(metrics: Iterable[Metric]) -> Iterator[Served]:
    for metric in metrics:
        counts = metric.last.counts
        if counts is None or counts.canary_total == 0:
            continue
        expected = counts.canary_total * counts.stable_share if counts.stable_total > 0 else None
        excess = None if expected is None else counts.canary_bad - expected
        yield Served(metric=metric.name, requests=counts.canary_total, bad=counts.canary_bad, excess=excess)


def _weights(said: Iterable[Said]) -> Iterator[tuple[datetime, Decimal]]:
    last = None
    for each in said:
        if each.weight is not None and each.weight != last:
            last = each.weight
            yield each.at, each.weight
