from dataclasses import replace
from datetime import timedelta

import pytest

from canary.api.status import status_of
from strategies.model import Phase, State
from tests.api.reports import NOW, RESTED, RUNNING, report, seen


def truths(state: State, *, tried: str | None = None, stalled: bool = False) -> dict[str, str]:
    plain = report(state, seen(tried=tried))
    status = status_of(replace(plain, decision=replace(plain.decision, stalled=stalled)))
    return {each["type"]: each["status"] for each in status["conditions"]}


@pytest.mark.parametrize(
    ("state", "tried", "ready", "progressing", "promoted", "stalled"),
    [
        (State(), None, "False", "False", "Unknown", "False"),
        (replace(RESTED, phase=Phase.IDLE), "v3", "True", "False", "True", "False"),
        (replace(RESTED, phase=Phase.IDLE), "v4", "False", "False", "Unknown", "False"),
        (RUNNING, "v3", "False", "True", "Unknown", "False"),
        (replace(RUNNING, phase=Phase.PAUSED), "v3", "False", "True", "Unknown", "False"),
        (replace(RUNNING, phase=Phase.PROMOTING), "v3", "False", "True", "Unknown", "False"),
        (RESTED, "v3", "True", "False", "True", "False"),
        (replace(RUNNING, phase=Phase.ROLLING_BACK), "v3", "False", "True", "False", "False"),
        (replace(RESTED, phase=Phase.ROLLED_BACK, stable="v2", rejected="v3"), "v3", "False", "False", "False", "True"),
    ],
)
def test_each_phase_says_how_things_stand(  # noqa: PLR0917 - a table
    state: State, tried: str | None, ready: str, progressing: str, promoted: str, stalled: str
):
    expected = {"Ready": ready, "Progressing": progressing, "Promoted": promoted, "Stalled": stalled}
    assert truths(state, tried=tried) == expected


def test_what_needs_a_person_is_stalled_and_not_ready():
    found = truths(RESTED, tried="v3", stalled=True)
    assert (found["Stalled"], found["Ready"]) == ("True", "False")


def test_every_condition_says_the_decision():
    for condition in status_of(report())["conditions"]:
        assert (condition["reason"], condition["message"], condition["observedGeneration"]) == (
            "Holding",
            "Holds 25 % for 1m.",
            4,
        )


def test_the_transition_time_stays_while_the_status_does():
    before = status_of(report())
    later = seen(now=NOW + timedelta(minutes=1), tried="v3")
    after = status_of(report(RESTED, later, before=before))
    assert {each["type"]: each["lastTransitionTime"] for each in after["conditions"]} == {
        "Ready": "2026-11-21T14:11:05Z",
        "Progressing": "2026-11-21T14:11:05Z",
        "Promoted": "2026-11-21T14:11:05Z",
        "Stalled": "2026-11-21T14:10:05Z",
    }


def test_a_phase_without_a_reason_still_has_one_for_kubernetes():
    plain = report()
    status = status_of(replace(plain, decision=replace(plain.decision, reason="")))
    assert {each["reason"] for each in status["conditions"]} == {"Progressing"}
