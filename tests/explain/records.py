"""One rollout that was rolled back for its errors, as the database has it; the clock is in seconds after its start."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from analysis.verdict import Verdict
from canary.explain.records import Records, Said
from canary.store.evidence import Measurement
from canary.store.journal import CommandRecord, RolloutRecord
from canary.store.models import RunKind
from canary.store.runs import RunRecord
from strategies.model import Phase, RunStatus

START = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
GUILTY = "Canary fails 10 % of 100 requests, stable 1 %: 10x worse, evidence 50 of 40."


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_rollout(**changes: Any) -> RolloutRecord:
    known = {
        "id": "0a1b2c3d-3",
        "namespace": "bookinfo",
        "canary": "reviews",
        "number": 3,
        "revision": "a1b2c3d4e5",
        "image": "reviews:v3",
        "started_at": START,
        "stable_revision": "6d4b75cb6d",
        "ended_at": at(100),
        "outcome": "RolledBack",
        "reason": "AnalysisFailed",
        "sentence": GUILTY,
        "requests": 100,
        "bad_requests": 10,
        "plan": {"steps": [{"weight": "5", "hold": 30.0}, {"weight": "25", "hold": 60.0}]},
    }
    return RolloutRecord(**{**known, **changes})


def said(seconds: float, reason: str, step: int, weight: int, phase: Phase = Phase.PROGRESSING) -> Said:
    return Said(at=at(seconds), reason=reason, sentence=f"{reason}.", phase=phase, step=step, weight=Decimal(weight))


def a_look(seconds: float, bad: int, total: int, verdict: Verdict = Verdict.CONTINUE, **changes: Any) -> Measurement:
    known = {
        "rollout_id": "0a1b2c3d-3",
        "metric": "errors",
        "at": at(seconds),
        "verdict": verdict,
        "stable_bad": total / 10,
        "stable_total": 10.0 * total,
        "canary_bad": bad,
        "canary_total": total,
        "evidence": 1.0 + bad,
        "bound": 40.0,
        "sentence": GUILTY if verdict is Verdict.FAIL else "Undecided.",
    }
    return Measurement(**{**known, **changes})


def a_run(**changes: Any) -> RunRecord:
    known = {"id": "r", "rollout_id": "0a1b2c3d-3", "kind": RunKind.TEST, "name": "smoke", "attempt": 1, "started_at": at(42)}
    done = {"step": 2, "status": RunStatus.SUCCEEDED, "finished_at": at(43), "detail": "Answered 200."}
    return RunRecord(**{**known, **done, **changes})


def a_command(**changes: Any) -> CommandRecord:
    given = {"verb": "pause", "who": "alice", "why": "lunch", "received_at": at(35), "outcome": "accepted"}
    return CommandRecord(**{"id": "c", "namespace": "bookinfo", "canary": "reviews", **given, **changes})


def some_records(**changes: Any) -> Records:
    known = {
        "rollout": a_rollout(),
        "said": (
            said(0, "WaitingForPods", 0, 0),
            said(4, "SettingWeight", 1, 5),
            said(4.2, "Holding", 1, 5),
            said(34, "WaitingForPods", 2, 5),
            said(40, "Holding", 2, 25),
            replace(said(70, "AnalysisFailed", 2, 0, Phase.ROLLING_BACK), sentence=f"{GUILTY} Out."),
            replace(said(100, "AnalysisFailed", 2, 0, Phase.ROLLED_BACK), sentence=GUILTY),
        ),
        "measurements": (
            a_look(10, 0, 0, Verdict.NO_DATA, evidence=None),
            a_look(25, 1, 10),
            a_look(40, 0, 20),
            a_look(55, 4, 50),
            a_look(70, 10, 100, Verdict.FAIL, evidence=50.0, ratio_low=4.0, ratio=10.0, ratio_high=21.0),
        ),
        "runs": (a_run(),),
        "commands": (a_command(),),
    }
    return Records(**{**known, **changes})
