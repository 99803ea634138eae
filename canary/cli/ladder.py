"""The steps of a rollout as a ladder: passed, current with what is left of it, and still to come."""

from collections.abc import Iterator
from datetime import datetime

from rich.table import Table
from rich.text import Text

from analysis.scalars import format_duration, format_percent
from canary.api.status_fields import RolloutStatus, StepStatus
from canary.cli.ages import span
from canary.cli.colours import BAD, BUSY, GOOD, QUIET, WAITING
from strategies.model import Phase, Stage


def ladder(rollout: RolloutStatus, phase: Phase, now: datetime) -> Table:
    """One row per step, and one for what comes after them once that has begun."""
    grid = Table.grid(padding=(0, 1))
    for column in range(4):
        grid.add_column(justify="right" if column in (1, 2) else "left")
    for number, step in enumerate(rollout.plan.steps, start=1):
        style, mark = _mark(rollout, phase, number)
        current = mark == "▶"
        note = Text(", ".join(_state(rollout, step, now) if current else _demands(step)), style="" if current else QUIET)
        grid.add_row(Text(mark, style), Text(f"{number}.", QUIET), Text(format_percent(step.weight), style), note)
    if (after := _after(rollout)) is not None:
        grid.add_row(Text("▶", style=BUSY), "", "", after)
    return grid


def _mark(rollout: RolloutStatus, phase: Phase, number: int) -> tuple[str, str]:
    if number < rollout.step or phase is Phase.PROMOTING:
        return GOOD, "✔"
    if number > rollout.step:
        return QUIET, "·"
    return (BUSY, "▶") if rollout.stage is Stage.STEPPING else (BAD, "✘")


def _demands(step: StepStatus) -> Iterator[str]:
    """What a step asks for before it ends."""
    if step.hold:
        yield f"hold {format_duration(step.hold)}"
    if step.min_requests:
        yield f"{step.min_requests} requests"
    if step.tests:
        yield f"{'test' if len(step.tests) == 1 else 'tests'} {' '.join(step.tests)}"
    if step.approval:
        yield "approval"


def _state(rollout: RolloutStatus, step: StepStatus, now: datetime) -> Iterator[str]:
    """Where the current step stands."""
    if rollout.live_at is None:
        yield "weight not live yet"
    elif step.hold:
        left = rollout.live_at + step.hold - now
        yield (
            f"{span(left)} of {format_duration(step.hold)} left"
            if left.total_seconds() > 0
            else f"held {format_duration(step.hold)}"
        )
    yield from (demand for demand in _demands(step) if not demand.startswith("hold "))
    if rollout.attempt > 1:
        yield f"attempt {rollout.attempt}"


def _after(rollout: RolloutStatus) -> Text | None:
    match rollout.stage:
        case Stage.SHIFTING:
            return Text("the canary grows to full size and takes all traffic", style=BUSY)
        case Stage.RELEASING:
            return Text("Kubernetes rolls the Deployment to the new template", style=BUSY)
        case Stage.SETTLING:
            return Text("the other version drains and goes", style=WAITING)
        case Stage.STEPPING:
            return Text("the canary is prepared", style=BUSY) if rollout.step == 0 else None
