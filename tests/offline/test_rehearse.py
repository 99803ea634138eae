from dataclasses import replace
from datetime import timedelta

import pytest

from canary.api.v1alpha1 import CanarySpec
from canary.offline.course import course_of
from canary.offline.rehearse import Rehearsal, countable, effort, run
from canary.offline.rehearse_many import outlook
from canary.offline.rehearse_outlook import Chance, regressions, told, usual_effort
from canary.offline.rehearse_traffic import Situation
from canary.offline.story import Ending

SPEC = {
    "target": {"deployment": "reviews"},
    "service": {"name": "reviews", "port": 80},
    "traffic": {"router": "smi"},
    "strategy": {"progressive": {"steps": [{"weight": 10, "hold": "2m"}, {"weight": 50, "hold": "3m"}]}},
}


def a_rehearsal(steps: list | None = None, rps: float = 200.0, errors: float = 0.002) -> Rehearsal:
    strategy = {"progressive": {"steps": steps}} if steps else SPEC["strategy"]
    course, _ = countable(course_of(CanarySpec.model_validate({**SPEC, "strategy": strategy})))
    situation = Situation(rps=rps, shares={"errors": errors, "slow": 0.01}, pods=4)
    return Rehearsal(course=course, situation=situation, metric="errors")


def test_a_healthy_rollout_takes_as_long_as_its_holds():
    played = run(a_rehearsal(), None, 0)
    assert (played.ending, played.seconds) == (Ending.PROMOTED, 300)
    assert [(leg.step, leg.weight, leg.seconds) for leg in played.legs] == [(1, 10, 120), (2, 50, 180)]
    assert sum(leg.requests for leg in played.legs) == pytest.approx(played.requests)
    assert played.requests == pytest.approx(200 * (120 * 0.1 + 180 * 0.5), rel=0.05)


def test_a_broken_one_is_caught_and_costs_what_it_served():
    played = run(a_rehearsal(), 0.3, 0)
    assert (played.ending, played.step) == (Ending.ROLLED_BACK, 1)
    assert played.excess == pytest.approx(played.bad - 0.002 * played.requests)
    assert played.excess > 0


def test_the_same_number_is_the_same_rollout():
    assert run(a_rehearsal(), 0.02, 3) == run(a_rehearsal(), 0.02, 3)
    assert run(a_rehearsal(), 0.02, 3) != run(replace(a_rehearsal(), seed=2), 0.02, 3)


def test_a_step_that_waits_for_requests_that_never_come_is_given_up():
    played = run(a_rehearsal([{"weight": 5, "hold": "1m", "minRequests": 100_000}], rps=1.0), None, 0)
    assert (played.ending, played.reason) == (Ending.PAUSED, "WaitingForRequests")
    assert "100000 canary requests" in played.sentence


def test_what_it_would_take_is_found_below_full_traffic():
    taken = effort(a_rehearsal([{"weight": 25, "hold": "1m"}, {"weight": 100, "hold": "1m"}], rps=20.0), 0.05, 0)
    assert taken is not None
    assert taken.weight == 25
    assert taken.requests == pytest.approx(20 * 0.25 * taken.seconds, rel=0.2)


def test_with_nothing_but_full_traffic_there_is_nothing_to_compare_with():
    assert effort(a_rehearsal([{"weight": 100, "hold": "1m"}]), 0.05, 0) is None


def test_metrics_without_events_can_not_be_made_up():
    metrics = [{"name": "errors", "builtin": "error-share"}, {"name": "heap", "value": "heap", "threshold": {"max": 1}}]
    course, left_out = countable(course_of(CanarySpec.model_validate({**SPEC, "analysis": {"metrics": metrics}})))
    assert ([metric.name for metric in course.metrics], left_out) == (["errors"], ("heap",))


def test_an_outlook():
    seen: list[str] = []
    found = outlook(a_rehearsal(), 4, seen.append)
    assert found.promoted.of == 12
    assert (found.seconds, len(found.legs), found.stuck) == (300, 2, None)
    broken = found.regressions[-1]
    assert (broken.regression.share, broken.caught.share, broken.step, broken.effort) == (0.3, 1, 1, None)
    assert broken.median is not None
    assert broken.p90 is not None
    assert broken.median <= broken.p90 <= 120
    assert seen[:2] == ["healthy rollouts", "0.400% bad"]
    assert found == outlook(a_rehearsal(), 4)
    document = told(found)
    assert document["regressions"][-1]["caught"]["share"] == 1
    assert [(step["weight"], step["seconds"]) for step in document["healthy"]["steps"]] == [(10, 120), (50, 180)]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.002, ["x2", "x3", "+0.5 points", "+1 points", "x10", "", ""]),
        (0.0, ["+0.5 points", "+1 points", "", ""]),
        (0.4, ["+0.5 points", "+1 points", "x2"]),
        (0.005, ["+0.5 points", "+1 points", "", ""]),
    ],
)
def test_what_might_go_wrong(share, expected):
    assert [each.label for each in regressions(share)] == expected
    assert all(share < each.share < 1 for each in regressions(share))


def test_a_chance_has_an_interval():
    none, some = Chance(hits=0, of=120), Chance(hits=30, of=40)
    assert (none.share, none.low, round(none.high, 3)) == (0, 0, 0.031)
    assert (some.share, round(some.low, 2), round(some.high, 2)) == (0.75, 0.6, 0.86)


def test_what_catches_it_in_four_of_five_cases():
    leg = run(a_rehearsal(), None, 0).legs[0]
    ordered = [replace(leg, seconds=seconds) for seconds in (50, 10, 40, 20, 30)]
    assert usual_effort(ordered) == ordered[2]
    assert usual_effort([*ordered[:3], None, None]) is None
    assert usual_effort([]) is None


def test_time_between_looks_is_that_of_the_canary():
    rehearsal = a_rehearsal()
    slower = replace(rehearsal, course=replace(rehearsal.course, interval=timedelta(seconds=30)))
    assert run(slower, None, 0).seconds == 300
