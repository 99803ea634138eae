"""Evidence that allows for clusters: a mean of at most one while the version is not worse, whatever clusters there are."""

from math import exp, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.judges import clusters

TOTALS = st.tuples(st.integers(1, 5000), st.integers(1, 5000))
BAD = st.tuples(st.integers(0, 60), st.integers(0, 60))


def after(*blocks, totals=(250, 750), ratio=1.1):
    """Likelihoods after these blocks of bad events (canary, stable)."""
    seen = clusters.Likelihoods()
    expected = clusters.shares(*totals, ratio)
    for number, bad in enumerate(blocks, 1):
        seen = clusters.with_block(clusters.look(seen, bad, expected), bad, expected)
        if number < len(blocks):
            seen = clusters.may_begin(seen, number, ratio)
    return seen


def chances(bad, part, tosses):
    """The exact chances of each count of the canary's among `bad` events in one block."""
    if tosses is None:
        return stats.binom.pmf(range(bad + 1), bad, part)
    return stats.betabinom.pmf(range(bad + 1), bad, tosses * part, tosses * (1 - part))


@pytest.mark.parametrize("tosses", [None, *clusters.TOGETHER])
@pytest.mark.parametrize("step", [1, 3, 6])
@pytest.mark.parametrize(("bad", "totals"), [(1, (10, 90)), (7, (500, 500)), (40, (50, 950))])
def test_the_mean_of_two_blocks_is_at_most_one_while_the_version_is_not_worse(tosses, step, bad, totals):
    part = clusters.shares(*totals, 1.1)[step]
    odds = chances(bad, part, tosses)
    mean = sum(
        one * two * exp(clusters.against_clusters(after((c, bad - c), (k, bad - k), totals=totals)))
        for c, one in enumerate(odds)
        for k, two in enumerate(odds)
        if one * two > 1e-12
    )
    assert mean <= 1 + 1e-6


@given(TOTALS, BAD)
def test_likelihoods_are_those_of_the_binomial_and_the_beta_binomial_up_to_a_constant(totals, bad):
    seen = after(bad, totals=totals)
    parts = clusters.shares(*totals, 1.1)
    count = bad[0] + bad[1]
    scores = [one - stats.binom.logpmf(bad[0], count, part) for one, part in zip(seen.alone, parts, strict=True)]
    coarse = [parts[step] for step in clusters._COARSE]
    for row, tosses in zip(seen.together, clusters.TOGETHER, strict=True):
        scores += [
            one - stats.betabinom.logpmf(bad[0], count, tosses * part, tosses * (1 - part))
            for one, part in zip(row, coarse, strict=True)
        ]
    assert scores == pytest.approx([scores[0]] * len(scores), abs=1e-5)


@given(TOTALS, BAD, st.integers(2, 6))
def test_cutting_a_block_into_looks_changes_nothing_for_events_on_their_own(totals, bad, parts):
    expected = clusters.shares(*totals, 1.1)
    seen = clusters.Likelihoods()
    for _ in range(parts):
        seen = clusters.look(seen, (bad[0] / parts, bad[1] / parts), expected)
    whole = clusters.look(clusters.Likelihoods(), bad, expected)
    assert seen.alone == pytest.approx(whole.alone, abs=1e-6)
    assert seen.since == pytest.approx(whole.since, abs=1e-6)


def test_a_version_that_becomes_worse_after_a_long_time_is_found_soon():
    """Without alternatives that begin later it takes as long again as it was healthy."""
    healthy, worse = [(5, 15)] * 30, [(15, 15)]
    blocks = next(n for n in range(1, 60) if clusters.against_clusters(after(*healthy, *worse * n)) >= log(20))
    assert blocks <= 8


@given(TOTALS, BAD)
def test_one_more_bad_event_of_the_canary_is_never_less_evidence_of_worse(totals, bad):
    more = (bad[0] + 1, bad[1])
    assert clusters.against_chance(after(more, totals=totals)) >= clusters.against_chance(after(bad, totals=totals)) - 1e-9


@given(TOTALS, BAD)
def test_clusters_are_never_easier_to_convict_by_than_their_most_likely_explanation_allows(totals, bad):
    """A block is at most one toss of a coin: its evidence is at most one over the chance of that toss."""
    best = -log(clusters.shares(*totals, 1.1)[len(clusters.BELOW) - 1])
    assert clusters.against_clusters(after(bad, totals=totals)) <= max(best, 0) + 1e-6 or bad[1] > 0


def test_one_burst_convicts_nobody_and_a_steady_surplus_does():
    assert clusters.against_clusters(after((60, 0))) < log(20)
    assert clusters.against_clusters(after(*[(20, 6)] * 4)) > log(20)


def test_clusters_are_learned_from_both_versions():
    """The same surplus says less where stable's blocks are all or nothing, too."""
    steady = after(*[(20, 10)] * 6)
    wild = after((60, 0), (0, 30), (60, 0), (0, 0), (0, 30), (0, 0))
    assert clusters.against_clusters(wild) < log(2) < log(20) < clusters.against_clusters(steady)


def test_an_interval_holds_the_truth_and_shrinks():
    few = clusters.interval(after((2, 3)), 1.1, 0.05, 2.0)
    many = clusters.interval(after(*[(20, 30)] * 30), 1.1, 0.05, 2.0)
    assert (few.estimate, many.estimate) == (2.0, 2.0)
    assert few.low < many.low < 2.0 < many.high < (few.high or 1e9)


def test_an_interval_without_events_is_open():
    whole = clusters.interval(clusters.Likelihoods(), 1.1, 0.05, None)
    assert (whole.low, whole.estimate, whole.high) == (0.0, None, None)


def test_nothing_of_stables_leaves_the_interval_open_above():
    found = clusters.interval(after(*[(10, 0)] * 20), 1.1, 0.05, None)
    assert found.high is None
    assert found.low > 2


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_the_interval_misses_the_truth_seldom(seed):
    """Not a proof of 95 %, but a guard against gross mistakes: 20 random histories of truth 2."""
    random = stats.binom(30, clusters.shares(250, 750, 2.0)[len(clusters.BELOW) - 1])
    blocks = [(int(c), 30 - int(c)) for c in random.rvs(12, random_state=seed)]
    found = clusters.interval(after(*blocks), 1.1, 0.0005, None)
    assert found.low <= 2.0 <= (found.high or 1e9)
