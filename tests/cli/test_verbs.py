"""The verbs against an API server: what they print, what they leave there, and how they exit."""

import json
from pathlib import Path

import pytest
import yaml

from canary.controller.revisions import revision_of
from tests.cli.plane import Plane
from tests.cli.states import NEW, a_line, idle, progressing, promoted, rolled_back

TEMPLATE = {"metadata": {"labels": {"app": "reviews"}}, "spec": {"containers": [{"name": "reviews", "image": "reviews:v1"}]}}
CANARY = """
apiVersion: canary.delivery/v1alpha1
kind: Canary
metadata: {name: ratings}
spec:
  target: {deployment: ratings}
  service: {name: ratings, port: 9080}
  traffic: {router: smi}
"""


def answered(accepted: bool, message: str = "", **status: object):
    """The status with the answer to whatever command stands there."""

    def after(canary: dict) -> dict:
        said = json.loads(canary["metadata"]["annotations"]["canary.delivery/command"])
        answer = {**said, "at": "2026-11-21T14:10:05Z", "accepted": accepted, "message": message}
        return {**progressing(), "command": answer, **status}

    return after


def commanded(canary: dict) -> bool:
    return "canary.delivery/command" in (canary["metadata"].get("annotations") or {})


def test_apply_creates_then_finds_nothing_to_change(plane: Plane, tmp_path: Path) -> None:
    path = tmp_path / "ratings.yaml"
    path.write_text(CANARY)
    assert [plane.run("apply", "-f", str(path)).stdout for _ in range(2)] == [
        "Canary ratings created\n",
        "Canary ratings unchanged\n",
    ]
    path.write_text(CANARY.replace("9080", "9081"))
    assert plane.run("apply", "-f", str(path)).stdout == "Canary ratings configured\n"
    assert plane.canary("ratings")["spec"]["service"]["port"] == 9081


def test_list_in_all_its_forms(plane: Plane) -> None:
    plane.status(idle())
    assert plane.run("list").stdout.splitlines()[1].split()[:2] == ["reviews", "Idle"]
    assert plane.run("list", "-A").stdout.splitlines()[1].split()[:2] == ["bookinfo", "reviews"]
    listed = [json.loads(plane.run("list", "-o", "json").stdout), yaml.safe_load(plane.run("list", "-o", "yaml").stdout)]
    assert [[item["kind"] for item in each["items"]] for each in listed] == [["Canary"], ["Canary"]]
    empty = plane.run("list", "-n", "default")
    assert (empty.exit_code, empty.stdout, empty.stderr) == (0, "", "No Canaries in namespace default.\n")


def test_status_for_people_and_for_scripts(plane: Plane) -> None:
    plane.status(progressing())
    assert "▶ 2.  25%" in plane.run("status", "reviews").stdout
    assert json.loads(plane.run("status", "reviews", "-o", "json").stdout)["status"]["phase"] == "Progressing"


def test_history(plane: Plane) -> None:
    assert plane.run("history", "reviews").stderr == "No rollout of reviews has ended yet.\n"
    plane.status(rolled_back())
    assert plane.run("history", "reviews").stdout.splitlines()[1].startswith(f"3        {NEW}   reviews:v2   RolledBack   2m")
    assert json.loads(plane.run("history", "reviews", "-o", "json").stdout) == [
        a_line(NEW, "RolledBack", rolled_back()["message"])
    ]


@pytest.mark.parametrize("verb", ["status", "wait", "history", "rollback", "pause"])
def test_a_canary_that_is_not_there(plane: Plane, verb: str) -> None:
    result = plane.run(verb, "nobody")
    assert (result.exit_code, result.stderr) == (1, "canary: Canary bookinfo/nobody does not exist.\n")


def test_a_command_says_who_and_why(plane: Plane) -> None:
    assert plane.run("rollback", "reviews", "--reason", "looks odd", "--no-wait").stdout == "rollback of reviews is asked for.\n"
    said = plane.command() or {}
    assert (said["verb"], said["who"], said["why"]) == ("rollback", "sandbox", "looks odd")


def test_an_accepted_command(plane: Plane) -> None:
    plane.whenever(commanded, answered(accepted=True))
    result = plane.run("pause", "reviews")
    assert (result.exit_code, result.stdout) == (0, "reviews  Progressing  Holds 25 % for 5m.\n")


def test_a_refused_command(plane: Plane) -> None:
    plane.whenever(commanded, answered(accepted=False, message="Nothing is being rolled out: nothing to resume."))
    result = plane.run("resume", "reviews")
    assert (result.exit_code, result.stderr) == (1, "canary: Nothing is being rolled out: nothing to resume.\n")


def test_a_command_without_an_answer_stands(plane: Plane) -> None:
    result = plane.run("advance", "reviews", "--timeout", "100ms")
    assert result.stderr == "canary: No answer within 0.1 s: the command stands, but is a controller running?\n"
    assert (result.exit_code, (plane.command() or {})["verb"]) == (1, "advance")


def test_a_rollback_overtakes_a_command_and_no_other_verb_does(plane: Plane) -> None:
    plane.run("rollback", "reviews", "--no-wait")
    result = plane.run("advance", "reviews", "--no-wait")
    assert (result.exit_code, (plane.command() or {})["verb"]) == (1, "rollback")
    assert result.stderr.startswith("canary: Another command still waits for its answer")
    assert plane.run("rollback", "reviews", "--no-wait").exit_code == 0


def test_wait_is_not_fooled_by_the_rollout_before(plane: Plane) -> None:
    plane.deploy(TEMPLATE)
    revision = revision_of(plane.template())
    plane.status(promoted("0123456789"))
    result = plane.run("wait", "reviews", "--timeout", "200ms")
    assert (result.exit_code, result.stdout) == (4, f"reviews  Waits until the controller has seen revision {revision}.\n")
    plane.status(promoted(revision))
    result = plane.run("wait", "reviews")
    assert (result.exit_code, result.stdout) == (0, f"reviews  Promoted  {revision} is promoted.\n")


def test_wait_tells_what_happens_until_the_end(plane: Plane) -> None:
    plane.status(progressing())
    plane.whenever(lambda canary: canary["status"]["phase"] == "Progressing", lambda _: rolled_back())
    result = plane.run("wait", "reviews", "--revision", NEW)
    assert result.exit_code == 2
    assert result.stdout.splitlines()[-1] == f"reviews  RolledBack  {rolled_back()['message']}"
    assert result.stderr == f"canary: {rolled_back()['message']}\n"


def test_wait_as_json(plane: Plane) -> None:
    plane.status(rolled_back())
    result = plane.run("wait", "reviews", "--for", "rolledback", "-o", "json")
    assert json.loads(result.stdout) == {"outcome": "reached", "exitCode": 0, "message": rolled_back()["message"]}
    assert result.stderr == f"reviews  RolledBack  {rolled_back()['message']}\n"


def test_watching_without_a_terminal_is_a_line_per_change(plane: Plane) -> None:
    plane.status(progressing())
    plane.whenever(lambda canary: canary["status"]["phase"] == "Progressing", lambda _: promoted())
    result = plane.run("status", "reviews", "--watch")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, f"reviews  Promoted  {NEW} is promoted.")


def test_watching_is_not_for_scripts(plane: Plane) -> None:
    result = plane.run("status", "reviews", "--watch", "-o", "json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "kubectl get canary reviews -w -o json" in result.stderr
