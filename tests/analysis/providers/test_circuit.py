"""A provider that fails again and again is left alone, and tried again by one query at a time."""

from analysis.providers.circuit import FAILURES, REST_SECONDS, Circuit


def broken(at=0.0) -> Circuit:
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit.failed(at, "It is down.")
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
