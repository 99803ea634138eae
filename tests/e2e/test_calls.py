"""Integration tests, by HTTP and as Jobs, and hooks: each runs once, and a rollout does what they say."""

import json
import sqlite3
from typing import Any

import pytest

from tests.e2e.stage import Stage, a_canary, steps
from tests.lab.workloads import Behaviour

pytestmark = pytest.mark.lab


def a_request(stage: Stage, name: str) -> dict[str, Any]:
    """A test by HTTP that the data plane's receiver answers."""
    return {"name": name, "http": {"url": f"{stage.plane.calls}/{stage.namespace.name}/{name}", "timeout": "5s"}}


def a_job(name: str, told: Behaviour) -> dict[str, Any]:
    """A test that is a Job."""
    metadata = {"annotations": {"lab/behaviour": told}}
    containers = [{"name": "suite", "image": "suite:1"}]
    pod = {"metadata": metadata, "spec": {"restartPolicy": "Never", "containers": containers}}
    return {"name": name, "job": {"template": {"spec": {"backoffLimit": 0, "template": pod}}}}


def a_hook(stage: Stage, name: str, *moments: str) -> dict[str, Any]:
    """A hook that the data plane's receiver answers."""
    return a_request(stage, name) | {"when": list(moments)}


def calls(stage: Stage) -> dict[str, int]:
    """How often the receiver was called, by name."""
    return {name: count for (where, name), count in stage.plane.receiver.calls.items() if where == stage.namespace.name}


def jobs(stage: Stage) -> list[str]:
    """Every Job there ever was."""
    return sorted({one.name for one in stage.picture.history(stage.namespace.name) if one.kind == "Job"})


def with_tests(*names: str) -> dict[str, Any]:
    """Tests at 20 %, then everything."""
    return {"progressive": {"steps": [{"weight": 20, "hold": "0s", "tests": list(names)}, {"weight": 100, "hold": "0s"}]}}


def test_tests_and_hooks_run_once_each(stage: Stage) -> None:
    hooks = [
        a_hook(stage, "gate", "beforeRollout", "beforeStep", "afterStep", "beforePromotion"),
        a_hook(stage, "told", "afterPromotion", "onRollback"),
    ]
    given = a_canary(
        strategy=with_tests("smoke", "suite"), tests=[a_request(stage, "smoke"), a_job("suite", "ready")], hooks=hooks
    )
    with stage.controlled():
        stage.adopt(given)
        stage.deploy("v2")
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("Promoted", ["v2", "v2"], []))
        stage.until(lambda: calls(stage), {"gate": 6, "smoke": 1, "told": 1})
        assert (len(jobs(stage)), stage.shares_seen()) == (1, [0, 20, 100, 0, None])
    with sqlite3.connect(stage.folder / "canary.sqlite") as journal:
        runs = journal.execute("select kind, name, count(*) from runs where status = 'Succeeded' group by kind, name").fetchall()
    assert sorted(runs) == [("hook", "gate", 6), ("hook", "told", 1), ("test", "smoke", 1), ("test", "suite", 1)]


@pytest.mark.parametrize(("test", "says"), [("smoke", "500"), ("suite", "Job ")])
def test_a_test_that_fails_takes_the_version_out(stage: Stage, test: str, says: str) -> None:
    stage.plane.receiver.answers["smoke"] = 500
    given = {"smoke": a_request(stage, "smoke"), "suite": a_job("suite", "fail")}[test]
    with stage.controlled():
        stage.adopt(a_canary(strategy=with_tests(test), tests=[given]))
        stage.deploy("v2")
        stage.until(lambda: (*stage.ended(), stage.running(), stage.ours()), ("RolledBack", "TestFailed", ["v1", "v1"], []))
        assert stage.status("outcome", "message").startswith(f"Test {test} failed: ")
        assert says in stage.status("outcome", "message")
        assert stage.shares_seen() == [0, 20, 0, None]
    del stage.plane.receiver.answers["smoke"]


def test_a_gate_that_is_shut_pauses_and_retry_asks_it_again(stage: Stage) -> None:
    stage.plane.receiver.answers["ticket"] = 403
    hook = a_hook(stage, "ticket", "beforeRollout") | {"onFailure": "pause"}
    with stage.controlled():
        stage.adopt(a_canary(strategy=steps(50, hold="0s"), hooks=[hook]))
        stage.deploy("v2")
        stage.until(lambda: (stage.phase(), stage.status("reason"), stage.ours()), ("Paused", "HookFailed", []))
        del stage.plane.receiver.answers["ticket"]
        stage.command("retry")
        stage.until(lambda: (stage.phase(), calls(stage)), ("Promoted", {"ticket": 2}))


@pytest.mark.parametrize("forget", [False, True], ids=["with its database", "without"])
def test_a_job_outlives_the_controller_and_nothing_runs_twice(stage: Stage, forget: bool) -> None:
    given = a_canary(strategy=with_tests("smoke", "suite"), tests=[a_request(stage, "smoke"), a_job("suite", "hang")])
    with stage.killable() as process:
        stage.adopt(given)
        stage.deploy("v2")
        stage.until(lambda: stage.status("tests") and [run["status"] for run in stage.status("tests")], ["Succeeded", "Running"])
        stage.until(lambda: [job.get("status", {}).get("ready") for job in stage.picture.all("Job", stage.namespace.name)], [1])
        process.kill(forget=forget)
        process.start()
        stage.namespace.kubectl("annotate", "pods", "-l", f"job-name={jobs(stage)[0]}", "lab/behaviour=ready", "--overwrite")
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("Promoted", ["v2", "v2"], []))
        assert (len(jobs(stage)), calls(stage)["smoke"]) == (1, 2 if forget else 1), json.dumps(stage.status("tests"))
