"""Waits, on scripted sequences of statuses."""

from collections.abc import Iterable
from typing import Any

import pytest

from canary.cli.outcome import Code, Goal, Wanted, awaited, first_number, judge
from canary.cli.reading import read
from tests.cli.states import NEW, OLD, a_canary, a_condition, idle, paused, progressing, promoted, rolled_back, superseded


def waits(goal: Goal, statuses: Iterable[dict[str, Any] | None]) -> list[Code | None]:
    """What each look comes to, up to the end."""
    codes: list[Code | None] = []
    for status in statuses:
        outcome = judge(goal, read(a_canary(status)))
        codes.append(outcome.code if outcome else None)
        if outcome:
            break
    return codes


def a_goal(wanted: Wanted = Wanted.ENDED, revision: str | None = NEW, since: int = 3, **more: Any) -> Goal:
    return Goal(wanted=wanted, revision=revision, since=since, **more)


def test_a_rollout_that_is_promoted() -> None:
    assert waits(a_goal(), [idle(), progressing(), paused(), promoted()]) == [None, None, None, Code.REACHED]


def test_a_rollout_that_is_rolled_back() -> None:
    rolling = progressing(phase="RollingBack")
    assert waits(a_goal(), [progressing(), rolling, rolled_back()]) == [None, None, Code.ROLLED_BACK]


@pytest.mark.parametrize("before", [promoted(OLD), rolled_back("0123456789"), idle()])
def test_the_outcome_of_the_rollout_before_counts_for_nothing(before: dict) -> None:
    assert waits(a_goal(), [before, progressing(), promoted()]) == [None, None, Code.REACHED]
    assert f"Waits until the controller has seen revision {NEW}." == awaited(a_goal(), read(a_canary(before)))


def test_a_version_that_serves_already_is_no_wait() -> None:
    assert waits(a_goal(revision=OLD), [idle()]) == [Code.REACHED]


def test_a_version_that_was_rejected_already_is_no_wait() -> None:
    assert waits(a_goal(), [rolled_back()]) == [Code.ROLLED_BACK]


def test_the_stable_version_put_back_after_a_rollback_is_a_success() -> None:
    assert waits(a_goal(revision=OLD), [rolled_back()]) == [Code.REACHED]


def test_a_second_try_of_a_rejected_version_is_not_answered_with_the_first() -> None:
    again = {**progressing(), "rollout": {**progressing()["rollout"], "number": 4}, "history": rolled_back()["history"]}
    assert waits(a_goal(since=4), [again, promoted()]) == [None, Code.REACHED]


def test_a_version_that_is_superseded_was_not_promoted() -> None:
    assert waits(a_goal(), [progressing(), superseded()]) == [None, Code.ROLLED_BACK]


def test_a_command_without_its_answer_keeps_the_wait_open() -> None:
    reading = read(a_canary(rolled_back(), annotations={"canary.delivery/command": "retry"}))
    assert None is judge(a_goal(), reading)


def test_a_spec_that_has_not_been_read_keeps_the_wait_open() -> None:
    reading = read(a_canary(promoted(observedGeneration=1)))
    assert None is judge(a_goal(), reading)
    assert awaited(a_goal(), reading) == "Waits until the controller has read the new spec."


def test_no_controller_keeps_the_wait_open() -> None:
    assert waits(a_goal(), [None]) == [None]
    assert awaited(a_goal(), read(a_canary())) == "Waits for a controller to look at it."


def test_before_the_first_hold_nothing_serves_yet() -> None:
    status = {"phase": "Idle", "message": "Waits until Deployment reviews has finished rolling, then holds it."}
    assert waits(a_goal(revision=OLD), [status, idle()]) == [None, Code.REACHED]
    assert waits(a_goal(revision=None), [status, idle()]) == [None, Code.REACHED]


def test_a_pause_is_waited_out_unless_it_is_a_failure() -> None:
    assert waits(a_goal(), [progressing(), paused()]) == [None, None]
    assert waits(a_goal(fail_on_pause=True), [progressing(), paused()]) == [None, Code.PAUSED]


def test_a_rollout_that_cannot_start_counts_as_a_pause() -> None:
    status = idle(canary={"revision": NEW}, conditions=[a_condition("Stalled", "True")])
    assert waits(a_goal(), [status]) == [None]
    assert waits(a_goal(fail_on_pause=True), [status]) == [Code.PAUSED]


@pytest.mark.parametrize(
    ("wanted", "end", "code"),
    [
        (Wanted.PROMOTED, promoted(), Code.REACHED),
        (Wanted.PROMOTED, rolled_back(), Code.ROLLED_BACK),
        (Wanted.ROLLED_BACK, rolled_back(), Code.REACHED),
        (Wanted.ROLLED_BACK, promoted(), Code.ERROR),
        (Wanted.PAUSED, paused(), Code.REACHED),
        (Wanted.PAUSED, rolled_back(), Code.ROLLED_BACK),
        (Wanted.PAUSED, promoted(), Code.ERROR),
        (Wanted.IDLE, promoted(), Code.REACHED),
        (Wanted.IDLE, rolled_back(), Code.REACHED),
    ],
)
def test_what_is_waited_for_decides_the_code(wanted: Wanted, end: dict, code: Code) -> None:
    assert [None, code] == waits(a_goal(wanted), [progressing(), end])


def test_rollouts_before_the_wait_have_lower_numbers() -> None:
    assert first_number(read(a_canary(idle()))) == 3
    assert first_number(read(a_canary(progressing()))) == 3
