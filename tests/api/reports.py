"""A rollout under way, one at rest, and what is reported of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from analysis.verdict import MetricVerdict, Policy, Verdict
from canary.api.report import Report
from canary.api.status_fields import CommandStatus, HistoryLine
from strategies.model import (
    Call,
    Decision,
    Edge,
    Intent,
    Mode,
    Observation,
    Phase,
    Plan,
    Rollout,
    RunResult,
    RunStatus,
    Side,
    Sizing,
    State,
    Step,
    Traffic,
)

NOW = datetime(2026, 11, 21, 14, 10, 5, 250_000, tzinfo=UTC)
PLAN = Plan(steps=tuple(Step(weight=Decimal(weight), hold=timedelta(minutes=1)) for weight in (5, 25, 50, 100)))
INTENT = Intent(mode=Mode.IN_PLACE, plan=PLAN, stable_workload="reviews", canary_workload="reviews-canary")
ROLLOUT = Rollout(
    id="ab12-3",
    number=3,
    revision="v3",
    image="reviews:3",
    stable_workload="reviews",
    canary_workload="reviews-canary",
    plan=PLAN,
    started_at=NOW - timedelta(minutes=3),
    entered_at=NOW - timedelta(minutes=1),
    step=2,
    weight=Decimal(25),
)
RUNNING = State(phase=Phase.PROGRESSING, stable="v2", stable_workload="reviews", rollouts=3, rollout=ROLLOUT)
RESTED = State(phase=Phase.PROMOTED, stable="v3", stable_workload="reviews", rollouts=3, reason="Promoted", sentence="v3 serves.")


def seen(**changes: object) -> Observation:
    stable = Side(workload="reviews", found=True, revision="v2", image="reviews:2", wanted=4, ready=4)
    canary = Side(workload="reviews-canary", found=True, revision="v3", image="reviews:3", wanted=1, ready=1)
    plain = Observation(now=NOW, intent=INTENT, stable=stable, canary=canary, traffic=Traffic(canary=Decimal("24.5")))
    return replace(plain, **changes)


def report(state: State = RUNNING, observation: Observation | None = None, **changes: object) -> Report:
    decision = Decision(state=state, reason="Holding", sentence="Holds 25 % for 1m.")
    plain = Report(generation=4, router="smi", observation=observation or seen(), decision=decision, before={})
    return replace(plain, **changes)


def verdict(which: Verdict, **changes: object) -> MetricVerdict:
    return replace(MetricVerdict(metric="errors", verdict=which, sentence="Says so.", since=NOW), **changes)


LINE = HistoryLine(number=1, revision="v1", image="reviews:1", outcome="Promoted", started_at=NOW, ended_at=NOW, sentence="Fine.")


def a_full_report() -> Report:
    """Everything that a status can hold, at once."""
    steps = (Step(weight=Decimal("0.5"), hold=timedelta(seconds=90), min_requests=10, tests=("smoke",), approval=True),)
    plan = replace(
        PLAN,
        steps=steps,
        sizing=Sizing(match=False, percent=Decimal("12.5")),
        tests=(Call(name="smoke"),),
        hooks=(Call(name="ticket", edges=(Edge.BEFORE_ROLLOUT, Edge.ON_EVENT)),),
    )
    rollout = replace(ROLLOUT, plan=plan, step=1, live_at=NOW, first_live_at=NOW, zero_at=NOW, why="x", sentence="y")
    state = replace(RUNNING, rollout=rollout, previous="v1", rejected="v0", last_command="c-1", reason="Promoted", sentence="z")
    observation = seen(
        verdicts=(verdict(Verdict.FAIL, policy=Policy.ROLLBACK, requests=120, evidence=float("inf"), bound=40.0),),
        runs={"ab12-3/1.1/test/smoke": RunResult(status=RunStatus.SUCCEEDED, sentence="200.")},
    )
    command = CommandStatus(id="c-1", verb="pause", who="ada", why="lunch", at=NOW, accepted=False, message="No.")
    return replace(report(state, observation), history=(LINE,), command=command, leader_epoch=3)
