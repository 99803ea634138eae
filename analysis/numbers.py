"""One look at metrics of a provider that answers numbers: a value as it is, counts as counters that we keep ourselves.

Such a provider has no raw counters; it says how many events there were in a window. Windows follow on each other without gap or
overlap, and what they hold is added up, so that the judge sees counters like any other's. They begin at zero with this reader:
what happens while nobody reads (the controller is down, the credentials are refused) is counted for neither version.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite, isnan

from analysis.answers import as_number, brief, unanswered
from analysis.collect import Key, Wanted
from analysis.counts import Counts, series_key
from analysis.plan import BuiltinMeasure, CountsMeasure, Subject, ValueMeasure, Version
from analysis.providers.base import Answer, Ask, NumberSource, Point, ProviderError, Scalar, Unusable, Vector
from analysis.reading import MAX_SERIES, Counted, Measured, Problem, Reading, Trouble
from analysis.templates import BadTemplate, blanks

_LONGEST = timedelta(hours=1)
_REMEDY = "aggregate them in the query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a provider is asked. `delay` is how late its data are complete, `lookback` how long the window of a value is.

    Windows end at multiples of `grain`: finer ones would cut through the provider's own.
    """

    delay: timedelta
    lookback: timedelta
    grain: timedelta


@dataclass(slots=True)
class _Kept:
    """Counters of one metric: events of both versions up to `end`."""

    since: str
    end: datetime
    totals: dict[Version, dict[str, float]] = field(default_factory=lambda: {version: {} for version in Version})


