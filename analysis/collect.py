"""One look at many metrics of many canaries, with as few queries as that takes.

Built-in metrics are asked for in groups; a user's own templates can't be, and are asked one by one. Whatever goes wrong
is the reading of those who asked, and of nobody else.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import TypeVar

from analysis import latency, queries
from analysis.answers import as_number, brief, unanswered
from analysis.counts import Counts, samples
from analysis.plan import Builtin, BuiltinMeasure, CountsMeasure, MetricPlan, Subject, ValueMeasure, Version
from analysis.providers.base import Answer, ErrorKind, MetricSource, Point, ProviderError, Scalar, Unusable, Vector
from analysis.reading import Counted, Measured, Problem, Reading, Samples, Trouble
from analysis.templates import BadTemplate, fill

Key = tuple[str, str, str]
"""Namespace, name of the Canary, name of the metric."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One metric of one subject."""

    subject: Subject
    plan: MetricPlan

    @property
    def key(self) -> Key:
        """How the reading is found again."""
        return self.subject.namespace, self.subject.canary, self.plan.name


_Sought = Sequence[tuple[Wanted, latency.Slow]]
Item = TypeVar("Item")


async def collect(source: MetricSource, wanted: Sequence[Wanted], at: datetime) -> Mapping[Key, Reading]:
    """A reading for everything that is wanted of one provider, all as of the same time. Raises nothing of the provider's."""
    groups: dict[BuiltinMeasure, list[Wanted]] = {}
    looks: list[Awaitable[dict[Key, Reading]]] = []
    for one in wanted:
        if isinstance(one.plan.measure, BuiltinMeasure):
            groups.setdefault(one.plan.measure, []).append(one)
        else:
            looks.append(_single(source, one, at))
    looks.extend(
        _group(source, measure, some, at) for measure, members in groups.items() for some in _parts(members, queries.SUBJECTS)
    )
    return dict(chain.from_iterable(look.items() for look in await asyncio.gather(*looks)))


async def _group(source: MetricSource, measure: BuiltinMeasure, members: Sequence[Wanted], at: datetime) -> dict[Key, Reading]:
    try:
        match measure.builtin:
            case Builtin.ERROR_SHARE:
                return await _errors(source, measure, members, at)
            case Builtin.SLOW_SHARE:
                return await _slow(source, measure, members, at)
    except ProviderError as error:
        return dict.fromkeys((one.key for one in members), unanswered(error))


async def _errors(source: MetricSource, measure: BuiltinMeasure, members: Sequence[Wanted], at: datetime) -> dict[Key, Reading]:
    words = queries.DIALECTS[measure.dialect]
    subjects = [one.subject for one in members]
    answer, ages = await asyncio.gather(
        _vector(source, queries.error_query(words, subjects), at),
        _if_known(source, queries.age_query(words, words.requests, subjects), at),
    )
    found, aged = queries.index(words, answer.points), queries.index(words, ages.points)
    return {
        one.key: queries.stale(words, one.subject, words.requests, aged, at) or queries.error_counts(words, one.subject, found)
        for one in members
    }


async def _slow(source: MetricSource, measure: BuiltinMeasure, members: Sequence[Wanted], at: datetime) -> dict[Key, Reading]:
    words = queries.DIALECTS[measure.dialect]
    above = measure.above or timedelta()
    asked = latency.bounds_query(words, [one.subject for one in members])
    offered = queries.index(words, (await _vector(source, asked, at)).points)
    chosen = {one.key: latency.choose_bound(words, one.subject, above, offered) for one in members}
    counted = [(one, slow) for one in members if isinstance(slow := chosen[one.key], latency.Slow)]
    classic, (native, aged) = await asyncio.gather(_buckets(source, words, counted, at), _natives(source, words, counted, at))
    readings: dict[Key, Reading] = {key: slow for key, slow in chosen.items() if isinstance(slow, Problem)}
    for one, slow in counted:
        ages, metric = (offered, words.buckets) if Version.CANARY in slow.classic else (aged, words.histogram)
        old = queries.stale(words, one.subject, metric, ages, at)
        readings[one.key] = old or latency.slow_counts(words, one.subject, slow, classic, native)
    return readings


async def _buckets(source: MetricSource, words: queries.Words, sought: _Sought, at: datetime) -> queries.Index:
    subjects = [one.subject for one, slow in sought if slow.classic]
    if not subjects:
        return {}
    spellings = set().union(*(slow.spellings for _, slow in sought))
    return queries.index(words, (await _vector(source, latency.slow_query(words, subjects, spellings), at)).points)


