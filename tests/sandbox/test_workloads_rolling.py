"""The arithmetic of rollouts, played to the end for any numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.sandbox.workloads.rolling import Limits, Member, absolute, grown, limits_of, proportional, shrunk


def a_member(name: str, replicas: int, available: int | None = None, most: int | None = None) -> Member:
    return Member(name=name, replicas=replicas, available=replicas if available is None else available, most=most)


def of(replicas: int, **rolling: int | str) -> Limits:
    return limits_of({"spec": {"replicas": replicas, "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}})


def test_shares_of_pods_round_up_for_the_surge_and_down_for_the_absent() -> None:
    assert (absolute("25%", 5, up=True), absolute("25%", 5, up=False), absolute(2, 5, up=True)) == (2, 1, 2)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (limits_of({"spec": {}}), Limits(replicas=1, surge=1, unavailable=0)),
        (of(10), Limits(replicas=10, surge=3, unavailable=2)),
        (of(2, maxSurge=0, maxUnavailable="25%"), Limits(replicas=2, surge=0, unavailable=1)),
        (of(0), Limits(replicas=0, surge=0, unavailable=0)),
        (of(3, maxSurge=0, maxUnavailable=9), Limits(replicas=3, surge=0, unavailable=3)),
    ],
)
def test_limits_are_those_of_kubernetes(limits: Limits, expected: Limits) -> None:
    assert limits == expected


@given(
    replicas=st.integers(0, 30),
    surge=st.integers(0, 30),
    unavailable=st.integers(0, 30),
    old=st.lists(st.integers(0, 30), min_size=1, max_size=3),
)
def test_a_rollout_whose_pods_come_up_ends_and_never_breaks_its_limits(
    replicas: int, surge: int, unavailable: int, old: list[int]
) -> None:
    limits = of(replicas, maxSurge=surge, maxUnavailable=unavailable)
    olds = {f"old-{index}": size for index, size in enumerate(old)}
    new, most = 0, max(sum(old), limits.most)
    fewest = min(sum(old), limits.fewest_available)
    for _ in range(200):
        members = [a_member(name, size) for name, size in olds.items()]
        next_size = grown(limits, a_member("new", new), members)
        if next_size == new:
            olds |= shrunk(limits, a_member("new", new), members)
        new = next_size
        assert fewest <= new + sum(olds.values()) <= most
    assert (new, sum(olds.values())) == (replicas, 0)


def test_old_pods_stay_while_the_new_ones_do_not_come_up() -> None:
    limits = of(4, maxSurge=1, maxUnavailable=0)
    assert grown(limits, a_member("new", 0), [a_member("old", 4)]) == 1
    assert shrunk(limits, a_member("new", 1, available=0), [a_member("old", 4)]) == {}


def test_old_pods_that_do_not_work_go_first() -> None:
    limits = of(4, maxSurge=1, maxUnavailable=1)
    broken, fine = a_member("broken", 2, available=0), a_member("fine", 3)
    assert shrunk(limits, a_member("new", 0), [fine, broken]) == {"broken": 0}


def test_scaling_in_the_middle_goes_to_each_by_its_share() -> None:
    limits = Limits(replicas=15, surge=4, unavailable=3)
    members = [a_member("old", 8, most=13), a_member("new", 5, most=13)]
    assert proportional(limits, members, current=13) == {"old": 12, "new": 7}


@given(sizes=st.lists(st.integers(1, 20), min_size=2, max_size=4), replicas=st.integers(0, 60), surge=st.integers(0, 10))
def test_scaling_in_the_middle_gives_out_exactly_what_there_is(sizes: list[int], replicas: int, surge: int) -> None:
    limits = Limits(replicas=replicas, surge=surge, unavailable=0)
    members = [a_member(f"set-{index}", size, most=sum(sizes)) for index, size in enumerate(sizes)]
    scaled = {each.name: each.replicas for each in members} | proportional(limits, members, current=sum(sizes))
    assert sum(scaled.values()) == limits.most
    assert min(scaled.values()) >= 0
