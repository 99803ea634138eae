"""A rehearsal as a chart: the plan's weights, and how many of each regression are caught by when."""

from collections.abc import Iterator

from analysis.wording import percent
from canary.offline.rehearse_outlook import Outcome, Outlook
from canary.plots.chart import Chart, Ink, Line, Panel

_INKS = (Ink.GREY, Ink.OLIVE, Ink.GREEN, Ink.TEAL, Ink.BLUE, Ink.PURPLE, Ink.ORANGE, Ink.RED)


def chart(outlook: Outlook, title: str) -> Chart:
    """Time runs until a healthy rollout ends, or until the last one was caught."""
    weights = tuple(_weights(outlook))
    ends = weights[-1][0] if weights else 1.0
    caught = tuple(
        Line(name=percent(each.regression.share), ink=ink, points=tuple(_caught(each, ends)), stairs=True)
        for each, ink in zip(outlook.regressions, _INKS[-len(outlook.regressions) :], strict=False)
    )
    plan = Line(name="canary", ink=Ink.GREY, points=weights, stairs=True)
    return Chart(
        title=title,
        panels=(
            Panel(title="Share of traffic", lines=(plan,), unit=" %", top=100),
            Panel(title="Caught, of canaries that fail", lines=caught, unit=" %", top=100),
        ),
    )


def _weights(outlook: Outlook) -> Iterator[tuple[float, float]]:
    at, weight = 0.0, 0.0
    for leg in outlook.legs:
        weight = float(leg.weight)
        yield at, weight
        at += leg.seconds
    yield at, weight


def _caught(outcome: Outcome, ends: float) -> Iterator[tuple[float, float]]:
    times = outcome.times()
    yield 0.0, 0.0
    for number, at in enumerate(times, start=1):
        yield at, 100 * number / len(outcome.runs)
    yield max([ends, *times]), 100 * len(times) / len(outcome.runs)
