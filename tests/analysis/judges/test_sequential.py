"""The default judge leaves healthy versions alone, finds bad ones, and says why."""

import json
from datetime import timedelta
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.judges import clusters, sequential
from analysis.judges.record import Clause, SequentialState
from analysis.plan import Sequential, Worse, share_alpha
from analysis.verdict import Policy, Verdict
from analysis.wording import Wording
from tests.analysis.world import NOON, Traffic, a_plan, an_increment, watch

FAILS = Wording(does="fails", events="requests")


def fed(*increments, settings=None, every=15.0) -> SequentialState:
    state = SequentialState()
    for look, increment in enumerate(increments):
        state = sequential.update(state, increment, settings or Sequential(), NOON + timedelta(seconds=every * look))
    return state


def judged(state, settings=None):
    return sequential.judge(state, settings or Sequential(), FAILS)


@pytest.mark.parametrize(
    ("rps", "weight", "share"),
    [(1, 0.05, 0.012), (10, 0.25, 0.005), (10, 0.5, 0.012), (100, 0.05, 0.001), (100, 0.25, 0.005)],
)
def test_healthy_versions_are_left_alone_for_an_hour(rps, weight, share):
    verdicts = [watch(Traffic(seed, rps, weight, share, share), a_plan())[0].verdict for seed in range(6)]
    assert Verdict.FAIL not in verdicts


@pytest.mark.parametrize(
    ("rps", "weight", "stable", "canary", "within"),
    [
        (100, 0.25, 0.005, 0.05, 6),
        (10, 0.25, 0.005, 0.05, 15),
        (10, 0.05, 0.005, 0.30, 12),
        (100, 0.05, 0.001, 0.30, 4),
        (100, 0.5, 0.001, 0.01, 12),
    ],
)
def test_tenfold_and_catastrophic_regressions_are_found(rps, weight, stable, canary, within):
    seen = [watch(Traffic(seed, rps, weight, stable, canary), a_plan(), minutes=30) for seed in range(5)]
    assert [verdict.verdict for verdict, _ in seen] == [Verdict.FAIL] * 5
    assert max(minutes for _, minutes in seen) <= within


def test_a_conviction_names_its_numbers():
    state = fed(*[an_increment(canary_bad=4, canary_total=120, stable_bad=2, stable_total=1100)] * 22)
    found = judged(state)
    assert Verdict.FAIL is found.verdict
    assert "worse" in found.sentence
    assert found.sentence.startswith("Canary fails 3.3 % of ")
    assert "stable 0.18 % of " in found.sentence
    assert "18x worse, evidence" in found.sentence
    assert "against a bound of 20, and 48 against 40 if they come in bursts." in found.sentence


def test_a_conviction_is_final():
    bad = [an_increment(canary_bad=60, canary_total=120, stable_bad=2, stable_total=1100)] * 2
    good = [an_increment(canary_total=5000, stable_bad=2, stable_total=1100)] * 200
    assert judged(fed(*bad)).sentence == judged(fed(*bad, *good)).sentence


def test_a_catastrophe_needs_two_bins_and_no_second_block():
    bin_ = an_increment(canary_bad=40, canary_total=100, stable_bad=1, stable_total=900)
    assert Verdict.CONTINUE is judged(fed(bin_)).verdict
    state = fed(bin_, bin_)
    assert Clause.CATASTROPHE is state.conviction.clause
    assert "over 20 %, which is catastrophic" in judged(state).sentence


def test_a_catastrophe_that_stable_shares_is_not_the_canarys():
    both = an_increment(canary_bad=40, canary_total=100, stable_bad=360, stable_total=900)
    assert None is fed(*[both] * 20).conviction


def test_a_clean_bin_between_interrupts_a_catastrophe():
    bad, good = an_increment(canary_bad=30, canary_total=100, stable_total=900), an_increment(canary_total=100, stable_total=900)
    assert None is fed(bad, good, bad, good, settings=Sequential(worse=None)).conviction


def test_one_burst_does_not_convict_but_is_said():
    burst = an_increment(canary_bad=19, canary_total=100, stable_bad=1, stable_total=900)
    calm = [an_increment(canary_total=100, stable_bad=1, stable_total=900)] * 12
    found = judged(fed(burst, *calm))
    assert Verdict.CONTINUE is found.verdict
    assert found.evidence > found.bound
    assert found.sentence.endswith("but it could be one burst: nothing is left of it without the worst minute.")


def test_suspicion_is_no_pass_although_the_difference_is_small():
    """Ten times as bad and yet less than half a percent more: before it is decided it is neither."""
    bin_ = an_increment(canary_bad=2, canary_total=1000, stable_bad=1, stable_total=4000)
    found = [judged(fed(*[bin_] * looks)) for looks in range(1, 10)]
    suspected = [one.verdict for one in found if one.evidence > one.bound]
    assert {Verdict.CONTINUE, Verdict.FAIL} == set(suspected)


