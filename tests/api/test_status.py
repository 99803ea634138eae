import json

import pytest
from hypothesis import given

from analysis.verdict import Policy, Ratio, Verdict
from canary.api.changes import changes
from canary.api.status import UnreadableStatus, state_of, status_of
from canary.api.status_fields import HistoryLine
from strategies.model import (
    RunResult,
    RunStatus,
    State,
    Traffic,
)
from tests.api.reports import NOW, RESTED, report, seen, verdict
from tests.api.states import states


@given(states)
def test_every_state_comes_back_from_its_status(state: State):
    assert state_of(json.loads(json.dumps(status_of(report(state))))) == state


def test_no_status_is_the_first_state():
    assert State() == state_of({})


def test_a_status_that_is_not_ours_is_refused_by_field():
    with pytest.raises(UnreadableStatus, match=r"The status can't be read: status\.phase: \"Dancing\" is not known"):
        state_of({"phase": "Dancing"})
    with pytest.raises(UnreadableStatus, match=r"status\.rollout\.number: is missing"):
        state_of({"rollout": {key: value for key, value in status_of(report())["rollout"].items() if key != "number"}})


def test_a_running_rollout_as_people_see_it():
    status = status_of(report())
    shown = {name: status[name] for name in ("phase", "reason", "message", "step", "weight", "observedGeneration", "rollouts")}
    assert shown == {
        "phase": "Progressing",
        "reason": "Holding",
        "message": "Holds 25 % for 1m.",
        "step": "2/4",
        "weight": "24.5%",
        "observedGeneration": 4,
        "rollouts": 3,
    }
    assert status["stable"] == {"workload": "reviews", "revision": "v2", "image": "reviews:2", "replicas": 4, "ready": 4}
    assert status["canary"] == {"workload": "reviews-canary", "revision": "v3", "image": "reviews:3", "replicas": 1, "ready": 1}
    assert status["traffic"] == {"router": "smi", "wanted": 25, "live": 24.5, "acknowledged": True}
    rollout = status["rollout"]
    assert (rollout["step"], rollout["of"], rollout["startedAt"]) == (2, 4, "2026-11-21T14:07:05.250000Z")
    assert rollout["plan"]["steps"][0] == {"weight": 5, "hold": "1m", "minRequests": 0, "tests": [], "approval": False}


def test_at_rest_nothing_of_a_rollout_is_left():
    status = status_of(report(RESTED, seen(traffic=Traffic(), tried="v3")))
    assert {"step", "weight", "rollout", "canary", "traffic", "verdict"}.isdisjoint(status)
    assert status["outcome"] == {"reason": "Promoted", "message": "v3 serves."}


def test_a_version_that_waits_is_shown():
    status = status_of(report(RESTED, seen(tried="v4", tried_image="reviews:4")))
    assert status["canary"] == {"revision": "v4", "image": "reviews:4"}


def test_the_gravest_verdict_is_shown_unless_it_is_ignored():
    ignored = verdict(Verdict.FAIL, metric="dry", policy=Policy.IGNORE)
    verdicts = (verdict(Verdict.PASS), verdict(Verdict.NO_DATA, policy=Policy.PAUSE), verdict(Verdict.CONTINUE), ignored)
    assert status_of(report(observation=seen(verdicts=verdicts)))["verdict"] == "NoData"
    assert status_of(report(observation=seen(verdicts=(ignored,)))).get("verdict") is None


def test_numbers_that_json_has_not_are_left_out_or_bounded():
    verdicts = (
        verdict(Verdict.FAIL, evidence=float("inf"), bound=40.04),
        verdict(Verdict.PASS, metric="b", evidence=float("nan")),
    )
    first, second = json.loads(json.dumps(status_of(report(observation=seen(verdicts=verdicts))), allow_nan=False))["analysis"]
    assert (first["evidence"], first["bound"], "evidence" in second) == (1e300, 40.0, False)


def test_a_ratio_is_shown_with_its_interval():
    known = verdict(Verdict.FAIL, ratio=Ratio(low=8.04, estimate=15.1, high=29.4))
    half_known = verdict(Verdict.CONTINUE, metric="b", ratio=Ratio(low=3.14, estimate=None, high=None))
    shown = status_of(report(observation=seen(verdicts=(known, half_known, verdict(Verdict.PASS, metric="c")))))["analysis"]
    assert [each.get("ratio") for each in shown] == ["15x (8-29)", "?x (3.1-)", None]


def test_runs_of_this_rollout_are_shown():
    runs = {
        "ab12-3/2.1/test/smoke": RunResult(status=RunStatus.SUCCEEDED, sentence="200 in 12 ms."),
        "ab12-3/0.1/beforeRollout/ticket": RunResult(status=RunStatus.RUNNING),
        "ab12-2/1.1/test/smoke": RunResult(status=RunStatus.FAILED),
    }
    assert status_of(report(observation=seen(runs=runs)))["tests"] == [
        {"name": "smoke", "edge": "test", "at": "2.1", "status": "Succeeded", "sentence": "200 in 12 ms."},
        {"name": "ticket", "edge": "beforeRollout", "at": "0.1", "status": "Running", "sentence": ""},
    ]


def test_ten_lines_of_history_are_kept():
    line = HistoryLine(number=1, revision="v", image="i", outcome="Promoted", started_at=NOW, ended_at=NOW, sentence="Fine.")
    history = tuple(line.model_copy(update={"number": number}) for number in range(12, 0, -1))
    kept = status_of(report(history=history))["history"]
    assert [each["number"] for each in kept] == list(range(12, 2, -1))
    assert HistoryLine.model_validate(kept[0]) == history[0]


def test_the_smallest_write_that_makes_one_status_another():
    before, after = status_of(report()), status_of(report(RESTED, seen(traffic=Traffic(), tried="v3")))
    patch = changes(before, after)
    assert (patch["rollout"], patch["phase"], patch["stable"]) == (None, "Promoted", {"revision": "v3"})
    assert "observedGeneration" not in patch
    assert changes(before, before) == {}
    assert merged(before, patch) == after


def merged(target: dict, patch: dict) -> dict:
    """RFC 7396, as the API server does it."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = merged(result.get(name, {}), value)
        else:
            result[name] = value
    return result


@given(states, states)
def test_changes_lead_from_any_status_to_any_other(one: State, other: State):
    before, after = status_of(report(one)), status_of(report(other))
    assert merged(before, changes(before, after)) == after
