"""`canary rehearse`: small rehearsals as a person orders them, and what is said about each outcome."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from canary.cli.rehearsed import advice, lines
from canary.cli.root import cli
from canary.cli.single import default_spec
from canary.offline.course import course_of
from canary.offline.rehearse import Leg, Rehearsal, Run, countable
from canary.offline.rehearse_chart import chart
from canary.offline.rehearse_outlook import Outcome, Outlook, Regression
from canary.offline.rehearse_traffic import Situation
from canary.offline.story import Ending

CANARY = """
apiVersion: canary.delivery/v1alpha1
kind: Canary
metadata: {name: reviews}
spec:
  target: {deployment: reviews}
  service: {name: reviews, port: 9080}
  traffic: {router: smi}
  strategy:
    progressive:
      steps:
      - {weight: 20, hold: 2m}
      - {weight: 50, hold: 2m, approval: true}
  analysis:
    metrics:
    - {name: errors, builtin: error-share}
    - {name: slow, builtin: slow-share}
    - {name: heap, value: heap_bytes, threshold: {max: 1}}
"""


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "canary.yaml"
    path.write_text(CANARY)
    return str(path)


def rehearse(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["rehearse", "--seeds", "2", *arguments])


def test_a_rehearsal_for_people(source: str) -> None:
    result = rehearse("-f", source, "--rps", "100", "--errors", "0.5%")
    assert result.exit_code == 0
    told = result.stdout.splitlines()
    assert told[0] == f"{source}: 100 requests per second, 0.5 % errors, 4 pods, seed 1"
    assert told[2].startswith("When all is well it takes 4m, and the canary serves ")
    assert [line.split()[:3] for line in told[4:6]] == [["1.", "20%", "2m"], ["2.", "50%", "2m"]]
    assert [line.split()[0] for line in told[9:13]] == ["1", "1.5", "5", "30"]
    assert result.stderr == (
        "canary: Not rehearsed, because values can't be made up: heap.\ncanary: Taken as passed: approval at 50 %.\n"
    )


def test_for_scripts_the_same_seed_says_the_same(source: str) -> None:
    one, other = (json.loads(rehearse("-f", source, "--rps", "100", "-o", "json").stdout) for _ in range(2))
    assert one == other
    assert (one["rps"], one["metric"], one["shares"]) == (100, "errors", {"errors": 0.002, "slow": 0.01})
    assert one["regressions"][-1]["caught"]["share"] == 1
    third = yaml.safe_load(rehearse("-f", source, "--rps", "100", "-o", "yaml", "--seed", "2").stdout)
    assert third["healthy"]["requests"] != one["healthy"]["requests"]


def test_another_metric_gets_worse(source: str) -> None:
    found = json.loads(rehearse("-f", source, "--rps", "100", "--metric", "slow", "--slow", "2%", "-o", "json").stdout)
    assert (found["metric"], found["regressions"][0]["share"]) == ("slow", 0.025)


def test_as_a_picture_and_as_a_plot(source: str, tmp_path: Path) -> None:
    image = tmp_path / "plan.svg"
    result = rehearse("-f", source, "--rps", "100", "--plot", "--image", str(image))
    assert "Caught, of canaries that fail" in result.stdout
    assert "Caught, of canaries that fail" in image.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rps", "0"], "Invalid value for '--rps': 0.0 is not in the range"),
        (["--rps", "1", "--errors", "0.2"], "Invalid value for '--errors': \"0.2\" is not a percentage"),
        (["--rps", "1", "--errors", "100%"], "100% is no share of requests that fail: write 0% or more and less than 100%"),
        (["--rps", "1", "--metric", "heap"], "--metric heap: the Canary counts no such events; name one of errors, slow."),
        ([], "Missing option '--rps'"),
    ],
)
def test_what_can_not_be_rehearsed(source: str, arguments: list[str], said: str) -> None:
    result = rehearse("-f", source, *arguments)
    assert result.exit_code == 1
    assert said in result.stderr


def test_a_canary_that_counts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "canary.yaml"
    path.write_text(CANARY.partition("  analysis:")[0] + "  analysis: {metrics: []}\n")
    result = rehearse("-f", str(path), "--rps", "1")
    assert result.stderr == "canary: The Canary has no metric that counts events: there is nothing to rehearse.\n"


# -- what is said about an outlook --------------------------------------------------------------------------------------------


def a_run(ending: Ending = Ending.PROMOTED, **changes: object) -> Run:
    known = Run(
        ending=ending,
        seconds=600.0,
        step=1,
        reason="",
        sentence="",
        requests=3000.0,
        bad=6.0,
        excess=0.0,
        legs=(Leg(step=1, weight=Decimal(5), seconds=600.0, requests=3000.0),),
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def a_rehearsal(min_requests: int = 0) -> Rehearsal:
    course, _ = countable(course_of(default_spec()))
    steps = tuple(replace(step, min_requests=min_requests) for step in course.plan.steps)
    course = replace(course, plan=replace(course.plan, steps=steps))
    return Rehearsal(course=course, situation=Situation(rps=100.0, shares={"errors": 0.002}, pods=4), metric="errors")


def an_outcome(share: float, caught: int, of: int = 10, effort: Leg | None = None) -> Outcome:
    lost = a_run(excess=40.0)
    found = [a_run(Ending.ROLLED_BACK, seconds=60.0 * number, excess=10.0) for number in range(1, caught + 1)]
    return Outcome(regression=Regression(label="", share=share), runs=(*found, *[lost] * (of - caught)), effort=effort)


def test_where_everything_is_caught_nothing_is_advised() -> None:
    found = Outlook(healthy=(a_run(),), regressions=(an_outcome(0.02, 10),))
    assert list(advice(a_rehearsal(), found)) == ["Each of these is caught in 4 of 5 rollouts at least, within the plan."]


def test_what_to_write_to_catch_more() -> None:
    needed = Leg(step=1, weight=Decimal(50), seconds=1110.0, requests=55_210.0)
    found = Outlook(healthy=(a_run(),), regressions=(an_outcome(0.004, 3, effort=needed), an_outcome(0.02, 10)))
    (said,) = advice(a_rehearsal(), found)
    assert said == (
        "A canary that fails 0.4 % of its requests is missed in 7 of 10 rollouts. "
        "To catch it in 4 of 5, let the step at 50% wait for more requests, as {weight: 50, hold: 19m, minRequests: 56000}."
    )
    row = next(line for line in lines(a_rehearsal(), found) if line.startswith("0.4 %"))
    assert row.endswith(" 55,210 requests: 18m30s at 50%")


def test_what_no_step_would_catch() -> None:
    found = Outlook(healthy=(a_run(),), regressions=(an_outcome(0.004, 3),))
    assert "no step of up to 6h catches it in 4 of 5: give the metric a `limit` below it" in next(advice(a_rehearsal(), found))


def test_a_plan_that_waits_for_more_requests_than_there_are() -> None:
    stuck = a_run(Ending.PAUSED, sentence="Waits for 10000 canary requests in this step, has 3000.")
    found = Outlook(healthy=(stuck,), regressions=(an_outcome(0.02, 10),))
    assert next(advice(a_rehearsal(10_000), found)) == (
        "A healthy canary does not get through: step 1 stays. Waits for 10000 canary requests in this step, has 3000. "
        "It gets 300.0 requests a minute: minRequests of 300 fit into its hold of 1m, 10,000 take 33m20s."
    )
    assert not [line for line in lines(a_rehearsal(10_000), found) if line.startswith("When all is well")]


def test_times_by_which_half_and_nine_in_ten_are_caught() -> None:
    some = an_outcome(0.02, 9)
    assert (some.median, some.p90, some.step, some.excess) == (300, 540, 1, 13)
    few = an_outcome(0.02, 4)
    assert (few.median, few.p90) == (None, None)
    assert an_outcome(0.02, 0).step is None


def test_the_chart_climbs_as_more_are_caught() -> None:
    drawn = chart(Outlook(healthy=(a_run(),), regressions=(an_outcome(0.02, 2, of=4),)), "a plan")
    assert drawn.panels[0].lines[0].points == ((0, 5), (600, 5))
    assert drawn.panels[1].lines[0].points == ((0, 0), (60, 25), (120, 50), (600, 50))
