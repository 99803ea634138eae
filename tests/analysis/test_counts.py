"""Increments of raw counters, whatever processes, scrapes and people do to them."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.counts import Counters, Counts, Increment, Tally, samples, series_key, take
from analysis.providers.base import Point
from analysis.reading import MAX_SERIES, Problem, Trouble
from analysis.verdict import Verdict
from tests.analysis.world import counters

A, B = {"instance": "a"}, {"instance": "b"}


def grown(*looks: tuple[dict, dict]) -> list[Increment | None]:
    """The increments of looks at (stable, canary)."""
    state, found = Counters(), []
    for stable, canary in looks:
        state, increment = take(state, stable, canary)
        found.append(increment)
    return found


def test_the_first_look_only_seeds():
    assert grown((counters(5, 900), counters(1, 100))) == [None]


def test_increments_are_what_happened_since():
    found = grown((counters(5, 900), counters(1, 100)), (counters(6, 1000), counters(3, 148)))
    assert Tally(2, 50, 1, 101) == found[-1].tally


def test_an_absent_error_series_beside_requests_is_no_errors():
    key = series_key(Counts.EVENTS, A)
    assert Tally(0, 60, 0, 300) == grown(({key: 900}, {key: 100}), ({key: 1200}, {key: 160}))[-1].tally


def test_an_error_series_that_appears_later_counts_from_zero():
    fine = series_key(Counts.EVENTS, A)
    bad = series_key(Counts.BAD_EVENTS, A)
    assert Tally(4, 64, 0, 0) == grown(({}, {fine: 100}), ({}, {fine: 160, bad: 4}))[-1].tally


def test_the_canarys_first_series_counts_from_zero_and_stables_does_not():
    found = grown(({}, {}), (counters(50, 9000), counters(2, 40)), (counters(50, 9100), counters(2, 40)))
    assert [None, Tally(2, 42, 0, 0), Tally(0, 0, 0, 100)] == [one and one.tally for one in found]


def test_a_restarted_process_counts_from_zero():
    assert Tally(1, 13, 0, 0) == grown(({}, counters(50, 900)), ({}, counters(1, 12)))[-1].tally


def test_a_restart_of_one_process_does_not_disturb_the_others():
    before = counters(1, 100, **A) | counters(2, 200, **B)
    after = counters(0, 5, **A) | counters(3, 260, **B)
    assert Tally(1, 66, 0, 0) == grown(({}, before), ({}, after))[-1].tally


def test_a_failed_scrape_does_not_count_the_past_again():
    full = counters(1, 100, **A) | counters(2, 200, **B)
    later = counters(1, 110, **A) | counters(2, 230, **B)
    found = grown(({}, full), ({}, counters(1, 105, **A)), ({}, later))
    assert [one.tally.canary_total for one in found[1:]] == [5, 35]


def test_a_sum_that_falls_counts_nothing_and_says_so():
    key = series_key(Counts.EVENTS, {"team": "shop"})
    found = grown(({}, {key: 1000}), ({}, {key: 900}), ({}, {key: 950}))
    assert [one.tally.canary_total for one in found[1:]] == [0, 50]
    assert found[1].note == "canary: a sum of counters fell, so nothing was counted from it"


def test_more_bad_events_than_events_are_clamped_and_said():
    bad, total = series_key(Counts.ONLY_BAD, A), series_key(Counts.EVENTS, A)
    found = grown(({}, {bad: 0, total: 0}), ({}, {bad: 9, total: 4}))[-1]
    assert Tally(4, 4, 0, 0) == found.tally
    assert found.note == "canary: 9 bad events out of 4 are counted as 4"


def test_slow_events_are_all_less_the_fast_ones():
    every, fast = series_key(Counts.BAD_EVENTS, {**A, "le": "+Inf"}), series_key(Counts.ONLY_FINE, {**A, "le": "500"})
    assert Tally(10, 100, 0, 0) == grown(({}, {every: 100, fast: 95}), ({}, {every: 200, fast: 185}))[-1].tally


@pytest.mark.parametrize(
    ("value", "trouble", "verdict", "sentence"),
    [
        (math.nan, Trouble.NAN, Verdict.NO_DATA, "It gave NaN, which counts nothing: ask for a raw counter, not for a ratio."),
        (-1.0, Trouble.NOT_A_COUNTER, Verdict.ERROR, "It gave -1, which no counter can hold: ask for a raw counter."),
        (math.inf, Trouble.NOT_A_COUNTER, Verdict.ERROR, "It gave inf, which no counter can hold: ask for a raw counter."),
    ],
)
def test_what_is_no_counter_is_refused(value, trouble, verdict, sentence):
    found = samples(Counts.EVENTS, [Point(A, 1.0), Point(B, value)], "It")
    assert Problem(trouble, sentence) == found
    assert verdict is found.verdict


def test_the_same_series_twice_is_refused():
    found = samples(Counts.EVENTS, [Point(A, 1.0), Point(dict(A), 2.0)], "It")
    assert Problem(Trouble.DUPLICATE_SERIES, "It gave the series {instance='a'} twice: it can't be told which to count.") == found


def test_too_many_series_are_refused():
    found = samples(Counts.EVENTS, [Point({"instance": str(one)}, 1.0) for one in range(10_000)], "It")
    sentence = "It gave 10,000 series, more than the 5,000 that are counted: aggregate it or match fewer."
    assert Problem(Trouble.TOO_MANY_SERIES, sentence) == found


def test_memory_is_bounded_when_pods_come_and_go():
    state = Counters()
    for pod in range(0, 3 * MAX_SERIES, 1000):
        state, _ = take(state, {}, {f"e{{instance='{pod + one}'}}": 1.0 for one in range(1000)})
    assert len(state.canary) == MAX_SERIES


LABELS = st.dictionaries(st.sampled_from(["instance", "pod", "le", "code"]), st.text(max_size=4), max_size=3)
SAMPLES = st.dictionaries(st.builds(series_key, st.sampled_from(list(Counts)), LABELS), st.floats(0, 1e9), max_size=6)


@given(st.lists(st.tuples(SAMPLES, SAMPLES), max_size=6))
def test_increments_are_never_negative_and_bad_events_never_more_than_events(looks):
    for one in filter(None, grown(*looks)):
        assert 0 <= one.tally.canary_bad <= one.tally.canary_total
        assert 0 <= one.tally.stable_bad <= one.tally.stable_total


@given(SAMPLES, SAMPLES)
def test_what_was_put_away_comes_back_the_same(stable, canary):
    state, _ = take(Counters(), stable, canary)
    assert state == Counters.from_json(json.loads(json.dumps(state.to_json())))


@given(LABELS, LABELS)
def test_series_have_the_same_name_only_if_they_have_the_same_labels(one, other):
    same = series_key(Counts.EVENTS, one) == series_key(Counts.EVENTS, other)
    assert (one == other) == same
