"""The story as a chart: weight, the share of bad events of both versions, and the evidence, over time."""

from collections.abc import Iterator
from datetime import datetime

from canary.explain.story import Look, Metric, Story
from canary.plots.chart import Chart, Ink, Line, Mark, Panel

_WINDOW = 4  # looks over which a share is taken: one alone is mostly noise


_MOST = 4  # panels that a terminal has room for


def chart(story: Story) -> Chart:
    """Panels for what is known; without measurements that is the weight alone, without decisions not even that."""
    panels = (*_weight(story), *(panel for metric in story.metrics for panel in _panels(story, metric)))
    return _chart(story, panels)


def small_chart(story: Story) -> Chart:
    """Weight and shares alone, of a few metrics."""
    panels = (*_weight(story), *(panel for metric in story.metrics for panel in _panels(story, metric) if panel.unit))
    return _chart(story, panels[:_MOST])


def _chart(story: Story, panels: tuple[Panel, ...]) -> Chart:
    title = f"{story.canary}: rollout {story.number} of {story.revision} ({story.image})"
    return Chart(title=title, panels=panels, marks=tuple(_marks(story)) if panels else ())


def _weight(story: Story) -> Iterator[Panel]:
    points = [(_seconds(story, at), float(weight)) for at, weight in story.weights]
    if points:
        end = (_seconds(story, story.ended), points[-1][1]) if story.ended else points[-1]
        line = Line(name="canary", ink=Ink.GREY, points=(*points, end), stairs=True)
        yield Panel(title="Share of traffic", lines=(line,), unit=" %", top=100)


def _panels(story: Story, metric: Metric) -> Iterator[Panel]:
    counted = [look for look in metric.looks if look.counts.canary_total + look.counts.stable_total > 0]
    if not counted:
        return
    lines = (
        Line(name="stable", ink=Ink.BLUE, points=tuple(_shares(story, counted, stable=True))),
        Line(name="canary", ink=Ink.ORANGE, points=tuple(_shares(story, counted, stable=False))),
    )
    yield Panel(title=f"{metric.name}: share of bad events", lines=lines, unit=" %")
    known = tuple((_seconds(story, look.at), look.evidence) for look in counted if look.evidence is not None)
    if known:
        evidence = Line(name="evidence", ink=Ink.PURPLE, points=known)
        bounds = tuple((_seconds(story, look.at), look.bound) for look in counted if look.bound is not None)
        bound = (Line(name="bound", ink=Ink.RED, points=bounds, dashed=True),) if bounds else ()
        yield Panel(title=f"{metric.name}: evidence against the canary", lines=(evidence, *bound), logarithmic=True)


def _shares(story: Story, looks: list[Look], *, stable: bool) -> Iterator[tuple[float, float | None]]:
    """Percent, of what came in the last looks; None where nothing did."""
    counts = [(look.counts.stable_bad, look.counts.stable_total) for look in looks]
    if not stable:
        counts = [(look.counts.canary_bad, look.counts.canary_total) for look in looks]
    before = [(0.0, 0.0)] * _WINDOW + counts
    for look, (bad, total), (bad_before, total_before) in zip(looks, counts, before, strict=False):
        came = total - total_before
        yield _seconds(story, look.at), 100 * (bad - bad_before) / came if came > 0 else None


def _marks(story: Story) -> Iterator[Mark]:
    rescue = story.rescue
    if rescue is not None:
        if rescue.sign is not None:
            yield Mark(at=_seconds(story, rescue.sign), label="first bad sign")
        yield Mark(at=_seconds(story, rescue.zero or rescue.decided), label="weight 0" if rescue.zero else "decided")


def _seconds(story: Story, at: datetime) -> float:
    return max(0.0, (at - story.started).total_seconds())
