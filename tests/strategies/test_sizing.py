"""Pods for a weight, and the share that pods can reach."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.model import Sizing
from strategies.sizing import PodSplit, enough, pods_for, split_pods

weights = st.decimals(min_value=0, max_value=100, places=3)


@pytest.mark.parametrize(
    ("total", "weight", "expected"),
    [
        (4, 0, PodSplit(canary=0, stable=4)),
        (4, 1, PodSplit(canary=1, stable=3)),
        (4, 25, PodSplit(canary=1, stable=3)),
        (4, 50, PodSplit(canary=2, stable=2)),
        (4, 99, PodSplit(canary=3, stable=1)),
        (4, 100, PodSplit(canary=4, stable=0)),
        (1, 50, PodSplit(canary=1, stable=1)),
        (10, 12.5, PodSplit(canary=1, stable=9)),
    ],
)
def test_pods_of_a_split(total: int, weight: float, expected: PodSplit) -> None:
    assert split_pods(total, Decimal(str(weight))) == expected


@given(total=st.integers(1, 500), weight=weights)
def test_both_versions_keep_a_pod_between_the_ends(total: int, weight: Decimal) -> None:
    split = split_pods(total, weight)
    assert (split.canary == 0) == (weight == 0)
    assert (split.stable == 0) == (weight == 100)
    assert split.canary + split.stable == (2 if total == 1 and 0 < weight < 100 else total)


@given(total=st.integers(2, 500), weight=st.decimals(min_value="0.001", max_value="99.999", places=3))
def test_the_share_reached_is_the_nearest_that_leaves_both_a_pod(total: int, weight: Decimal) -> None:
    reached = split_pods(total, weight).reached
    best = min(abs(Decimal(100) * pods / total - weight) for pods in range(1, total))
    assert abs(abs(reached - weight) - best) <= Decimal("0.001")


@given(total=st.integers(1, 200), one=weights, other=weights)
def test_a_larger_weight_never_means_fewer_canary_pods(total: int, one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert split_pods(total, low).canary <= split_pods(total, high).canary


@pytest.mark.parametrize(
    ("sizing", "weight", "stable", "expected"),
    [
        (Sizing(), 5, 4, 1),
        (Sizing(), 50, 4, 2),
        (Sizing(), 51, 4, 3),
        (Sizing(), 100, 4, 4),
        (Sizing(match=False, full=True), 5, 4, 4),
        (Sizing(match=False, count=3), 5, 40, 3),
        (Sizing(match=False, percent=Decimal(50)), 5, 5, 3),
        (Sizing(), 5, 0, 1),
    ],
)
def test_canary_pods_for_a_weight(sizing: Sizing, weight: int, stable: int, expected: int) -> None:
    assert pods_for(sizing, Decimal(weight), stable) == expected


@given(wanted=st.integers(0, 1000), ready=st.integers(0, 100))
def test_enough_is_at_least_one_and_never_more_than_wanted(wanted: int, ready: int) -> None:
    assert 1 <= enough(Sizing(ready=Decimal(ready)), wanted) <= max(1, wanted)
