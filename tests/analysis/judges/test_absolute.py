"""Bounds on one version's share: guilt needs two bins of the canary's own, the environment needs both versions."""

import json
from math import log

from hypothesis import given
from hypothesis import strategies as st

from analysis.counts import Tally
from analysis.judges import absolute
from analysis.judges.absolute import Limit, Streak


def fed(*bins: Tally, bound=0.01) -> Limit:
    state, so_far = Limit(), Tally()
    for bin_ in bins:
        so_far += bin_
        state = absolute.update(state, bin_, so_far, bound)
    return state


def in_a_row(*bins: Tally, bound=0.01) -> Streak:
    streak, so_far = Streak(), Tally()
    for bin_ in bins:
        so_far += bin_
        streak = absolute.go_on(streak, bin_, so_far, bound)
    return streak


def test_one_bin_is_not_enough_whatever_it_holds():
    bad = Tally(90, 100, 0, 900)
    assert not absolute.guilty(fed(bad), 20)
    assert absolute.guilty(fed(bad, bad), 20)


def test_bins_without_canary_traffic_change_nothing_for_the_canary():
    bad, none = Tally(90, 100, 0, 900), Tally(0, 0, 0, 900)
    assert fed(bad, bad).guilt == fed(bad, none, none, bad).guilt
    assert Streak(bad=180, total=200, bins=2) == in_a_row(bad, none, none, bad)


def test_a_streak_ends_with_a_clean_bin_and_with_one_that_is_not_the_canarys_fault():
    bad, clean, shared = Tally(90, 100, 0, 900), Tally(0, 100, 0, 900), Tally(90, 100, 90, 900)
    assert Streak(bad=90, total=100, bins=1) == in_a_row(bad, bad, clean, bad)
    assert Streak() == in_a_row(bad, bad, shared)


def test_a_streak_of_one_bin_says_nothing():
    bad = Tally(90, 100, 0, 900)
    assert absolute.of_streak(in_a_row(bad), 0.2, 1) == 0
    assert absolute.of_streak(in_a_row(bad, bad), 0.2, 1) > log(1e4) > absolute.of_streak(in_a_row(bad, bad), 0.2, 30)


def test_bins_in_which_stable_breaks_the_bound_are_not_held_against_the_canary():
    shared = Tally(90, 100, 90, 900)
    state = fed(*[shared] * 50)
    assert Limit().guilt == state.guilt
    assert state.breaches == 0
    assert absolute.environment(state, 20)


def test_stables_record_speaks_for_it_where_it_has_no_traffic():
    both, alone = Tally(30, 100, 270, 900), Tally(30, 1000, 0, 0)
    assert not absolute.guilty(fed(*[both] * 5, *[alone] * 50), 20)


def test_a_share_at_the_bound_is_no_breach():
    assert fed(Tally(1, 100, 0, 900)).breaches == 0


@given(st.lists(st.builds(lambda c, n, d, m: Tally(min(c, n), n, min(d, m), m), *[st.integers(0, 99)] * 4), max_size=9))
def test_what_was_put_away_comes_back_the_same(bins):
    assert fed(*bins) == Limit.from_json(json.loads(json.dumps(fed(*bins).to_json())))
    assert in_a_row(*bins) == Streak.from_json(json.loads(json.dumps(in_a_row(*bins).to_json())))
