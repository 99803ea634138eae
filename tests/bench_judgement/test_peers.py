"""The rules of others are theirs: by hand where they are simple, against independent implementations where they are not."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.judges.rank_compare import Standing, compare
from analysis.plan import Direction, Rank
from tests.bench.judgement.kayenta import is_high
from tests.bench.judgement.peers import NEVER, Pooled, argo, counting, counting_and_blocks, flagger, kayenta

HOUR = 60


def pooled(canary_bad, canary_total=100.0, stable_bad=0.0, stable_total=300.0):
    """One rollout, by minutes: everything happens in the last bin of each."""

    def bins(values):
        spread = np.zeros((1, HOUR, 4))
        spread[0, :, 3] = values
        return spread.reshape(1, HOUR * 4)

    return Pooled(
        canary_bad=bins(canary_bad),
        canary_total=bins(canary_total),
        stable_bad=bins(stable_bad),
        stable_total=bins(stable_total),
    )


def minutes_of(*bad):
    """Two failures in these minutes, so 2 % of their requests."""
    return np.isin(np.arange(HOUR), bad) * 2.0


def test_flagger_rolls_back_on_the_tick_after_the_fifth_failed_check_though_others_pass_between():
    assert flagger(pooled(minutes_of(0, 10, 20, 30, 39)), 0.0, 5).tolist() == [4 * 41]
    assert flagger(pooled(minutes_of(0, 10, 20, 30)), 0.0, 5).tolist() == [NEVER]


def test_argo_aborts_on_the_measurement_that_is_one_too_many():
    assert argo(pooled(minutes_of(0, 10, 20, 30)), 0.0, 3).tolist() == [4 * 31]


def test_what_happens_in_the_warm_up_is_not_checked():
    assert argo(pooled(minutes_of(0, 1, 10, 20)), 2.0, 3).tolist() == [NEVER]


def test_one_percent_is_allowed_and_a_minute_without_requests_is_a_failed_check():
    assert argo(pooled(1.0), 0.0, 3).tolist() == [NEVER]
    assert argo(pooled(0.0, canary_total=0.0), 0.0, 3).tolist() == [4 * 4]


def test_kayenta_judges_once():
    worse = np.linspace(2.0, 4.0, HOUR)
    healthy = np.linspace(0.0, 2.0, HOUR)

    assert kayenta(pooled(worse, stable_bad=healthy), 0.0, 30).tolist() == [4 * 30]
    assert kayenta(pooled(healthy, stable_bad=healthy * 3), 0.0, 60).tolist() == [NEVER]


values = st.lists(st.integers(0, 40).map(lambda tenth: tenth / 10), min_size=8, max_size=40)


@given(canary=values, stable=values, more=st.sampled_from([0.0, 0.5, 1.5]))
@settings(max_examples=150)
def test_kayenta_says_what_the_ported_judge_says(canary, stable, more):
    moved = [value + more for value in canary]
    rank = Rank(direction=Direction.INCREASE)
    ranking = compare(moved, stable, rank)
    if ranking.shift is not None:  # the port's solver stops within 1e-4, and somewhere else where many values are tied
        median = float(np.median(np.subtract.outer(moved, stable)))
        spare = [ranking.shift.low - rank.tolerance * abs(estimate) for estimate in (ranking.shift.estimate, median)]
        assume(min(spare) > 1e-3 or max(spare) < -1e-3)

    assert (ranking.standing is Standing.HIGH) == is_high(np.array(moved), np.array(stable))


def by_hand(c, d, n, m, minutes):
    """EP after so many equal minutes, for one rollout (reference §2.1)."""
    gains = [1 + 0.05 * 4000 ** (i / 23) for i in range(24)]
    return sum(exp(minutes * (c * log(g) - (c + d) * log((g * n + m) / (n + m)))) for g in gains) / 24


def test_ep_speaks_when_its_evidence_reaches_a_hundred():
    expected = next(minute for minute in range(1, HOUR) if by_hand(2, 2, 100, 300, minute) >= 100)

    assert [4 * expected] == counting(pooled(2.0, stable_bad=2.0), 0.0).tolist()


def test_ep_with_blocks_waits_for_both():
    blocks = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.88, 0.97)
    one_block = [1 + bet * (40 / 40 / 0.25 - 1) for bet in blocks]
    expected = next(minute for minute in range(1, HOUR) if sum(one**minute for one in one_block) / 9 >= 10)

    assert counting(pooled(40.0), 0.0).tolist() == [4]
    assert [4 * expected] == counting_and_blocks(pooled(40.0), 0.0).tolist()


@pytest.mark.parametrize("rule", [counting, counting_and_blocks])
def test_without_requests_of_both_there_is_no_evidence(rule):
    assert rule(pooled(5.0, stable_total=0.0), 0.0).tolist() == [NEVER]
