"""What scrapes show: counters from which the judge's own increments, and the peers', recover what happened."""

import numpy as np
import pytest

from analysis.counts import Counters, take
from analysis.plan import Version
from tests.bench.judgement import oddities
from tests.bench.judgement.shown import Metric, increments, readings, tables
from tests.bench.judgement.streams import Recipe, happen

RECIPE = Recipe(rps=50, base=((0, 0.01),))


def a_stream(recipe=RECIPE):
    return happen(recipe, np.random.default_rng(3))


def shown(oddity, recipe=RECIPE, seed=5):
    return oddity(tables(a_stream(recipe), Metric.ERRORS), np.random.default_rng(seed))


def taken(looks):
    """Bad and all requests of canary and stable, as the product counts them."""
    counters, sums = Counters(), np.zeros(4)
    for reading in looks:
        counters, increment = take(counters, reading.stable, reading.canary)
        if increment is not None:
            tally = increment.tally
            sums += [tally.canary_bad, tally.canary_total, tally.stable_bad, tally.stable_total]
    return sums.tolist()


def happened(stream):
    return [each.sum() for each in (stream.canary.bads, stream.canary.totals, stream.stable.bads, stream.stable.totals)]


@pytest.mark.parametrize("metric", Metric)
def test_what_happened_is_what_is_counted(metric):
    stream = a_stream()

    assert happened(stream) == taken(readings(tables(stream, metric)))


@pytest.mark.parametrize("metric", Metric)
def test_a_rate_over_the_counters_is_what_happened_too(metric):
    stream = a_stream()
    bad, total = increments(tables(stream, metric), Version.CANARY)

    assert (stream.canary.bads.tolist(), stream.canary.totals.tolist()) == (bad.tolist(), total.tolist())


def test_a_counter_that_has_not_counted_has_no_series_yet():
    first, second, *_ = readings(tables(a_stream(), Metric.ERRORS))

    assert first.canary == {}
    assert second.canary
    assert len(first.stable) == 12


@pytest.mark.parametrize("oddity", [oddities.gaps, oddities.late_scrapes, oddities.clients_restart, oddities.old_replicasets])
def test_what_is_seen_late_or_again_is_counted_once(oddity):
    """All but what happened after the last scrape of a pod that had gone, or has not been scraped again."""
    counted = taken(readings(shown(oddity)))

    assert pytest.approx(happened(a_stream()), rel=0.08) == counted
    assert counted[1] <= happened(a_stream())[1]


def test_restarts_lose_what_was_not_scraped_and_no_more():
    counted = taken(readings(shown(oddities.restarts)))

    assert pytest.approx(happened(a_stream()), rel=0.05) == counted


def test_a_label_that_changes_leaves_the_values():
    before, after = tables(a_stream(), Metric.ERRORS)[Version.CANARY], shown(oddities.relabelled)[Version.CANARY]

    assert np.array_equal(np.nansum(after.values, axis=1), before.values.sum(axis=1))
    assert 2 * len(before.series) == len({series.key for series in after.series})


@pytest.mark.parametrize(("oddity", "version"), [(oddities.no_canary, Version.CANARY), (oddities.no_stable, Version.STABLE)])
def test_a_version_can_be_absent(oddity, version):
    for reading in readings(shown(oddity)):
        assert (reading.canary if version is Version.CANARY else reading.stable) == {}
