"""Shifts and their intervals: by hand, against scipy, and as the order of the values demands."""

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import mannwhitneyu, norm

from analysis.judges import rank_shift
from analysis.judges.rank_root import TOLERANCE, crossing
from analysis.judges.rank_shift import AllTied, deviation, shift, superiority
from tests.analysis.judges import rank_oracle

VALUES = st.lists(st.integers(-40, 40).map(lambda number: number / 4), min_size=3, max_size=30)


def varied(*lists):
    return all(len(set(values)) > 1 for values in lists)


def test_the_deviation_by_hand():
    # Ranks of 4 5 6 among 1..6 sum to 15: an excess of 4.5, less 0.5, over the root of 3·3/12·7.
    assert deviation([4, 5, 6], [1, 2, 3]) == pytest.approx(4 / (3 * 3 / 12 * 7) ** 0.5)


def test_the_deviation_with_ties_by_hand():
    # 2 and 2 share rank 2.5: the sum is 6.5, the excess 1.5; one pair of ties takes 6/12 from 5.
    assert deviation([2, 4], [1, 2]) == pytest.approx(1.0 / (2 * 2 / 12 * (5 - 6 / 12)) ** 0.5)


def test_a_difference_without_overlap_has_the_smallest_and_largest_ones_as_ends():
    found = shift([10, 20, 30, 40], [1, 2, 3, 4], 0.98)
    assert (found.low, found.high) == (6.0, 39.0)
    assert found.estimate == pytest.approx(22.5, abs=9)


def test_all_tied_is_no_ranking():
    with pytest.raises(AllTied):
        deviation([1.0, 1.0], [1.0])


@given(VALUES, VALUES)
def test_the_deviation_is_scipys(canary, stable):
    assume(len({*canary, *stable}) > 1)
    expected = mannwhitneyu(canary, stable, method="asymptotic", use_continuity=True)
    assert 2 * norm.sf(abs(deviation(canary, stable))) == pytest.approx(min(expected.pvalue, 1.0), abs=1e-9) or (
        expected.statistic == len(canary) * len(stable) / 2
    )
    assert superiority(canary, stable) * len(canary) * len(stable) == pytest.approx(expected.statistic)


@given(VALUES, VALUES, st.floats(-15, 15))
def test_the_deviation_of_shifted_values_is_the_definitions(canary, stable, moved):
    assume(varied(canary, stable))
    ranks = rank_shift._Ranks.of(stable)
    assert rank_shift._deviation(canary, ranks, moved) == pytest.approx(rank_oracle.deviation(canary, stable, moved), abs=1e-9)


@given(VALUES, VALUES, st.sampled_from([0.9, 0.95, 0.98, 0.99]))
def test_the_interval_is_where_scipy_finds_it(canary, stable, confidence):
    assume(varied(canary, stable))
    found, expected = shift(canary, stable, confidence), rank_oracle.interval(canary, stable, confidence)
    near = 2.5 * TOLERANCE
    for ours, theirs in ((found.low, expected.low), (found.high, expected.high)):
        flat = rank_oracle.deviation(canary, stable, ours) == pytest.approx(rank_oracle.deviation(canary, stable, theirs))
        assert flat or abs(ours - theirs) <= near
    level = abs(rank_oracle.deviation(canary, stable, found.estimate))
    assert level <= 0.5 or abs(found.estimate - expected.estimate) <= near


@given(VALUES, VALUES)
def test_the_estimate_lies_in_its_interval(canary, stable):
    assume(varied(canary, stable))
    found = shift(canary, stable, 0.98)
    assert found.low - TOLERANCE <= found.estimate <= found.high + TOLERANCE


@given(VALUES, VALUES, st.floats(0.5, 20))
def test_more_is_more(canary, stable, more):
    assume(varied(canary, stable))
    before, after = shift(canary, stable, 0.98), shift([value + more for value in canary], stable, 0.98)
    assert after.low >= before.low + more - 3 * TOLERANCE
    assert after.high >= before.high + more - 3 * TOLERANCE


@given(VALUES, VALUES)
def test_the_order_of_the_points_does_not_matter(canary, stable):
    assume(varied(canary, stable))
    assert shift(canary[::-1], sorted(stable), 0.98) == shift(canary, stable, 0.98)


@given(VALUES, VALUES)
def test_exchanging_the_versions_turns_the_interval_over(canary, stable):
    assume(varied(canary, stable))
    there, back = shift(canary, stable, 0.98), shift(stable, canary, 0.98)
    for one, other in ((there.low, -back.high), (there.high, -back.low)):
        same = rank_oracle.deviation(canary, stable, one) == pytest.approx(rank_oracle.deviation(canary, stable, other))
        assert same or abs(one - other) <= 2.5 * TOLERANCE


def test_the_interval_covers_the_true_shift_as_often_as_it_says():
    seeded, covered = random.Random(4), 0
    for _ in range(200):
        stable = [seeded.gauss(50, 5) for _ in range(25)]
        canary = [seeded.gauss(53, 5) for _ in range(25)]
        found = shift(canary, stable, 0.9)
        covered += found.low <= 3 <= found.high
    assert 170 <= covered <= 194


@given(st.floats(-50, 50), st.floats(0.01, 5), st.floats(1, 30))
def test_a_crossing_is_brents(root, steepness, width):
    def function(x):
        return -steepness * (x - root) - (x - root) ** 3

    low, high = root - width, root + width / 3
    assert abs(crossing(function, low, high) - root) <= TOLERANCE
    assert abs(crossing(function, low, high) - brentq(function, low, high, xtol=TOLERANCE / 2)) <= 2 * TOLERANCE


def test_an_end_stands_in_for_a_crossing_that_is_not_there():
    assert crossing(lambda x: -x - 5, 0.0, 1.0) == 0.0
    assert crossing(lambda x: 5 - x, 0.0, 1.0) == 1.0


def test_a_step_is_found_within_the_tolerance():
    assert abs(crossing(lambda x: 1.0 if x < 0.123456 else -1.0, -100.0, 100.0) - 0.123456) <= TOLERANCE
