"""Flagger's and Argo's semantics: failed checks add up until there are enough, and no value is no check."""

import json

from hypothesis import given
from hypothesis import strategies as st

from analysis.judges import threshold
from analysis.judges.threshold import ThresholdState
from analysis.plan import Threshold
from analysis.reading import Measured
from analysis.verdict import Verdict
from analysis.wording import Wording
from tests.analysis.world import an_increment

FAILS = Wording(does="fails", events="requests")
HEAP = Threshold(max=2e9, failures=3)


def fed(settings, *news) -> ThresholdState:
    state = ThresholdState()
    for one in news:
        state = threshold.update(state, one, settings)
    return state


def test_a_value_in_range_passes():
    found = threshold.judge(fed(HEAP, Measured(canary=1.5e9, stable=1.2e9)), HEAP, None)
    assert Verdict.PASS is found.verdict
    assert found.sentence == "Canary 1.5e+09, stable 1.2e+09, allowed at most 2e+09: in range."


def test_failed_checks_are_tolerated_until_there_are_enough_of_them():
    bad, good = Measured(canary=2.5e9), Measured(canary=1e9)
    assert Verdict.CONTINUE is threshold.judge(fed(HEAP, bad, bad), HEAP, None).verdict
    assert Verdict.PASS is threshold.judge(fed(HEAP, bad, bad, good), HEAP, None).verdict
    found = threshold.judge(fed(HEAP, bad, bad, good, bad), HEAP, None)
    assert Verdict.FAIL is found.verdict
    assert found.sentence == "Canary 2.5e+09, allowed at most 2e+09: 3 failed checks, 3 condemn."


def test_a_failure_is_final():
    bad, good = Measured(canary=2.5e9), Measured(canary=1e9)
    assert Verdict.FAIL is threshold.judge(fed(HEAP, *[bad] * 3, *[good] * 9), HEAP, None).verdict


def test_both_ends_of_the_range_belong_to_it():
    settings = Threshold(min=1.0, max=2.0)
    assert [fed(settings, Measured(canary=value)).failed for value in (1.0, 2.0, 0.999, 2.001)] == [0, 0, 1, 1]


def test_counts_are_checked_as_a_share_once_there_are_enough_of_them():
    settings = Threshold(max=0.01, min_requests=100)
    some = an_increment(canary_bad=2, canary_total=60, stable_total=10)
    waiting = threshold.judge(fed(settings, some), settings, FAILS)
    assert Verdict.CONTINUE is waiting.verdict
    assert waiting.sentence == "Canary has 60 of the 100 requests that a check needs."
    state = fed(settings, some, some)
    found = threshold.judge(state, settings, FAILS)
    assert Verdict.FAIL is found.verdict
    assert (
        found.sentence == "Canary fails 3.3 % of the last requests, stable 0 %, allowed at most 1 %: 1 failed check, 1 condemn."
    )
    assert (state.requests, state.step_requests) == (120, 120)


def test_a_look_without_events_is_no_check():
    settings = Threshold(max=0.01)
    assert fed(settings, an_increment(stable_total=50)).checks == 0


def test_a_new_step_wants_a_check_of_its_own_and_forgives_nothing():
    bad, good = Measured(canary=2.5e9), Measured(canary=1e9)
    state = threshold.begin_step(fed(HEAP, bad, good))
    found = threshold.judge(state, HEAP, None)
    assert Verdict.CONTINUE is found.verdict
    assert found.sentence.endswith("no check yet in this step.")
    assert state.failed == 1


def test_without_a_value_there_is_nothing_to_say_yet():
    assert threshold.judge(ThresholdState(), HEAP, None).sentence == "Canary has no value yet."


NEWS = st.one_of(
    st.builds(Measured, canary=st.floats(0, 4e9), stable=st.none() | st.floats(0, 4e9)),
    st.builds(lambda n: an_increment(0, n), st.integers(0, 99)),
)


@given(st.lists(NEWS, max_size=9))
def test_what_was_put_away_comes_back_the_same(news):
    state = fed(HEAP, *news)
    assert state == ThresholdState.from_json(json.loads(json.dumps(state.to_json())))
