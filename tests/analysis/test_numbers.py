"""Values and counts of providers that have no raw counters: every event is counted once, however the looks fall."""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.collect import Wanted
from analysis.counts import Counters, Tally, take
from analysis.numbers import NumbersReader, Pace
from analysis.plan import CountsMeasure, Threshold, ValueMeasure
from analysis.providers.base import Answer, Ask, ErrorKind, Point, ProviderError, Scalar, Unusable, Vector
from analysis.reading import Counted, Measured, Problem, Trouble
from tests.analysis.world import ERROR_SHARE, NOON, a_plan, a_subject, vector

HEAP = a_plan("heap", ValueMeasure(query="heap {{deployment}}"), Threshold(max=2))
ORDERS = a_plan("orders", CountsMeasure(bad="failed {{deployment}}", total="all {{deployment}}"))
PACE = Pace(delay=timedelta(seconds=30), lookback=timedelta(minutes=5), grain=timedelta(seconds=10))
SECOND = timedelta(seconds=1)
ONE = Scalar(1.0)


@dataclass
class Log:
    """A NumberSource that counts what is in its log: events by version, each with its second and whether it failed."""

    events: list[tuple[str, int, bool]] = field(default_factory=list)
    asked: list[Ask] = field(default_factory=list)
    answered: list[Ask] = field(default_factory=list)
    down: bool = False
    turned_away: bool = False

    async def number(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        if self.down:
            raise ProviderError(ErrorKind.TIMEOUT, "It was late.")
        self.answered.append(ask)
        begin, end = ((time - NOON) / SECOND for time in (ask.start, ask.end))
        found = sum(
            1
            for version, second, failed in self.events
            if version == ask.blanks["deployment"] and begin <= second < end and (failed or ask.template.startswith("all"))
        )
        return Scalar(float(found)) if found else Vector(())

    async def close(self) -> None:
        """Nothing to give up."""


@dataclass
class Book:
    """A NumberSource that gives the same answers by version."""

    canary: Answer | ProviderError
    stable: Answer | ProviderError = ONE
    asked: list[Ask] = field(default_factory=list)
    turned_away: bool = False

    async def number(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        found = self.canary if ask.blanks["deployment"].endswith("-canary") else self.stable
        if isinstance(found, ProviderError):
            raise found
        return found

    async def close(self) -> None:
        """Nothing to give up."""


async def look(reader, seconds=0.0, plan=ORDERS):
    return (await reader.look([Wanted(a_subject(), plan)], NOON + seconds * SECOND))["bookinfo", "reviews", plan.name]


async def tallied(reader, times) -> Tally:
    """What the judge counts over these looks."""
    counters, tally = Counters(), Tally()
    for time in times:
        reading = await look(reader, time)
        if isinstance(reading, Counted):
            counters, increment = take(counters, reading.stable, reading.canary)
            tally = tally if increment is None else tally + increment.tally
    return tally


# -- values ------------------------------------------------------------------------------------------------------------


async def test_a_value_is_read_per_version_about_a_window_that_is_complete():
    book = Book(canary=Scalar(2.0))
    assert Measured(canary=2.0, stable=1.0) == await look(NumbersReader(book, PACE), 38, HEAP)
    ends = NOON  # 38 s less the delay of 30 s, in steps of 10 s
    assert {(ask.blanks["deployment"], ask.template, ask.start, ask.end, ask.total) for ask in book.asked} == {
        ("reviews", "heap {{deployment}}", ends - PACE.lookback, ends, False),
        ("reviews-canary", "heap {{deployment}}", ends - PACE.lookback, ends, False),
    }


async def test_the_same_window_is_not_asked_for_twice():
    book = Book(canary=Scalar(2.0))
    reader = NumbersReader(book, PACE)
    for seconds in (0, 5, 9, 10, 15):
        await look(reader, seconds, HEAP)
    assert len(book.asked) == 4


async def test_an_outage_is_asked_about_again_at_once():
    book = Book(canary=ProviderError(ErrorKind.UNAVAILABLE, "It is down."))
    reader = NumbersReader(book, PACE)
    assert Problem(Trouble.QUERY_ERROR, "It is down.") == await look(reader, 0, HEAP)
    book.canary = Scalar(2.0)
    assert Measured(canary=2.0, stable=1.0) == await look(reader, 1, HEAP)


async def test_stable_need_not_have_a_value():
    assert Measured(canary=2.0) == await look(NumbersReader(Book(Scalar(2.0), Vector(())), PACE), plan=HEAP)


@pytest.mark.parametrize(
    ("answer", "trouble", "says"),
    [
        (Vector(()), Trouble.EMPTY, "gave nothing"),
        (Scalar(math.nan), Trouble.NAN, "gave NaN"),
        (Scalar(math.inf), Trouble.NOT_A_NUMBER, "gave inf"),
        (Unusable("a list"), Trouble.NOT_A_NUMBER, "gave a list where a number is wanted."),
        (vector(({"a": "1"}, 1.0), ({"a": "2"}, 2.0)), Trouble.SEVERAL_SERIES, "2 series where one is wanted: aggregate them in"),
        (ProviderError(ErrorKind.TIMEOUT, "It was late."), Trouble.TIMEOUT, "It was late."),
        (ProviderError(ErrorKind.PARTIAL, "It was half of it."), Trouble.QUERY_ERROR, "It was half of it."),
    ],
)
async def test_what_is_no_value_is_told_apart(answer, trouble, says):
    found = await look(NumbersReader(Book(answer), PACE), plan=HEAP)
    assert found.trouble is trouble
    assert says in found.sentence


# -- counts ------------------------------------------------------------------------------------------------------------


async def test_windows_follow_on_each_other():
    log = Log([("reviews", 0, False), ("reviews-canary", 5, False)])
    reader = NumbersReader(log, PACE)
    for seconds in (30, 45, 47, 75):
        await look(reader, seconds)
    windows = sorted({((ask.start - NOON) / SECOND, (ask.end - NOON) / SECOND) for ask in log.asked})
    assert windows == [(0, 10), (10, 40)]
    assert all(ask.total for ask in log.asked)


async def test_the_first_look_only_begins():
    reader = NumbersReader(Log([("reviews-canary", -5, True)]), PACE)
    reading = await look(reader)
    assert [*reading.canary.values(), *reading.stable.values()] == [0.0, 0.0]


async def test_bad_events_that_nobody_knows_of_are_none():
    log = Log([(version, second, False) for version in ("reviews", "reviews-canary") for second in range(60)])
    assert await tallied(NumbersReader(log, PACE), (30, 60, 90)) == Tally(0, 60, 0, 60)


async def test_groups_are_counted_by_themselves():
    book = Book(canary=vector(({"pod": "a"}, 2.0), ({"pod": "b"}, 3.0)), stable=Scalar(9.0))
    reader = NumbersReader(book, PACE)
    await look(reader)
    reading = await look(reader, 10)
    since = "2026-03-02T11:59:30+00:00"
    assert reading.canary == {
        f"e~{{since='{since}'}}": 0.0,
        f"e{{pod='a',since='{since}'}}": 2.0,
        f"e{{pod='b',since='{since}'}}": 3.0,
        f"o{{pod='a',since='{since}'}}": 2.0,
        f"o{{pod='b',since='{since}'}}": 3.0,
    }


async def test_a_window_without_any_event_is_asked_about_again_with_the_next():
    log = Log([("reviews-canary", 5, True)])
    reader = NumbersReader(log, PACE)
    await look(reader, 20)
    late, log.events = log.events, []
    assert Trouble.EMPTY is (await look(reader, 40)).trouble
    log.events = late
    assert sorted((await look(reader, 50)).canary.values()) == [1.0, 1.0]


async def test_an_outage_loses_nothing():
    log = Log([("reviews-canary", second, True) for second in range(100)])
    reader = NumbersReader(log, PACE)
    await look(reader, 30)
    log.down = True
    assert Trouble.TIMEOUT is (await look(reader, 60)).trouble
    log.down = False
    assert sorted((await look(reader, 90)).canary.values()) == [60.0, 60.0]


async def test_a_window_is_an_hour_at_most():
    log = Log()
    reader = NumbersReader(log, PACE)
    await look(reader, 30)
    await look(reader, 4 * 3600)
    assert {(ask.end - ask.start) for ask in log.asked} == {timedelta(hours=1)}


async def test_what_is_not_looked_at_any_more_begins_anew():
    log = Log([("reviews-canary", 5, True)])
    reader = NumbersReader(log, PACE)
    await look(reader, 30)
    await look(reader, 40)
    assert await reader.look([], NOON) == {}
    assert [*(await look(reader, 50)).canary.values()] == [0.0]


@pytest.mark.parametrize(
    ("answer", "trouble", "says"),
    [
        (Unusable("a list"), Trouble.NOT_A_NUMBER, "gave a list where a number of events is wanted."),
        (Scalar(-1.0), Trouble.NOT_A_COUNTER, "gave -1 where a number of events is wanted."),
        (Scalar(math.inf), Trouble.NOT_A_COUNTER, "gave inf where a number of events is wanted."),
        (Vector(tuple(Point({"pod": str(one)}, 1.0) for one in range(5001))), Trouble.TOO_MANY_SERIES, "gave 5,001 series"),
    ],
)
async def test_what_is_no_count_is_told_apart_and_counted_later(answer, trouble, says):
    book = Book(answer)
    reader = NumbersReader(book, PACE)
    await look(reader)
    found = await look(reader, 10)
    assert found.trouble is trouble
    assert says in found.sentence
    book.canary = Scalar(1.0)
    await look(reader, 20)
    assert max(ask.end - ask.start for ask in book.asked) == timedelta(seconds=20)


async def test_builtin_metrics_are_not_for_these_providers():
    found = await look(NumbersReader(Book(Scalar(1.0)), PACE), plan=a_plan("errors", ERROR_SHARE))
    assert found == Problem(
        Trouble.QUERY_ERROR, "Built-in metrics are read from a Prometheus: write counts or a value for this provider."
    )


async def test_a_restart_counts_nothing_twice_and_goes_on():
    """What the judge remembers is of another reader's counters; what happens in between is counted for neither version."""
    log = Log([(version, second, True) for version in ("reviews", "reviews-canary") for second in range(120)])
    counters, tally = Counters(), Tally()
    for reader, times in ((NumbersReader(log, PACE), (30, 60)), (NumbersReader(log, PACE), (90, 120, 150))):
        for time in times:
            reading = await look(reader, time)
            counters, increment = take(counters, reading.stable, reading.canary)
            tally = tally if increment is None else tally + increment.tally
    assert tally == Tally(90, 90, 90, 90)


looks = st.lists(st.tuples(st.integers(1, 90), st.booleans()), min_size=1, max_size=12)
logs = st.lists(st.tuples(st.sampled_from(["reviews", "reviews-canary"]), st.integers(-60, 900), st.booleans()), max_size=60)


@given(logs, looks, st.integers(1, 40))
async def test_every_event_between_the_first_window_and_the_last_is_counted_once(events, steps, grain):
    """However looks fall, and whichever of them fail."""
    log = Log(events)
    reader = NumbersReader(log, Pace(delay=timedelta(seconds=30), lookback=timedelta(minutes=1), grain=grain * SECOND))
    counters, tally, now = Counters(), Tally(), 30
    first = NOON.timestamp() // grain * grain - NOON.timestamp()
    for step, down in [(0, False), *steps]:
        now, log.down = now + step, down
        reading = await look(reader, now)
        if isinstance(reading, Counted):
            counters, increment = take(counters, reading.stable, reading.canary)
            tally = tally if increment is None else tally + increment.tally
    last = max([first, *((ask.end - NOON) / SECOND for ask in log.answered)])
    inside = Counter((version, failed) for version, second, failed in events if first <= second < last)
    assert tally == Tally(
        inside["reviews-canary", True],
        inside["reviews-canary", True] + inside["reviews-canary", False],
        inside["reviews", True],
        inside["reviews", True] + inside["reviews", False],
    )
