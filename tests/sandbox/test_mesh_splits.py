"""Weights are quantities, and the draw keeps to them."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.sandbox.mesh.splits import BadSplit, Leaf, choose, leaves_of, thousandths
from tests.sandbox.cluster import a_split


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (90, 90_000), (0, 0), (0.1, 100), (99.9, 99_900), ("1", 1_000), ("500m", 500), ("0.5", 500), ("1e3", 1_000_000),
        ("100u", 1), ("1k", 1_000_000), ("1Ki", 1_024_000), ("0m", 0), (".5", 500),
    ],
)  # fmt: skip
def test_a_weight_is_a_quantity_to_the_thousandth(weight: object, expected: int) -> None:
    assert thousandths(weight) == expected


@pytest.mark.parametrize("weight", ["abc", "", "1 ", "5%", "1mm", -3, None, True])
def test_what_is_no_weight_is_refused(weight: object) -> None:
    with pytest.raises(BadSplit):
        thousandths(weight)


def test_leaves_without_weight_are_dropped() -> None:
    found = leaves_of(a_split(stable="500m", canary=0, third=1))
    assert found == (Leaf(service="reviews-stable", weight=500), Leaf(service="reviews-third", weight=1000))
    assert leaves_of(a_split(stable=0, canary=0)) == ()


def test_no_leaf_is_no_choice() -> None:
    assert choose((), Random(1)) is None


@given(weights=st.lists(st.integers(1, 1000), min_size=1, max_size=4), seed=st.integers(0, 2**32))
def test_shares_follow_the_weights(weights: list[int], seed: int) -> None:
    leaves = [Leaf(service=f"leaf-{index}", weight=weight) for index, weight in enumerate(weights)]
    draws, rng = 2000, Random(seed)
    drawn = Counter(choose(leaves, rng).service for _ in range(draws))
    for leaf in leaves:
        share = leaf.weight / sum(weights)
        # Six standard deviations: one draw in a billion lies outside.
        assert abs(drawn[leaf.service] - draws * share) <= 6 * (draws * share * (1 - share)) ** 0.5 + 1


def test_the_same_seed_draws_the_same() -> None:
    leaves = leaves_of(a_split(stable=90, canary=10))
    one, other = Random(3), Random(3)
    assert [choose(leaves, one) for _ in range(50)] == [choose(leaves, other) for _ in range(50)]