def test_without_stable_traffic_only_the_absolute_bounds_speak():
    bake = an_increment(canary_bad=5, canary_total=100)
    assert None is fed(*[bake] * 40).conviction
    limited = fed(*[bake] * 40, settings=Sequential(limit=0.01))
    assert Clause.LIMIT is limited.conviction.clause
    assert "over the limit of 1 %" in judged(limited, Sequential(limit=0.01)).sentence
    assert "stable had none to compare with" in judged(limited, Sequential(limit=0.01)).sentence


def test_a_limit_that_both_break_is_the_environments():
    both = an_increment(canary_bad=5, canary_total=100, stable_bad=45, stable_total=900)
    limit = Sequential(limit=0.01)
    found = judged(fed(*[both] * 20, settings=limit), limit)
    assert Verdict.INCONCLUSIVE is found.verdict
    assert "both break the limit of 1 %, so it is the environment and not the canary" in found.sentence


def test_when_the_environment_recovers_the_canary_is_not_blamed():
    both = an_increment(canary_bad=5, canary_total=100, stable_bad=45, stable_total=900)
    fine = an_increment(canary_total=100, stable_bad=1, stable_total=900)
    limit = Sequential(limit=0.01)
    verdicts = {judged(fed(*[both] * 20, *[fine] * more, settings=limit), limit).verdict for more in range(0, 200, 5)}
    assert Verdict.FAIL not in verdicts
    assert Verdict.INCONCLUSIVE is not judged(fed(*[both] * 20, *[fine] * 200, settings=limit), limit).verdict


def test_comparison_and_limit_share_alpha():
    assert sequential.bar_of(Sequential(alpha=0.05)) == 20
    assert sequential.bar_of(Sequential(alpha=0.05, limit=0.01)) == 40
    assert sequential.bar_of(Sequential(alpha=0.05, limit=0.01, worse=None)) == 20


def test_alpha_is_shared_by_the_metrics_that_can_roll_back():
    plans = share_alpha(0.05, [a_plan("a"), a_plan("b"), a_plan("c", on_failure=Policy.IGNORE)])
    assert [plan.judge.alpha for plan in plans] == [0.025] * 3


def test_not_worse_is_proven_and_a_new_step_wants_requests_of_its_own():
    state = fed(*[an_increment(canary_bad=1, canary_total=500, stable_bad=3, stable_total=1500)] * 10)
    assert Verdict.PASS is judged(state).verdict
    assert "shown to be less than 0.5 % worse" in judged(state).sentence
    assert Verdict.CONTINUE is judged(sequential.begin_step(state)).verdict
    assert sequential.begin_step(state).step_requests == 0
    assert sequential.begin_step(state).requests == 5000


def test_where_nothing_is_compared_staying_below_the_limit_is_the_proof():
    limit = Sequential(limit=0.01, worse=None)
    state = fed(*[an_increment(canary_total=500)] * 4, settings=limit)
    assert Verdict.PASS is judged(state, limit).verdict
    assert "shown to stay below the limit of 1 %" in judged(state, limit).sentence


def test_a_wider_margin_is_harder_to_break():
    worse = [an_increment(canary_bad=9, canary_total=1000, stable_bad=15, stable_total=3000)] * 120
    assert Clause.WORSE is fed(*worse).conviction.clause
    assert None is fed(*worse, settings=Sequential(worse=Worse(ratio=2.0, margin=0.0002))).conviction


BIN = st.builds(
    lambda c, n, d, m: an_increment(min(c, n), n, min(d, m), m),
    st.integers(0, 30),
    st.integers(0, 100),
    st.integers(0, 30),
    st.integers(0, 400),
)


@settings(max_examples=50)
@given(st.lists(BIN, max_size=12), st.sampled_from([Sequential(), Sequential(limit=0.01), Sequential(limit=0.05, worse=None)]))
def test_what_was_put_away_comes_back_the_same(bins, judge):
    state = fed(*bins, settings=judge)
    assert state == SequentialState.from_json(json.loads(json.dumps(state.to_json())))


@settings(max_examples=50)
@given(st.lists(BIN, min_size=1, max_size=12), st.data())
def test_bad_events_never_speak_for_the_canary(bins, data):
    """All in one block: later, a bad event long ago makes it less likely that the version became worse only now."""
    which = data.draw(st.integers(0, len(bins) - 1))
    tally = bins[which].tally
    if tally.canary_bad == tally.canary_total:
        return
    worse = an_increment(tally.canary_bad + 1, tally.canary_total, tally.stable_bad, tally.stable_total)
    more = fed(*bins[:which], worse, *bins[which + 1 :], every=1)
    less = fed(*bins, every=1)
    assert more.comparison.margin_peak >= less.comparison.margin_peak
    assert clusters.against_chance(more.comparison.seen) >= clusters.against_chance(less.comparison.seen) - 1e-9
    proven = -log(Sequential().beta)  # a proof that is complete isn't counted on
    assert min(more.proof_peak, proven) <= min(less.proof_peak, proven)
