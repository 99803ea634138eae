"""The status tree, without colours, in a fixed width."""

import io
from textwrap import dedent
from typing import Any

from rich.console import Console

from canary.cli.reading import read
from canary.cli.tree import status_tree
from tests.cli.states import NEW, NOW, a_canary, a_rollout, ago, idle, paused, progressing, promoted, rolled_back


def drawn(status: dict[str, Any] | None, width: int = 100, **more: Any) -> str:
    text = io.StringIO()
    Console(file=text, width=width, no_color=True, force_terminal=False).print(status_tree(read(a_canary(status, **more)), NOW))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def expected(text: str) -> str:
    return dedent(text).lstrip("\n")


def test_a_rollout_in_its_second_step() -> None:
    metric = {
        "metric": "errors",
        "verdict": "Continue",
        "stable": "0.3 %",
        "canary": "0.4 % of 1240",
        "requests": 1240,
        "ratio": "1.3x (0.2-4)",
        "evidence": 1.2,
        "bound": 20,
        "since": ago(seconds=60),
        "sentence": "Canary fails 0.4 % of 1240 requests: no evidence of harm.",
    }
    run = {"name": "smoke", "edge": "test", "at": "2.1", "status": "Running", "sentence": ""}
    assert expected("""
        reviews in bookinfo  Progressing  Holding  rollout 3, for 3m20s
        ├── Holds 25 % for 5m.  (here for 1m40s)
        ├── stable  reviews         6d4b75cb6d  reviews:v1  4/4 ready
        │   canary  reviews-canary  a1b2c3d4e5  reviews:v2  1/2 ready
        ├── traffic ████████░░░░░░░░░░░░░░░░░░░░░░ 25% canary  (smi)
        ├── ✔ 1.   5% hold 1m
        │   ▶ 2.  25% 3m30s of 5m left, 1000 requests, test smoke
        │   · 3.  50% hold 5m, approval
        │   · 4. 100% hold 10m
        ├── tests and hooks
        │   └── … smoke test, step 2.1  Running
        └── analysis
            └── … errors Continue  canary 0.4 % of 1240, stable 0.3 %, 1.3x (0.2-4), evidence 1.2 of 20
                Canary fails 0.4 % of 1240 requests: no evidence of harm.
        """) == drawn(progressing(analysis=[metric], tests=[run]))


def test_at_rest_there_is_no_ladder() -> None:
    assert expected("""
        reviews in bookinfo  Idle
        ├── 6d4b75cb6d serves; nothing new to try.
        └── stable  reviews  6d4b75cb6d  reviews:v1  4/4 ready
        """) == drawn(idle())


def test_a_rejected_version_runs_nowhere() -> None:
    assert expected("""
        reviews in bookinfo  RolledBack  AnalysisFailed  since 10m
        ├── Canary fails 30 % of 52 requests, stable 0 % of 400: over the limit of 5 %.
        ├── stable  reviews      6d4b75cb6d  reviews:v1  4/4 ready
        │   canary  not running  a1b2c3d4e5  reviews:v2
        └── history
            └── 3. a1b2c3d4e5 reviews:v2  RolledBack  10m ago, took 2m
                Canary fails 30 % of 52 requests, stable 0 % of 400: over the limit of 5 %.
        """) == drawn(rolled_back())


def test_a_canary_that_nobody_looks_at() -> None:
    assert expected("""
        reviews in bookinfo  Idle
        └── No controller has looked at it yet: is one running (`canary install`, `canary controller`)?
        """) == drawn(None)


def test_a_refused_command_and_one_without_an_answer_are_shown() -> None:
    command = {"id": "1", "verb": "resume", "who": "alice", "at": ago(seconds=5), "accepted": False, "message": "Not paused."}
    text = drawn(paused(command=command), annotations={"canary.delivery/command": "advance"})
    assert "resume by alice was refused: Not paused." in text
    assert "A command waits for the controller's answer." in text


def test_a_split_that_is_not_as_wanted_is_shown() -> None:
    text = drawn(progressing(traffic={"router": "smi", "wanted": 25, "live": 5, "acknowledged": False}))
    assert "5% canary, 25% wanted, not confirmed yet  (smi)" in text


def test_a_promotion_has_passed_every_step() -> None:
    text = drawn(progressing(phase="Promoting", rollout=a_rollout(stage="Releasing", step=4)))
    assert [line[4:8] for line in text.splitlines() if "✔" in line] == ["✔ 1.", "✔ 2.", "✔ 3.", "✔ 4."]
    assert "▶         Kubernetes rolls the Deployment to the new template" in text


def test_a_rollback_shows_the_step_at_which_it_ended() -> None:
    text = drawn(progressing(phase="RollingBack", rollout=a_rollout(stage="Settling")))
    assert "✘ 2.  25%" in text
    assert "the other version drains and goes" in text


def test_a_promoted_version() -> None:
    text = drawn(promoted())
    assert text.startswith("reviews in bookinfo  Promoted  since 10m\n")
    assert f"stable  reviews  {NEW}" in text
