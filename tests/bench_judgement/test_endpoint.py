"""The endpoint serves the same counters: read through PromQL and HTTP they lead to the same verdicts, and it can be ill."""

from collections import Counter

import pytest

from analysis.reading import Counted, Problem
from tests.bench.judgement.catalogue import catalogue
from tests.bench.judgement.player import made_up, play


def outcome(played):
    return played.failed, played.passed, played.last


@pytest.mark.parametrize(
    "name",
    ["x2/100rps/w25/0.5%", "odd/pods-come-and-go", "odd/restarts/x10", "odd/relabelled", "slow/x1.5/100rps/w50"],
)
def test_both_ways_of_reading_give_the_same_verdicts(name):
    scenario = catalogue()[f"http/{name}"]
    made = [made_up(scenario, seed=7)]

    assert outcome(play(scenario, made, direct=True)) == outcome(play(scenario, made))


def test_both_ways_of_reading_give_the_same_series():
    made = made_up(catalogue()["http/odd/pods-come-and-go"], seed=7)
    direct = made_up(catalogue()["odd/pods-come-and-go"], seed=7)

    for one, other in zip(made.readings(), direct.readings(), strict=True):
        assert (one.stable, one.canary) == (other.stable, other.canary)


def kinds(name):
    """How many looks gave what."""
    readings = made_up(catalogue()[f"missing/{name}"], seed=1).readings()
    return Counter(one.trouble.value if isinstance(one, Problem) else type(one).__name__ for one in readings)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("http-500-since-10m", {"Counted": 40, "QueryError": 201}),
        ("http-500-for-1m", {"Counted": 237, "QueryError": 4}),
        ("garbage-two-of-three", {"Counted": 80, "QueryError": 161}),
        ("nan-since-10m", {"Counted": 40, "NaN": 201}),
    ],
)
def test_an_ill_provider_is_ill_when_it_is_meant_to_be(name, expected):
    assert expected == dict(kinds(name))


def test_one_that_hangs_is_given_up():
    looks = kinds("hangs-since-10m")

    assert (looks.pop("Counted"), 40 + looks.total()) == (40, 241)
    assert set(looks) <= {"Timeout", "QueryError"}


def test_an_empty_answer_is_a_look_without_series():
    readings = list(made_up(catalogue()["missing/empty"], seed=1).readings())

    assert all(isinstance(one, Counted) and not one.canary and not one.stable for one in readings)