class NumbersReader:
    """Reads the metrics of one provider that answers numbers."""

    def __init__(self, source: NumberSource, pace: Pace) -> None:
        self._source = source
        self._pace = pace
        self._kept: dict[Key, _Kept] = {}
        self._values: dict[Key, tuple[datetime, Reading]] = {}

    @property
    def turned_away(self) -> bool:
        """Were the credentials refused? They may have been changed since they were read."""
        return self._source.turned_away

    async def close(self) -> None:
        """Gives up connections."""
        await self._source.close()

    async def look(self, wanted: Sequence[Wanted], at: datetime) -> Mapping[Key, Reading]:
        """A reading for everything that is wanted. Raises nothing of the provider's."""
        keys = {one.key for one in wanted}
        self._kept = {key: kept for key, kept in self._kept.items() if key in keys}
        self._values = {key: value for key, value in self._values.items() if key in keys}
        end = _floor(at - self._pace.delay, self._pace.grain)
        return dict(
            zip((one.key for one in wanted), await asyncio.gather(*(self._read(one, end) for one in wanted)), strict=True)
        )

    async def _read(self, one: Wanted, end: datetime) -> Reading:
        try:
            match one.plan.measure:
                case ValueMeasure() as value:
                    return await self._value(one, value, end)
                case CountsMeasure() as counts:
                    return await self._counts(one, counts, end)
                case BuiltinMeasure():
                    sentence = "Built-in metrics are read from a Prometheus: write counts or a value for this provider."
                    return Problem(Trouble.QUERY_ERROR, sentence)
        except ProviderError as error:
            return unanswered(error)
        except BadTemplate as error:
            return Problem(Trouble.BAD_TEMPLATE, str(error))

    async def _answers(self, asks: Sequence[Ask]) -> list[Answer]:
        """All answers, or the first error once every request has ended: none is left behind when the reader is closed."""
        answers: list[Answer] = []
        for answer in await asyncio.gather(*map(self._source.number, asks), return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer
            answers.append(answer)
        return answers

    # -- values ---------------------------------------------------------------------------------------------------------

    async def _value(self, one: Wanted, measure: ValueMeasure, end: datetime) -> Reading:
        """The same window is not asked for twice: it would cost the provider's quota and say the same."""
        known = self._values.get(one.key)
        if known is not None and known[0] == end:
            return known[1]
        asks = [self._ask(measure.query, one.subject, version, end) for version in (Version.CANARY, Version.STABLE)]
        found = await self._answers(asks)
        canary, stable = (as_number(answer, measure.query, _REMEDY) for answer in found)
        reading = canary if isinstance(canary, Problem) else Measured(canary=canary, stable=_shown(stable))
        self._values[one.key] = (end, reading)
        return reading

    def _ask(self, template: str, subject: Subject, version: Version, end: datetime) -> Ask:
        return Ask(template=template, blanks=blanks(subject, version), start=end - self._pace.lookback, end=end)

    # -- counts ---------------------------------------------------------------------------------------------------------

    async def _counts(self, one: Wanted, measure: CountsMeasure, end: datetime) -> Reading:
        sought = brief(measure.total)
        kept = self._kept.get(one.key)
        if kept is None:
            kept = self._kept[one.key] = _begun(end)
        elif kept.end < end:
            problem = await self._continue(kept, one.subject, measure, end)
            if problem is not None:
                return problem
        return Counted(stable=dict(kept.totals[Version.STABLE]), canary=dict(kept.totals[Version.CANARY]), sought=sought)

    async def _continue(self, kept: _Kept, subject: Subject, measure: CountsMeasure, end: datetime) -> Problem | None:
        """Adds the window up to `end`, or says why nothing was added: then the next window holds this one too."""
        start = max(kept.end, end - _LONGEST)
        asked = [
            (version, counts, template)
            for version in Version
            for counts, template in ((Counts.EVENTS, measure.total), (Counts.ONLY_BAD, measure.bad))
        ]
        asks = [
            Ask(template=template, blanks=blanks(subject, version), start=start, end=end, total=True)
            for version, _, template in asked
        ]
        answers = await self._answers(asks)
        added: dict[Version, dict[str, float]] = {version: dict(kept.totals[version]) for version in Version}
        seen = False
        for (version, counts, template), answer in zip(asked, answers, strict=True):
            points = _events(answer, template)
            if isinstance(points, Problem):
                return points
            seen = seen or (counts is Counts.EVENTS and bool(points))
            for point in points:
                key = series_key(counts, {**point.labels, "since": kept.since})
                added[version][key] = added[version].get(key, 0.0) + point.value
        if not seen:
            return Problem(Trouble.EMPTY, f"{brief(measure.total)} gave nothing for either version since {start:%H:%M:%S}.")
        kept.totals, kept.end = added, end
        return None


def _begun(end: datetime) -> _Kept:
    """Both versions begin at zero, at the same time. The counters are named after it, since others may have gone before."""
    kept = _Kept(since=end.astimezone(UTC).isoformat(timespec="seconds"), end=end)
    for totals in kept.totals.values():
        totals[series_key(Counts.EVENTS, {"since": kept.since})] = 0.0
    return kept


def _events(answer: Answer, template: str) -> Sequence[Point] | Problem:
    """How many events there were, by series; an answer of nothing, or of NaN, is of no event."""
    match answer:
        case Unusable(what):
            return Problem(Trouble.NOT_A_NUMBER, f"{brief(template)} gave {what} where a number of events is wanted.")
        case Scalar(value):
            points: Sequence[Point] = (Point({}, value),)
        case Vector(found):
            points = found
    if len(points) > MAX_SERIES:
        sentence = f"{brief(template)} gave {len(points):,} series, more than the {MAX_SERIES:,} that are counted: {_REMEDY}."
        return Problem(Trouble.TOO_MANY_SERIES, sentence)
    points = [point for point in points if not isnan(point.value)]
    for point in points:
        if not isfinite(point.value) or point.value < 0:
            sentence = f"{brief(template)} gave {point.value:g} where a number of events is wanted."
            return Problem(Trouble.NOT_A_COUNTER, sentence)
    return points


def _shown(stable: float | Problem) -> float | None:
    return None if isinstance(stable, Problem) else stable


def _floor(time: datetime, grain: timedelta) -> datetime:
    seconds = grain.total_seconds()
    return datetime.fromtimestamp(time.timestamp() // seconds * seconds, UTC)
