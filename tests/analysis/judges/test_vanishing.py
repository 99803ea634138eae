"""Requests that vanish are noticed after a while, and only if nearly all do."""

import json
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from analysis.counts import Tally
from analysis.judges import vanishing
from analysis.judges.vanishing import Silence
from tests.analysis.world import NOON

QUARTER = Decimal(25)


def heard(*looks: Tally, weight=QUARTER) -> Silence:
    silence = Silence()
    for number, look in enumerate(looks):
        silence = vanishing.listen(silence, look, weight, NOON + timedelta(seconds=15 * number))
    return silence


def gone(looks: list[Tally], weight=QUARTER) -> bool:
    return vanishing.vanished(heard(*looks, weight=weight), NOON + timedelta(seconds=15 * (len(looks) - 1)))


NONE, SHARE, TENTH = Tally(0, 0, 0, 900), Tally(0, 300, 0, 900), Tally(0, 100, 0, 900)


def test_no_request_for_some_minutes_is_noticed():
    assert [gone([NONE] * 10), gone([NONE] * 11)] == [False, True]


def test_a_few_requests_are_as_good_as_none():
    assert gone([Tally(0, 3, 0, 900)] * 12)


def test_a_look_with_its_share_ends_the_silence():
    assert Silence() == heard(*[NONE] * 20, SHARE)


def test_half_of_the_share_is_sticky_sessions():
    assert not gone([TENTH] * 200)


def test_little_traffic_takes_longer():
    few = Tally(0, 0, 0, 8)
    assert [gone([few] * 5), gone([few] * 12)] == [False, True]
    assert not gone([Tally(0, 0, 0, 1)] * 30)


def test_without_stables_traffic_there_is_nothing_to_compare_with():
    assert Silence() == heard(*[Tally()] * 30)


def test_what_it_had_is_remembered():
    assert Silence(NOON, 6, 1806, heard(Tally(0, 3, 0, 900), Tally(0, 3, 0, 900)).evidence) == heard(*[Tally(0, 3, 0, 900)] * 2)


@given(st.lists(st.builds(Tally, st.just(0.0), st.floats(0, 50), st.just(0.0), st.floats(0, 500)), max_size=9))
def test_what_was_put_away_comes_back_the_same(looks):
    assert heard(*looks) == Silence.from_json(json.loads(json.dumps(heard(*looks).to_json())))
