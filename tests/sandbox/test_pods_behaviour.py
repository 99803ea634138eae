"""What the environment of a pod may ask for."""

import contextlib
from datetime import timedelta
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.sandbox.pods.behaviour import BadBehaviour, Behaviour, Slow, behaviour_from, environment_of
from tests.sandbox.cluster import a_template


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SANDBOX_ERRORS", "5%", Behaviour(errors=0.05)),
        ("SANDBOX_ERRORS", "0.25%", Behaviour(errors=0.0025)),
        ("SANDBOX_LATENCY", "20ms", Behaviour(latency=timedelta(milliseconds=20))),
        ("SANDBOX_LATENCY", "1.5s", Behaviour(latency=timedelta(seconds=1.5))),
        ("SANDBOX_SLOW", "30%@800ms", Behaviour(slow=Slow(share=0.3, latency=timedelta(milliseconds=800)))),
        ("SANDBOX_START", "2s", Behaviour(start=timedelta(seconds=2))),
        ("SANDBOX_CRASH", "true", Behaviour(crash=True)),
        ("SANDBOX_CRASH", "false", Behaviour()),
        ("SANDBOX_UNREADY", "true", Behaviour(unready=True)),
        ("SANDBOX_HEALTH", "failing", Behaviour(failing_health=True)),
    ],
)
def test_each_variable_means_one_thing(name: str, value: str, expected: Behaviour) -> None:
    assert behaviour_from({name: value}) == expected


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"SANDBOX_ERRORS": "5"}, "SANDBOX_ERRORS='5': expected a percentage from 0% to 100%, such as 5%"),
        ({"SANDBOX_ERRORS": "101%"}, "expected a percentage from 0% to 100%"),
        ({"SANDBOX_LATENCY": "5"}, "expected a duration such as 20ms, 1.5s or 2m"),
        ({"SANDBOX_LATENCY": "-1s"}, "expected a duration"),
        ({"SANDBOX_LATENCY": "90m"}, "more than an hour"),
        ({"SANDBOX_SLOW": "800ms"}, "expected a share and a duration, such as 30%@800ms"),
        ({"SANDBOX_CRASH": "yes"}, "expected true or false"),
        ({"SANDBOX_HEALTH": "bad"}, "expected ok or failing"),
        ({"SANDBOX_CRSH": "true"}, "SANDBOX_CRSH is unknown; the sandbox knows SANDBOX_CRASH"),
        ({"SANDBOX_CRASH": None}, "SANDBOX_CRASH needs a literal value; the sandbox does not follow valueFrom"),
    ],
)
def test_what_is_not_understood_is_named(environment: dict[str, str | None], sentence: str) -> None:
    with pytest.raises(BadBehaviour) as refused:
        behaviour_from(environment)
    assert sentence in str(refused.value)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(BadBehaviour, match=r"SANDBOX_ERRORS.*; SANDBOX_START"):
        behaviour_from({"SANDBOX_ERRORS": "x", "SANDBOX_START": "x"})


def test_only_our_variables_are_looked_at() -> None:
    pod = a_template(SANDBOX_CRASH="true", HOME="/root")
    pod["spec"]["containers"][0]["env"].append({"name": "SANDBOX_START", "valueFrom": {"fieldRef": {}}})
    assert environment_of(pod) == {"SANDBOX_CRASH": "true", "SANDBOX_START": None}


@given(st.text(max_size=12))
def test_any_text_is_understood_or_refused(value: str) -> None:
    for name in ("SANDBOX_ERRORS", "SANDBOX_LATENCY", "SANDBOX_SLOW", "SANDBOX_START", "SANDBOX_CRASH", "SANDBOX_HEALTH"):
        with contextlib.suppress(BadBehaviour):
            behaviour = behaviour_from({name: value})
            assert 0 <= behaviour.errors <= 1


@given(share=st.integers(0, 100), amount=st.integers(0, 3000), unit=st.sampled_from(["us", "ms", "s"]))
def test_what_is_written_is_what_is_read(share: int, amount: int, unit: str) -> None:
    slow = behaviour_from({"SANDBOX_SLOW": f"{share}%@{amount}{unit}"}).slow
    assert slow == Slow(share=share / 100, latency=timedelta(seconds=amount * {"us": 1e-6, "ms": 1e-3, "s": 1}[unit]))


def test_answers_take_their_mean_time_and_fail_by_their_share() -> None:
    rng = Random(7)
    behaviour = behaviour_from({"SANDBOX_LATENCY": "20ms", "SANDBOX_ERRORS": "5%"})
    assert fmean(behaviour.delay(rng) for _ in range(4000)) == pytest.approx(0.020, rel=0.02)
    assert fmean(behaviour.fails(rng) for _ in range(4000)) == pytest.approx(0.05, abs=0.01)
    assert Behaviour().delay(rng) == 0


def test_a_share_of_answers_is_slow() -> None:
    rng = Random(7)
    behaviour = behaviour_from({"SANDBOX_SLOW": "30%@800ms"})
    assert fmean(behaviour.delay(rng) > 0.2 for _ in range(4000)) == pytest.approx(0.3, abs=0.02)
