"""The rank judge over the looks of a rollout: points, patience, convictions, and how calm it is."""

import json
import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.judges import rank
from analysis.judges.rank import KEPT, RankState
from analysis.plan import Direction, Rank
from analysis.reading import Measured
from analysis.verdict import Verdict
from tests.analysis.world import NOON

RISING = Rank(direction=Direction.INCREASE, points=10)


def fed(settings, *news, every=60) -> RankState:
    state = RankState()
    for look, one in enumerate(news):
        state = rank.update(state, one, settings, NOON + timedelta(seconds=every * look))
    return state


def looks(number, canary=100.0, stable=100.0, seed=1):
    seeded = random.Random(seed)
    return [Measured(canary=seeded.gauss(canary, 5), stable=seeded.gauss(stable, 5)) for _ in range(number)]


def test_too_few_points_are_waited_for():
    found = rank.judge(fed(RISING, *looks(9, canary=900.0)), RISING)
    assert Verdict.CONTINUE is found.verdict
    assert found.sentence == "Canary has 9 and stable 9 of the 10 points that a comparison needs."


def test_alike_passes_with_its_numbers():
    found = rank.judge(fed(RISING, *[Measured(canary=100.0 + n, stable=100.5 + n) for n in range(10)]), RISING)
    assert Verdict.PASS is found.verdict
    facts = "Canary 104.5, stable 105 (medians of 10 and 10 points)"
    assert found.sentence == f"{facts}: nothing to object to, shifted by -0.5 (-4.5 to 3.5 with 0.98)."


def test_higher_fails_with_its_numbers():
    state = fed(RISING, *[Measured(canary=200.0 + n, stable=100.0 + n) for n in range(10)])
    found = rank.judge(state, RISING)
    assert Verdict.FAIL is found.verdict
    assert found.sentence.startswith("Canary 204.5, stable 104.5 (medians of 10 and 10 points): too high, shifted by ")
    assert (state.value, state.stable) == (204.5, 104.5)


def test_lower_fails_only_where_lower_is_worse():
    falling = Rank(direction=Direction.DECREASE, points=10)
    news = looks(10, canary=50.0)
    assert rank.judge(fed(falling, *news), falling).sentence.find(": too low, shifted by -") > 0
    assert Verdict.PASS is rank.judge(fed(RISING, *news), RISING).verdict


def test_a_conviction_is_final():
    state = fed(RISING, *looks(10, canary=200.0), *looks(30, canary=20.0))
    assert Verdict.FAIL is rank.judge(state, RISING).verdict
    assert len(state.canary_points) == 10


def test_a_version_that_gets_worse_is_found_on_growing_data():
    state = fed(RISING, *looks(15), *looks(30, canary=120.0))
    assert Verdict.FAIL is rank.judge(state, RISING).verdict
    assert 15 < len(state.canary_points) < 45


def test_looks_between_points_give_none():
    state = fed(RISING, *looks(41), every=15)
    assert (len(state.canary_points), state.step_points) == (11, 11)


def test_the_newest_points_are_kept():
    state = fed(RISING, *[Measured(canary=float(n % 7), stable=float(n % 7)) for n in range(KEPT + 5)])
    assert (len(state.canary_points), state.canary_points[0]) == (KEPT, 5.0)
    assert len(json.dumps(state.to_json())) < 6_000


def test_without_stable_there_is_nothing_to_compare_with():
    alone = [Measured(canary=float(n)) for n in range(20)]
    found = rank.judge(fed(RISING, *alone), RISING)
    assert (found.verdict, found.sentence) == (Verdict.NO_DATA, "Stable has had no value yet to compare the canary's with.")
    few = rank.judge(fed(RISING, *alone, Measured(canary=1.0, stable=1.0)), RISING)
    assert (few.verdict, few.sentence) == (
        Verdict.CONTINUE,
        "Canary has 21 and stable 1 of the 10 points that a comparison needs.",
    )


def test_a_new_step_wants_a_point_of_its_own():
    state = rank.begin_step(fed(RISING, *looks(12)))
    found = rank.judge(state, RISING)
    assert Verdict.CONTINUE is found.verdict
    assert found.sentence.endswith(": no value yet in this step.")
    after = rank.update(state, looks(1)[0], RISING, NOON + timedelta(hours=1))
    assert Verdict.PASS is rank.judge(after, RISING).verdict


def test_the_same_values_pass():
    found = rank.judge(fed(RISING, *[Measured(canary=7.0, stable=7.0)] * 10), RISING)
    assert (found.verdict, found.sentence) == (
        Verdict.PASS,
        "Canary 7, stable 7 (medians of 10 and 10 points): the same values.",
    )


def test_what_cannot_be_ranked_is_an_error_and_no_pass():
    settings = Rank(points=1)
    found = rank.judge(fed(settings, Measured(canary=1.0, stable=2.0)), settings)
    assert Verdict.ERROR is found.verdict


def test_healthy_versions_are_mostly_left_alone():
    convicted = sum(
        rank.judge(fed(Rank(direction=Direction.INCREASE), *looks(40, seed=seed)), RISING).verdict is Verdict.FAIL
        for seed in range(40)
    )
    assert convicted <= 2


NEWS = st.builds(Measured, canary=st.floats(-1e9, 1e9), stable=st.none() | st.floats(-1e9, 1e9))


@given(st.lists(NEWS, max_size=16))
def test_what_was_put_away_comes_back_the_same(news):
    state = fed(RISING, *news)
    assert state == RankState.from_json(json.loads(json.dumps(state.to_json())))


@pytest.mark.parametrize("data", [{}, {"canary": [], "stable": []}])
def test_what_is_incomplete_is_not_read(data):
    with pytest.raises(KeyError):
        RankState.from_json(data)
