"""What happens in a made-up rollout has the rates that its recipe asks for, and nothing else decides it than the seed."""

import numpy as np
import pytest

from tests.bench.judgement.streams import LOOKS, Clusters, Recipe, happen, steps


def rollout(recipe: Recipe, seed=1):
    return happen(recipe, np.random.default_rng(seed))


def test_a_profile_holds_each_value_from_its_minute_on():
    weights = steps(((0, 0.05), (15, 0.1)))

    assert [weights[59], weights[60], weights[-1]] == [0.05, 0.1, 0.1]


def test_the_seed_decides_everything():
    one, same, other = rollout(Recipe(), 1), rollout(Recipe(), 1), rollout(Recipe(), 2)

    assert np.array_equal(one.canary.bad, same.canary.bad)
    assert not np.array_equal(one.canary.bad, other.canary.bad)


def test_requests_and_failures_have_the_rates_of_the_recipe():
    stream = rollout(Recipe(rps=1000, weight=((0, 0.25),), base=((0, 0.01),), ratio=((0, 2.0),), plus=((0, 0.005),)))

    assert pytest.approx(1000 * 0.25 * 3600, rel=0.01) == stream.canary.totals.sum()
    assert pytest.approx(1000 * 0.75 * 3600, rel=0.01) == stream.stable.totals.sum()
    assert pytest.approx(0.025, rel=0.05) == stream.canary.bads.sum() / stream.canary.totals.sum()
    assert pytest.approx(0.01, rel=0.05) == stream.stable.bads.sum() / stream.stable.totals.sum()
    assert pytest.approx(0.015 * 1000 * 0.25 * 3600, rel=0.05) == stream.excess[-1]


@pytest.mark.parametrize("one_pod", [True, False])
@pytest.mark.parametrize("seconds", [0.0, 60.0])
def test_clusters_fail_their_share_of_requests_in_the_long_run(seconds, one_pod):
    recipe = Recipe(rps=1000, base=((0, 0.0),), clusters=Clusters(mean=20, share=0.01, seconds=seconds, one_pod=one_pod))
    stream = rollout(recipe)

    assert pytest.approx(0.01, rel=0.2) == stream.canary.bads.sum() / stream.canary.totals.sum()
    assert (stream.canary.bad <= stream.canary.total).all()


def test_a_cluster_of_one_pod_is_on_one_pod():
    recipe = Recipe(base=((0, 0.0),), clusters=Clusters(mean=20, share=0.0002))
    hit = rollout(recipe).stable.bad > 0

    assert hit.any()
    assert set(hit.sum(axis=1)) <= {0, 1}


def test_pods_get_requests_only_while_they_live_and_their_version_always_its_share():
    recipe = Recipe(canary_life=((0, 100), (0, LOOKS), (100, LOOKS)))
    total = rollout(recipe).canary.total

    assert [total[100:, 0].sum(), total[:100, 2].sum()] == [0, 0]
    assert pytest.approx(total[:100].sum() / 100, rel=0.05) == total[100:].sum() / (LOOKS - 100)


def test_persistent_differences_stay_with_their_pods():
    stream = rollout(Recipe(rps=100_000, pod_sigma=0.5))
    shares = stream.stable.bad.sum(axis=0) / stream.stable.total.sum(axis=0)
    halves = [half.sum(axis=0) for half in np.split(stream.stable.bad / stream.stable.total, 2)]

    assert shares.max() / shares.min() > 1.3
    assert np.array_equal(np.argsort(halves[0]), np.argsort(halves[1]))
