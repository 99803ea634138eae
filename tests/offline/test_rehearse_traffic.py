from decimal import Decimal
from math import isclose
from random import Random
from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.counts import Counters, take
from canary.offline.rehearse_traffic import Situation, Traffic, poisson
from strategies.model import Sizing


def some_traffic(seed: int = 1, **changes) -> Traffic:
    situation = Situation(**{"rps": 100.0, "shares": {"errors": 0.02}, "pods": 4, **changes})
    return Traffic(situation=situation, worse={"errors": 0.1}, sizing=Sizing(), random=Random(seed))


@pytest.mark.parametrize("mean", [0.3, 7.0, 59.0, 200.0])
def test_arrivals_have_the_mean_and_the_variance_of_a_poisson_distribution(mean):
    random = Random(7)
    drawn = [poisson(random, mean) for _ in range(20_000)]
    assert isclose(fmean(drawn), mean, rel_tol=0.03)
    assert isclose(pvariance(drawn), mean, rel_tol=0.06)


def test_each_version_gets_its_share_and_its_errors():
    traffic = some_traffic()
    traffic.pass_by(1000, Decimal(25))
    served = traffic.served["errors"]
    assert isclose(served.canary_total, 25_000, rel_tol=0.03)
    assert isclose(served.stable_total, 75_000, rel_tol=0.03)
    assert isclose(served.canary_share, 0.1, rel_tol=0.05)
    assert isclose(served.stable_share, 0.02, rel_tol=0.1)


@given(st.integers(), st.lists(st.sampled_from([1, 5, 25, 50, 100]), min_size=1, max_size=5), st.sampled_from([1.0, 20.0]))
def test_what_the_counters_show_is_what_was_served(seed, weights, cluster):
    traffic = some_traffic(seed, cluster=cluster)
    traffic.pass_by(0, Decimal(weights[0]))
    before = traffic.reading("errors")
    counters, _ = take(Counters(), before.stable, before.canary)
    for weight in weights:
        traffic.pass_by(15, Decimal(weight))
    after = traffic.reading("errors")
    _, increment = take(counters, after.stable, after.canary)
    assert increment is not None
    assert increment.tally == traffic.served["errors"]
    assert increment.note == ""


def test_the_canary_grows_with_its_weight():
    traffic = some_traffic()
    found = []
    for weight in (5, 50, 100):
        traffic.pass_by(15, Decimal(weight))
        found.append(len(traffic.reading("errors").canary) // 2)
    assert found == [1, 2, 4]


def test_clusters_are_as_many_errors_in_fewer_places():
    scattered, clustered = some_traffic(), some_traffic(cluster=20.0)
    counts: dict[str, list[float]] = {"scattered": [], "clustered": []}
    for name, traffic in (("scattered", scattered), ("clustered", clustered)):
        for _ in range(2000):
            before = traffic.served["errors"].canary_bad if traffic.served else 0.0
            traffic.pass_by(1, Decimal(50))
            counts[name].append(traffic.served["errors"].canary_bad - before)
    assert isclose(fmean(counts["clustered"]), fmean(counts["scattered"]), rel_tol=0.2)
    assert pvariance(counts["clustered"]) > 10 * pvariance(counts["scattered"])


def test_the_same_seed_is_the_same_traffic():
    one, other = some_traffic(), some_traffic()
    for traffic in (one, other):
        traffic.pass_by(60, Decimal(25))
    assert one.reading("errors") == other.reading("errors")
