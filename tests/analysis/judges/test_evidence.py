"""Evidence has a mean of at most one while its null is true, agrees with likelihood ratios, and doesn't mind how time is cut."""

from itertools import product
from math import comb, exp, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.counts import Tally
from analysis.judges import evidence

ZEROS = (0.0,) * len(evidence.GAINS)
RATES = st.floats(0.0001, 0.5)
SMALL = st.integers(1, 6)


def binomial(found, of, share):
    return comb(of, found) * share**found * (1 - share) ** (of - found)


def mean(step, canary_total, stable_total, canary_rate, stable_rate):
    """The exact mean of every member's factor over all outcomes of one bin."""
    total = 0.0
    for c, d in product(range(canary_total + 1), range(stable_total + 1)):
        chance = binomial(c, canary_total, canary_rate) * binomial(d, stable_total, stable_rate)
        factors = step(Tally(c, canary_total, d, stable_total))
        total = [t + chance * exp(f) for t, f in zip(total or [0.0] * len(factors), factors, strict=True)]
    return max(total)


@settings(max_examples=30)
@given(SMALL, SMALL, RATES, st.floats(0, 1), st.sampled_from([0.0, 0.0002, 0.01, 0.1]))
def test_margin_evidence_is_a_supermartingale_up_to_the_margin(n, m, rate, how_near, margin):
    assert mean(lambda t: evidence.additive(ZEROS, t, margin), n, m, (rate + margin) * how_near, rate) <= 1 + 1e-9


@settings(max_examples=30)
@given(SMALL, SMALL, RATES, st.floats(0, 1), st.sampled_from([0.0002, 0.005, 0.1]))
def test_proof_is_a_supermartingale_from_the_margin_on(n, m, rate, how_far, margin):
    worse = min(1.0, rate + margin + how_far * (1 - rate - margin))
    assert mean(lambda t: evidence.not_worse((0.0,) * 10, t, margin), n, m, worse, rate) <= 1 + 1e-9


@settings(max_examples=30)
@given(st.integers(1, 20), st.floats(0.001, 0.9), st.floats(0, 1))
def test_absolute_evidence_is_a_supermartingale_on_either_side(n, bound, how_near):
    under, over = bound * how_near, bound + (1 - bound) * how_near
    assert mean(lambda t: evidence.absolute((0.0,) * 8, t.canary_bad, n, bound), n, 1, under, 0.5) <= 1 + 1e-9
    assert mean(lambda t: evidence.holds((0.0,) * 10, t.canary_bad, n, bound), n, 1, over, 0.5) <= 1 + 1e-9


@given(st.integers(0, 20), st.integers(20, 5000), st.floats(0.001, 0.5))
def test_absolute_evidence_is_the_likelihood_ratio_of_shares(bad, total, bound):
    found = evidence.absolute((0.0,) * 8, bad, total, bound)
    for one, odds in zip(found, evidence.ODDS, strict=True):
        share = odds * bound / (1 - bound + odds * bound)
        assert one == pytest.approx(
            stats.binom.logpmf(bad, total, share) - stats.binom.logpmf(bad, total, bound), rel=1e-6, abs=1e-6
        )


COUNTS = st.tuples(st.integers(0, 50), st.integers(50, 5000), st.integers(0, 50), st.integers(50, 5000))


@given(COUNTS, st.integers(2, 10))
def test_cutting_an_interval_into_like_parts_changes_nothing(counts, parts):
    whole, part = Tally(*counts), Tally(*(one / parts for one in counts))
    logs = ZEROS
    for _ in range(parts):
        logs = evidence.additive(logs, part, 0.0002)
    assert logs == pytest.approx(evidence.additive(ZEROS, whole, 0.0002), abs=1e-6)


@given(COUNTS)
def test_one_more_bad_event_of_the_canary_is_never_less_evidence(counts):
    c, n, d, m = counts
    for step in (
        lambda t: evidence.additive(ZEROS, t, 0.0002),
        lambda t: evidence.absolute((0.0,) * 8, t.canary_bad, t.canary_total, 0.2),
    ):
        less, more = step(Tally(c, n, d, m)), step(Tally(c + 1, n, d, m))
        assert all(after >= before for before, after in zip(less, more, strict=True))


def test_the_mean_of_a_mixture_survives_numbers_that_no_float_holds():
    assert evidence.log_mean((2000.0, 2000.0)) == pytest.approx(2000.0)
    assert evidence.log_mean((0.0, -5000.0)) == pytest.approx(log(0.5))
    assert evidence.value(5000.0) == exp(600)
