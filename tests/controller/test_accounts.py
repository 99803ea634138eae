"""What is written down of a decision."""

from dataclasses import replace
from typing import Any

import pytest

from canary.controller.accounts import answer_of, begun, command_record, decision_record, ended, history_lines, outcome_of
from strategies.model import Command, Decision, Phase, State, Verb
from tests.controller.objects import NOW, a_rollout, a_sight

ROLLOUT = a_rollout(revision="v2", why="AnalysisFailed", sentence="Canary fails.")
TRYING = State(phase=Phase.PROGRESSING, stable="v1", rollout=ROLLOUT)
BACK = State(phase=Phase.ROLLED_BACK, stable="v1", reason="AnalysisFailed", sentence="Canary fails.")
PAUSE = Command(verb=Verb.PAUSE, id="1", who="ada", why="lunch")


def decided(state: State, **changes: Any) -> Decision:
    return replace(Decision(state=state, reason="Holding", sentence="Holds 5 %."), **changes)


def test_a_decision_is_a_row_with_the_rollout_that_it_is_about() -> None:
    row = decision_record(a_sight(), TRYING, decided(BACK), NOW)
    assert (row.reason, row.sentence, row.rollout_id, row.actor) == ("Holding", "Holds 5 %.", ROLLOUT.id, None)


def test_a_refused_command_is_the_news_of_its_decision() -> None:
    decision = decided(TRYING, command=PAUSE, refused="Already paused.", answered=True)
    row = decision_record(a_sight(), TRYING, decision, NOW)
    assert (row.reason, row.sentence, row.actor) == ("CommandRefused", "`pause` was refused: Already paused.", "ada")
    told, answer = command_record(a_sight(), decision, NOW), answer_of(decision, NOW)
    assert answer is not None
    assert (told.outcome, told.sentence, answer.accepted, answer.message) == (
        "refused",
        "Already paused.",
        False,
        "Already paused.",
    )


def test_a_command_that_could_not_be_read_is_answered_all_the_same() -> None:
    answer = answer_of(decided(TRYING, refused="No such verb.", answered=True), NOW)
    assert answer is not None
    assert (answer.verb, answer.who, answer.accepted, answer.message) == ("command", "unknown", False, "No such verb.")
    assert answer_of(decided(TRYING), NOW) is None


def test_history_has_a_line_for_a_rollout_that_is_over_and_none_before() -> None:
    assert history_lines(TRYING, decided(TRYING), NOW) == ()
    (line,) = history_lines(TRYING, decided(BACK), NOW)
    assert (line.revision, line.outcome, line.sentence, line.ended_at) == ("v2", "RolledBack", "Canary fails.", NOW)


def test_one_that_is_taken_back_at_once_had_been_promoted() -> None:
    assert [outcome_of(state) for state in (BACK, replace(TRYING, phase=Phase.ROLLING_BACK))] == ["RolledBack", "Promoted"]


@pytest.mark.parametrize(
    "state",
    [
        TRYING,
        replace(TRYING, phase=Phase.PROMOTING, stable="v2", previous="v1"),  # it has arrived
    ],
)
def test_a_rollout_was_tried_against_the_version_that_served_before(state: State) -> None:
    running, over = begun(a_sight(), ROLLOUT, state), ended(a_sight(), ROLLOUT, state, decided(BACK), NOW)
    assert (running.stable_revision, running.ended_at, running.outcome) == ("v1", None, None)
    assert (over.stable_revision, over.ended_at, over.outcome, over.reason) == ("v1", NOW, "RolledBack", "AnalysisFailed")
