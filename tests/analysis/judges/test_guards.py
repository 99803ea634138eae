"""What holds evidence back: one burst, pods that differ anyway, and times that are uneven anyway."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.counts import Tally
from analysis.judges import guards
from analysis.judges.guards import Episodes, Evenness, Spread, Surplus


def lived(*looks, every=15.0):
    episodes = Episodes()
    for number, look in enumerate(looks):
        episodes = guards.lived(episodes, look, every * number)
    return episodes


BAD, CLEAN = Surplus(10, 3, 5), Surplus(1, 1, 3)


def test_a_burst_of_a_minute_does_not_outlast_itself():
    assert not guards.outlasts_a_burst(lived(*[CLEAN] * 20, *[BAD] * 5, *[CLEAN] * 20))


def test_what_goes_on_for_longer_does():
    assert guards.outlasts_a_burst(lived(*[CLEAN] * 20, *[BAD] * 7))


def test_the_first_minute_alone_never_does():
    assert not guards.outlasts_a_burst(lived(*[Surplus(1000, 1, 0)] * 5))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.floats(0.05, 0.9)), max_size=30))
def test_the_worst_minute_is_the_worst_of_all(looks):
    surplus = [Surplus(c, (c + d) * part, d) for c, d, part in looks]
    sums = [sum(one.canary - one.expected for one in surplus[max(0, end - 4) : end + 1]) for end in range(len(surplus))]
    worst = lived(*surplus).worst
    assert worst.canary - worst.expected == pytest.approx(max([*sums, 0.0]), abs=1e-9)


def pods(canary, stable, total=10_000):
    """A spread after one look at pods with these bad events."""
    tally = Tally(sum(canary), total * len(canary), sum(stable), total * len(stable))
    seen = [
        {f"{name}-{number}": (bad, total) for number, bad in enumerate(found)} for name, found in (("c", canary), ("s", stable))
    ]
    ratio = 1.1 * len(canary) / (1.1 * len(canary) + len(stable))
    surplus = Surplus(sum(canary), (sum(canary) + sum(stable)) * ratio, sum(stable))
    return guards.spread_out(Spread(), tally, *seen), surplus


def test_a_version_that_is_no_further_off_than_pods_are_does_not_stand_out():
    assert not guards.stands_out(*pods([200, 90], [40, 90, 25, 180, 60, 70]))


def test_a_version_whose_pods_agree_stands_out():
    assert guards.stands_out(*pods([200, 190], [95, 90, 100, 98, 92, 101]))


def test_with_one_pod_each_nothing_is_known_and_nothing_held_back():
    assert guards.stands_out(*pods([20], [10]))


def test_without_names_of_pods_nothing_is_held_back():
    assert guards.stands_out(Spread(), Surplus(20, 5, 30))


def test_more_pods_than_are_kept_are_counted_in_groups():
    named = {f"pod-{number}": (1.0, 100.0) for number in range(500)}
    spread = guards.spread_out(Spread(), Tally(0, 0, 500, 50_000), {}, named)
    assert sum(seen for seen, _ in spread.stable.values()) == 500
    assert len(spread.stable) <= 128


def watched(*looks):
    evenness = Evenness()
    for look in looks:
        evenness = guards.watched(evenness, look)
    return evenness


def test_steady_events_are_even_and_bursts_are_not():
    steady = watched(*[Tally(2, 250, 6, 750), Tally(1, 250, 5, 750), Tally(3, 250, 7, 750)] * 10)
    bursts = watched(*[Tally(0, 250, 0, 750), Tally(0, 250, 20, 750), Tally(10, 250, 0, 750)] * 10)
    assert guards.unevenness(steady) == 1.0
    assert guards.unevenness(bursts) > 5


def test_a_version_that_is_steadily_worse_is_even():
    assert guards.unevenness(watched(*[Tally(50, 250, 6, 750), Tally(55, 250, 5, 750), Tally(47, 250, 7, 750)] * 10)) == 1.0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=20))
def test_unevenness_is_pearsons_statistic_less_its_deviation(counts):
    looks = [Tally(c, 100, d, 300) for c, d in counts]
    expected, freedom = 2.0, 2.0
    for column in zip(*counts, strict=True):
        if sum(column):
            expected += stats.chisquare(column).statistic
            freedom += len(column) - 1
    assert guards.unevenness(watched(*looks)) == pytest.approx(max(1.0, expected / freedom - (2 / freedom) ** 0.5))


@pytest.mark.parametrize("freedom", [1, 2, 5, 12, 13, 30, 300])
def test_the_level_of_pods_is_students(freedom):
    assert guards._student(freedom) == pytest.approx(stats.t.isf(0.035, freedom), rel=0.008)


@given(st.lists(st.builds(Surplus, st.integers(0, 9), st.floats(0, 9), st.integers(0, 9)), max_size=9))
def test_what_was_put_away_comes_back_the_same(looks):
    assert lived(*looks) == Episodes.from_json(json.loads(json.dumps(lived(*looks))))
