"""A provider that fails again and again is left alone, then tried by one query; so is one that asks for a pause."""

from datetime import timedelta

import pytest

from analysis.providers.base import ErrorKind, ProviderError
from analysis.providers.circuit import FAILURES, LONGEST_PAUSE_SECONDS, REST_SECONDS, Circuit, rest_after


def broken(at=0.0) -> Circuit:
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit.failed(at, "It is down.")
    return circuit


def pausing(pause=None) -> Circuit:
    circuit = Circuit()
    circuit.learn(0.0, ProviderError(ErrorKind.RATE_LIMITED, "It is asked too often.", pause=pause))
    return circuit


def test_a_few_failures_are_borne():
    circuit = Circuit()
    for _ in range(FAILURES - 1):
        circuit.failed(0.0, "It is down.")
    assert not circuit.resting(0.0)


def test_failures_are_counted_in_a_row():
    circuit = broken()
    circuit.answered()
    circuit.failed(0.0, "It is down.")
    assert not circuit.open


def test_after_a_rest_only_one_tries_again():
    circuit = broken()
    assert circuit.resting(REST_SECONDS - 1)
    assert [circuit.resting(REST_SECONDS) for _ in range(3)] == [False, True, True]


def test_a_trial_that_fails_begins_another_rest():
    circuit = broken()
    assert not circuit.resting(REST_SECONDS)
    circuit.failed(REST_SECONDS + 5, "It is still down.")
    assert circuit.resting(2 * REST_SECONDS + 4)
    assert circuit.last == "It is still down."


def test_an_answer_ends_it():
    circuit = broken()
    circuit.answered()
    assert not circuit.open


@pytest.mark.parametrize(("interval", "rest"), [(1, 2), (5, 10), (15, 30), (60, 30)])
def test_a_rest_is_two_looks_and_half_a_minute_at_most(interval, rest):
    assert rest == rest_after(timedelta(seconds=interval))


@pytest.mark.parametrize(
    ("pause", "seconds"),
    [
        (None, REST_SECONDS),
        (timedelta(seconds=90), 90),
        (timedelta(0), 1),
        (timedelta(days=1), LONGEST_PAUSE_SECONDS),
    ],
)
def test_a_pause_is_as_long_as_it_was_asked_for_within_reason(pause, seconds):
    circuit = pausing(pause)
    assert circuit.resting(seconds - 0.5)
    assert not circuit.resting(seconds)


def test_a_pause_ends_with_the_first_answer():
    circuit = pausing()
    circuit.answered()
    assert not circuit.open


@pytest.mark.parametrize("kind", [ErrorKind.REFUSED, ErrorKind.UNAUTHORIZED, ErrorKind.GARBAGE, ErrorKind.PARTIAL])
def test_to_refuse_is_to_be_there(kind):
    circuit = broken()
    circuit.learn(REST_SECONDS, ProviderError(kind, "No."))
    assert not circuit.open
