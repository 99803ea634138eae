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
    assert fed(settings, an_increment(stable_total=50)).last is None


def test_only_failures_in_a_row_count_where_that_is_asked_for():
    settings = Threshold(max=1.0, failures=3, in_a_row=True)
    bad, good = Measured(canary=2.0), Measured(canary=0.5)
    assert [fed(settings, *[bad, bad, good, bad, bad][:looks]).failed for looks in range(1, 6)] == [1, 2, 0, 1, 2]
    found = threshold.judge(fed(settings, bad, good, bad, bad, bad, good), settings, None)
    assert Verdict.FAIL is found.verdict
    assert found.sentence == "Canary 0.5, allowed at most 1: 3 failed checks in a row, 3 condemn."


def test_a_step_may_need_several_good_checks_in_a_row():
    settings = Threshold(max=1.0, failures=9, successes=3)
    bad, good = Measured(canary=2.0), Measured(canary=0.5)
    looks = [good, good, bad, good, good, good]
    verdicts = [threshold.judge(fed(settings, *looks[:number]), settings, None).verdict for number in range(1, 7)]
    assert [*[Verdict.CONTINUE] * 5, Verdict.PASS] == verdicts
    waiting = threshold.judge(fed(settings, good), settings, None)
    assert waiting.sentence == "Canary 0.5, allowed at most 1: 1 good check in a row, a step needs 3."
    assert Verdict.CONTINUE is threshold.judge(threshold.begin_step(fed(settings, *looks)), settings, None).verdict


def test_a_success_condition_alone_decides_both_ways():
    settings = Threshold(success_when="result < 0.05", failures=2)
    good, bad = Measured(canary=0.01), Measured(canary=0.06)
    passed = threshold.judge(fed(settings, good), settings, None)
    assert (passed.verdict, passed.sentence) == (Verdict.PASS, "Canary 0.01, good when `result < 0.05`: good.")
    failed = threshold.judge(fed(settings, bad, good, bad), settings, None)
    assert Verdict.FAIL is failed.verdict
    assert failed.sentence == "Canary 0.06, good when `result < 0.05`: 2 failed checks, 2 condemn."


def test_a_failure_condition_alone_decides_both_ways():
    settings = Threshold(fail_when="result > 2 * stable")
    assert Verdict.PASS is threshold.judge(fed(settings, Measured(canary=1.9, stable=1.0)), settings, None).verdict
    assert Verdict.FAIL is threshold.judge(fed(settings, Measured(canary=2.1, stable=1.0)), settings, None).verdict


def test_neither_success_nor_failure_is_inconclusive():
    settings = Threshold(success_when="result < 1", fail_when="result > 2")
    found = threshold.judge(fed(settings, Measured(canary=1.5)), settings, None)
    assert Verdict.INCONCLUSIVE is found.verdict
    assert found.sentence == "Canary 1.5, good when `result < 1` and failed when `result > 2`: neither."
    assert Verdict.PASS is threshold.judge(fed(settings, Measured(canary=1.5), Measured(canary=0.5)), settings, None).verdict


def test_no_answer_is_no_data_and_no_check():
    settings = Threshold(success_when="result < 2 * stable")
    state = fed(settings, Measured(canary=9.0))
    found = threshold.judge(state, settings, None)
    assert Verdict.NO_DATA is found.verdict
    assert found.sentence == "Stable has no value, and `result < 2 * stable` asks for it."
    assert (state.failed, state.last) == (0, None)
    after = threshold.update(state, Measured(canary=1.0, stable=1.0), settings)
    assert Verdict.PASS is threshold.judge(after, settings, None).verdict


def test_a_condition_on_counts_is_in_percent():
    settings = Threshold(success_when="result < 1 || result < 1.5 * stable", min_requests=100)
    some = an_increment(canary_bad=3, canary_total=100, stable_bad=25, stable_total=1000)
    assert Verdict.PASS is threshold.judge(fed(settings, some), settings, FAILS).verdict
    worse = an_increment(canary_bad=5, canary_total=100, stable_bad=25, stable_total=1000)
    assert Verdict.FAIL is threshold.judge(fed(settings, worse), settings, FAILS).verdict


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


CONDITION = Threshold(success_when="result < stable", fail_when="result > 3.5e9", failures=2)


@given(st.sampled_from([HEAP, CONDITION]), st.lists(NEWS, max_size=9))
def test_what_was_put_away_comes_back_the_same(settings, news):
    state = fed(settings, *news)
    assert state == ThresholdState.from_json(json.loads(json.dumps(state.to_json())))
