"""One Canary as a tree: what it does, what it waits for, and the numbers that speak for or against the new version."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from analysis.scalars import HUNDRED, format_percent
from canary.api.status_fields import MetricStatus, RunStatusLine, SideStatus, TrafficStatus
from canary.cli.ages import age, span
from canary.cli.colours import BAD, BUSY, GOOD, QUIET, WAITING, phase_style, run_mark, verdict_mark
from canary.cli.ladder import ladder
from canary.cli.reading import Reading

_BAR = 30


def status_tree(reading: Reading, now: datetime) -> Tree:
    """The whole picture; redrawn, it differs only in what has changed and in what time changes."""
    tree = Tree(_head(reading, now), guide_style=QUIET)
    for branch in _branches(reading, now):
        tree.add(branch)
    return tree


def _branches(reading: Reading, now: datetime) -> Iterator[RenderableType]:
    status = reading.status
    if not reading.seen:
        yield Text("No controller has looked at it yet: is one running (`canary install`, `canary controller`)?", style=WAITING)
        return
    yield _why(reading, now)
    yield _versions(reading)
    if status.traffic is not None:
        yield _traffic(status.traffic)
    if status.rollout is not None:
        yield ladder(status.rollout, status.phase, now)
    if status.tests:
        yield _branch("tests and hooks", (_run(line) for line in status.tests))
    if status.analysis:
        yield _branch("analysis", (_metric(metric) for metric in status.analysis))
    if status.history:
        yield _history(reading, now)


def _head(reading: Reading, now: datetime) -> Text:
    status = reading.status
    head = Text.assemble((reading.name, "bold"), f" in {reading.namespace}  ")
    head.append(str(status.phase), style=f"bold {phase_style(status.phase)}")
    if status.reason and status.reason != status.phase:
        head.append(f"  {status.reason}")
    if status.rollout is not None:
        head.append(f"  rollout {status.rollout.number}, for {span(now - status.rollout.started_at)}", style=QUIET)
    elif status.history:
        head.append(f"  since {age(status.history[0].ended_at, now)}", style=QUIET)
    if reading.deleted:
        head.append("  being deleted", style=WAITING)
    return head


def _why(reading: Reading, now: datetime) -> Text:
    status = reading.status
    text = Text(status.message or "Nothing to do.", style=BAD if reading.stalled else "")
    if status.rollout is not None:
        text.append(f"  (here for {span(now - status.rollout.entered_at)})", style=QUIET)
    if not reading.current:
        text.append("\nThe spec has changed since; the controller has not read it yet.", style=WAITING)
    if reading.pending:
        text.append("\nA command waits for the controller's answer.", style=WAITING)
    command = status.command
    if command is not None and not command.accepted:
        text.append(f"\n{command.verb} by {command.who} was refused: {command.message}", style=WAITING)
    return text


def _versions(reading: Reading) -> Table:
    grid = Table.grid(padding=(0, 2))
    for name, side in (("stable", reading.status.stable), ("canary", reading.status.canary)):
        if side is not None:
            grid.add_row(Text(name, style=QUIET), *_side(side))
    return grid


def _side(side: SideStatus) -> Iterator[Text]:
    yield Text(side.workload or "not running")
    yield Text(side.revision or "-", style=QUIET)
    yield Text(side.image or "-")
    if side.replicas is None:
        yield Text("")
    else:
        ready = side.ready or 0
        yield Text(f"{ready}/{side.replicas} ready", style=GOOD if ready >= side.replicas else WAITING)


def _traffic(traffic: TrafficStatus) -> Text:
    live = traffic.wanted if traffic.live is None else traffic.live
    filled = round(_BAR * min(HUNDRED, max(Decimal(0), live)) / HUNDRED)
    text = Text.assemble(("traffic ", QUIET), ("█" * filled, BUSY), ("░" * (_BAR - filled), QUIET))
    text.append(f" {format_percent(live)} canary")
    if live != traffic.wanted:
        text.append(f", {format_percent(traffic.wanted)} wanted", style=WAITING)
    if not traffic.acknowledged:
        text.append(", not confirmed yet", style=WAITING)
    text.append(f"  ({traffic.router})", style=QUIET)
    return text


def _branch(title: str, lines: Iterator[RenderableType]) -> Tree:
    branch = Tree(Text(title, style=QUIET), guide_style=QUIET)
    for line in lines:
        branch.add(line)
    return branch


def _run(line: RunStatusLine) -> Text:
    style, mark = run_mark(line.status)
    kind = "test" if line.edge == "test" else f"hook {line.edge}"
    text = Text.assemble((f"{mark} ", style), f"{line.name} ", (f"{kind}, step {line.at}  ", QUIET), (line.status, style))
    return text.append(f"  {line.sentence}" if line.sentence else "")


def _metric(metric: MetricStatus) -> Text:
    style, mark = verdict_mark(metric.verdict)
    text = Text.assemble((f"{mark} ", style), (metric.metric, "bold"), " ", (metric.verdict, style))
    text.append(f"  canary {metric.canary}, stable {metric.stable}")
    if metric.ratio is not None:
        text.append(f", {metric.ratio}")
    if metric.evidence is not None and metric.bound is not None:
        text.append(f", evidence {metric.evidence:g} of {metric.bound:g}", style=QUIET)
    return text.append(f"\n{metric.sentence}", style=QUIET)


def _history(reading: Reading, now: datetime) -> Tree:
    branch = Tree(Text("history", style=QUIET), guide_style=QUIET)
    for line in reading.status.history[:3]:
        style = GOOD if line.outcome == "Promoted" else BAD if line.outcome == "RolledBack" else QUIET
        text = Text.assemble(f"{line.number}. {line.revision} {line.image}  ", (line.outcome, style))
        text.append(f"  {age(line.ended_at, now)} ago, took {span(line.ended_at - line.started_at)}", style=QUIET)
        branch.add(text.append(f"\n{line.sentence}", style=QUIET) if line.sentence else text)
    return branch