async def _natives(
    source: MetricSource, words: queries.Words, sought: _Sought, at: datetime
) -> tuple[queries.Index, queries.Index]:
    """Native histograms of those who lack classic ones: their counters, and when their newest samples are from."""
    bounds: dict[Decimal, list[Subject]] = {}
    for one, slow in sought:
        if slow.native:
            bounds.setdefault(slow.seconds, []).append(one.subject)
    looks = (
        _native(source, words, some, bound, at)
        for bound, subjects in bounds.items()
        for some in _parts(subjects, latency.NATIVE_SUBJECTS)
    )
    answers = await asyncio.gather(*looks)
    counters, ages = ([*chain.from_iterable(answer[part] for answer in answers)] for part in (0, 1))
    return queries.index(words, counters), queries.index(words, ages)


async def _native(
    source: MetricSource, words: queries.Words, subjects: Sequence[Subject], bound: Decimal, at: datetime
) -> tuple[Sequence[Point], Sequence[Point]]:
    counters = await _if_known(source, latency.native_query(words, subjects, bound), at)
    if not counters.points:
        return (), ()
    return counters.points, (await _if_known(source, queries.age_query(words, words.histogram, subjects), at)).points


async def _single(source: MetricSource, one: Wanted, at: datetime) -> dict[Key, Reading]:
    try:
        match one.plan.measure:
            case CountsMeasure() as counts:
                return {one.key: await _counts(source, counts, one.subject, at)}
            case ValueMeasure() as value:
                return {one.key: await _value(source, value, one.subject, at)}
            case BuiltinMeasure():
                raise AssertionError("built-in metrics are asked for in groups")
    except ProviderError as error:
        return {one.key: unanswered(error)}
    except BadTemplate as error:
        return {one.key: Problem(Trouble.BAD_TEMPLATE, str(error))}


async def _counts(source: MetricSource, measure: CountsMeasure, subject: Subject, at: datetime) -> Reading:
    asked = [
        (version, counts, fill(template, subject, version))
        for version in Version
        for counts, template in ((Counts.EVENTS, measure.total), (Counts.ONLY_BAD, measure.bad))
    ]
    total = fill(measure.total, subject, Version.CANARY)
    # Of anything but a selector the times are now, which finds nothing old; the line's end ends a comment.
    aged = _if_known(source, f"max(timestamp({total}\n))", at)
    answers, ages = await asyncio.gather(asyncio.gather(*(source.query(query, at) for _, _, query in asked)), aged)
    found: dict[Version, Samples] = {Version.STABLE: {}, Version.CANARY: {}}
    for (version, counts, query), answer in zip(asked, answers, strict=True):
        counted = _as_counters(counts, answer, query)
        if isinstance(counted, Problem):
            return counted
        found[version] = {**found[version], **counted}
    if (old := queries.too_old(brief(total), [point.value for point in ages.points], at)) is not None:
        return old
    sought = f"{brief(asked[0][2])} and {brief(asked[2][2])}"
    return Counted(stable=found[Version.STABLE], canary=found[Version.CANARY], sought=sought)


def _as_counters(counts: Counts, answer: Answer, query: str) -> Samples | Problem:
    match answer:
        case Vector(points):
            return samples(counts, points, brief(query))
        case Scalar(value):
            sentence = (
                f"{brief(query)} gave the bare number {value:g}: ask for counters by selector, as in requests_total{{...}}."
            )
            return Problem(Trouble.NOT_A_COUNTER, sentence)
        case Unusable(what):
            return Problem(Trouble.NOT_A_NUMBER, f"{brief(query)} gave {what}: ask for an instant vector of counters.")


async def _value(source: MetricSource, measure: ValueMeasure, subject: Subject, at: datetime) -> Reading:
    asked = [fill(measure.query, subject, version) for version in (Version.CANARY, Version.STABLE)]
    canary, stable = await asyncio.gather(*(source.query(query, at) for query in asked))
    value = as_number(canary, asked[0])
    if isinstance(value, Problem):
        return value
    beside = as_number(stable, asked[1])
    return Measured(canary=value, stable=None if isinstance(beside, Problem) else beside)


async def _vector(source: MetricSource, query: str, at: datetime) -> Vector:
    answer = await source.query(query, at)
    if isinstance(answer, Vector):
        return answer
    raise ProviderError(ErrorKind.GARBAGE, "The metric provider answered a selector of series with something else than a vector.")


async def _if_known(source: MetricSource, query: str, at: datetime) -> Vector:
    """As `_vector`, and nothing from a provider that refuses: not all that answer Prometheus' queries know all its functions."""
    try:
        return await _vector(source, query, at)
    except ProviderError as error:
        if error.kind is not ErrorKind.REFUSED:
            raise
        return Vector(())


def _parts(many: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (many[start : start + size] for start in range(0, len(many), size))
