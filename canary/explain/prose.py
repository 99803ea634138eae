"""The story for people: what, why, how fast and at what price in a few lines; then the steps, and everything in its order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from analysis.scalars import format_percent
from analysis.wording import number
from canary.cli.ages import span
from canary.cli.colours import BAD, BUSY, GOOD, QUIET, WAITING, run_mark, verdict_mark
from canary.explain.story import Event, Metric, Rescue, Served, Step, Story
from strategies.model import RunStatus

_OUTCOMES = {"Promoted": ("was promoted", GOOD), "RolledBack": ("was rolled back", BAD), None: ("is under way", BUSY)}
_SHORTEST = timedelta(seconds=1)  # a wait that is worth a word
_MARGIN = (0, 2)


def prose(story: Story, now: datetime) -> Iterator[RenderableType]:
    """What to print, one after the other."""
    yield _head(story, now)
    if story.sentence:
        yield Text(story.sentence)
    yield Text()
    yield _facts(story)
    if story.steps:
        yield Text("\nsteps", style=QUIET)
        yield _steps(story, now)
    if story.metrics:
        yield Text("\nmetrics, as they stood last", style=QUIET)
        yield _metrics(story)
    if story.events:
        yield Text("\nwhat happened", style=QUIET)
        yield _events(story)
    for sentence in story.missing:
        yield Text(f"\n{sentence}", style=WAITING)


def _head(story: Story, now: datetime) -> Text:
    words, style = _OUTCOMES.get(story.outcome, (f"ended: {story.outcome}", QUIET))
    took = span((story.ended or now) - story.started)
    return Text.assemble(
        (story.canary, "bold"),
        f" in {story.namespace}: rollout {story.number} ",
        (words, f"bold {style}"),
        f" {'after' if story.ended else 'for'} {took}",
    )


def _facts(story: Story) -> Table:
    grid = Table.grid(padding=_MARGIN)
    beside = f", beside {story.beside}" if story.beside else ""
    author = f", {story.author}" if story.author else ""
    grid.add_row(*_fact("tried", f"{story.revision}  {story.image}{beside}{author}"))
    ended = f", ended {_clock(story.ended)}" if story.ended else ""
    grid.add_row(*_fact("when", f"started {_clock(story.started)}{ended}"))
    if story.reason:
        grid.add_row(*_fact("why", _why(story)))
    if story.rescue is not None:
        grid.add_row(*_fact("how fast", _speed(story, story.rescue)))
    for served in story.served:
        grid.add_row(*_fact("price" if served is story.served[0] else "", _price(served)))
    return grid


def _fact(name: str, words: str) -> tuple[Text, Text]:
    return Text(name, style=QUIET), Text(words)


def _why(story: Story) -> str:
    metric = story.rescue.metric if story.rescue else None
    return f"{story.reason} (metric {metric})" if metric else story.reason


def _speed(story: Story, rescue: Rescue) -> str:
    began, decided = rescue.sign or rescue.decided, f"decided at {_offset(story, rescue.decided)}"
    first = f"the first bad sign ({_offset(story, began)})" if rescue.sign else f"the decision ({_offset(story, began)})"
    if rescue.zero is None:
        return f"not out of traffic yet; {decided}"
    words = f"{(rescue.zero - began).total_seconds():.1f} s from {first} to weight 0 ({_offset(story, rescue.zero)})"
    return f"{words}; {decided}" if rescue.sign else words


def _price(served: Served) -> str:
    words = f"{served.metric}: {served.requests:,.0f} requests served by the canary, {served.bad:,.0f} of them bad"
    if served.excess is None:
        return words
    if round(served.excess) > 0:
        return f"{words}, {served.excess:,.0f} more than at stable's share"
    return f"{words}, no more than at stable's share"


def _steps(story: Story, now: datetime) -> Table:
    grid = Table.grid(padding=(0, 1))
    for column in range(5):
        grid.add_column(justify="right" if column in (2, 3) else "left")
    for step in story.steps:
        mark, style = ("✔", GOOD) if step.passed else ("▶", BUSY) if step.ended is None else ("✘", BAD)
        name = f"{step.number}. {format_percent(step.weight)}" if step.number else "prepare"
        grid.add_row(
            Text(f"  {mark}", style=style),
            Text(name),
            Text(_offset(story, step.began), style=QUIET),
            Text(f"took {span((step.ended or now) - step.began)}"),
            Text(", ".join(_waits(step, now)), style=QUIET),
        )
    return grid


def _waits(step: Step, now: datetime) -> Iterator[str]:
    """The time that each reason cost, longest first."""
    total: dict[str, timedelta] = {}
    for wait in step.waits:
        total[wait.reason] = total.get(wait.reason, timedelta(0)) + ((wait.ended or now) - wait.began)
    for reason, lasted in sorted(total.items(), key=lambda item: -item[1]):
        if lasted >= _SHORTEST:
            yield f"{reason} {span(lasted)}"


def _metrics(story: Story) -> Table:
    grid = Table.grid(padding=_MARGIN)
    for metric in story.metrics:
        style, mark = verdict_mark(metric.last.verdict)
        grid.add_row(Text(f"  {mark} {metric.name}", style=style), Text(metric.last.verdict, style=style), _numbers(metric))
    return grid


def _numbers(metric: Metric) -> Text:
    last = metric.last
    text = Text(f"canary {last.canary}, stable {last.stable}")
    if last.ratio is not None:
        text.append(f", {last.ratio}")
    if last.evidence is not None and last.bound is not None:
        text.append(f", evidence {number(last.evidence)} of {number(last.bound)}", style=QUIET)
    return text


def _events(story: Story) -> Table:
    grid = Table.grid(padding=_MARGIN)
    grid.add_column(justify="right", style=QUIET, no_wrap=True)
    for event in story.events:
        style, mark = _mark(event)
        what = f"{mark} {event.subject} {event.what}" if event.subject else event.what
        grid.add_row(_offset(story, event.at), Text(what, style=style, no_wrap=True), Text(event.sentence))
    return grid


def _mark(event: Event) -> tuple[str, str]:
    if not event.subject:
        return "", ""
    return run_mark(event.what) if event.what in set(RunStatus) else verdict_mark(event.what)


def _offset(story: Story, at: datetime) -> str:
    return f"+{span(at - story.started)}"


def _clock(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
