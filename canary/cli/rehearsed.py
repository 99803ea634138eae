"""What a rehearsal found, in lines for people."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

from analysis.scalars import format_percent
from analysis.wording import percent
from canary.cli.ages import span
from canary.cli.columns import columns
from canary.offline.rehearse import LONGEST, Leg, Rehearsal
from canary.offline.rehearse_outlook import GOOD_ENOUGH, Chance, Outcome, Outlook
from strategies.words import plural


def lines(rehearsal: Rehearsal, outlook: Outlook) -> Iterator[str]:
    """The healthy rollout, then a table of what would be caught, then what to do about what would not."""
    yield from _healthy(outlook)
    yield ""
    yield from columns([_HEADINGS, *map(_row, outlook.regressions)], elastic="4 IN 5 NEED")
    yield ""
    yield from advice(rehearsal, outlook)


_HEADINGS = ["CANARY FAILS", "WORSE", "CAUGHT", "HALF BY", "9 IN 10 BY", "AT STEP", "BAD REQUESTS", "4 IN 5 NEED"]


def _healthy(outlook: Outlook) -> Iterator[str]:
    if outlook.seconds is not None:
        yield f"When all is well it takes {_time(outlook.seconds)}, and the canary serves {outlook.requests:,.0f} requests."
    rows = [[f"  {leg.step}. {format_percent(leg.weight)}", _time(leg.seconds), f"{leg.requests:,.0f}"] for leg in outlook.legs]
    yield from columns([["  STEP", "TAKES", "REQUESTS"], *rows], elastic="REQUESTS")
    lost = outlook.false_rollbacks
    yield f"A healthy canary was rolled back in {lost.hits} of {plural(lost.of, 'rollout')}: {_interval(lost)}."


def _row(outcome: Outcome) -> list[str]:
    return [
        percent(outcome.regression.share),
        outcome.regression.label,
        f"{outcome.caught.share:.0%}",
        _time(outcome.median),
        _time(outcome.p90),
        str(outcome.step or ""),
        f"{outcome.excess:,.0f}",
        _need(outcome),
    ]


def _need(outcome: Outcome) -> str:
    if outcome.caught.share >= GOOD_ENOUGH:
        return ""
    if outcome.effort is None:
        return f"more than {span(LONGEST)}"
    leg = outcome.effort
    return f"{leg.requests:,.0f} requests: {_time(leg.seconds)} at {format_percent(leg.weight)}"


def advice(rehearsal: Rehearsal, outlook: Outlook) -> Iterator[str]:
    """What to write instead where the plan gets stuck, or misses what it should not."""
    if outlook.stuck is not None:
        yield _unstuck(rehearsal, outlook)
    missed = [each for each in outlook.regressions if each.caught.share < GOOD_ENOUGH]
    if not missed:
        yield "Each of these is caught in 4 of 5 rollouts at least, within the plan."
        return
    gravest = missed[-1]
    caught, share = gravest.caught, percent(gravest.regression.share)
    lost = f"is missed in {caught.of - caught.hits} of {plural(caught.of, 'rollout')}"
    yield f"A canary that fails {share} of its requests {lost}. {_remedy(gravest)}"


def _remedy(missed: Outcome) -> str:
    leg = missed.effort
    if leg is None:
        return (
            f"At this traffic no step of up to {span(LONGEST)} catches it in 4 of 5: give the metric a `limit` below it, "
            "or send more requests to the canary."
        )
    hold = span(timedelta(minutes=ceil(leg.seconds / 60)))
    step = f"{{weight: {float(leg.weight):g}, hold: {hold}, minRequests: {_round(leg.requests):.0f}}}"
    return f"To catch it in 4 of 5, let the step at {format_percent(leg.weight)} wait for more requests, as {step}."


def _unstuck(rehearsal: Rehearsal, outlook: Outlook) -> str:
    stuck = outlook.stuck
    assert stuck is not None
    step = rehearsal.course.plan.steps[stuck.step - 1]
    had: Leg | None = next((leg for leg in stuck.legs if leg.step == stuck.step), None)
    words = f"A healthy canary does not get through: step {stuck.step} stays. {stuck.sentence}"
    if not step.min_requests or had is None or had.requests <= 0:
        return words
    rate = had.requests / had.seconds
    fits = f"minRequests of {rate * step.hold.total_seconds():,.0f} fit into its hold of {span(step.hold)}"
    takes = f"{step.min_requests:,} take {_time(step.min_requests / rate)}"
    return f"{words} It gets {rate * 60:,.1f} requests a minute: {fits}, {takes}."


def _interval(chance: Chance) -> str:
    return f"{percent(chance.low)} to {percent(chance.high)} of all"


def _time(seconds: float | None) -> str:
    return "" if seconds is None else span(timedelta(seconds=round(seconds)))


def _round(value: float) -> float:
    """Up to the next number of two digits: nobody writes 9,564 requests."""
    unit = 10.0 ** max(0, len(str(round(value))) - 2)
    return ceil(value / unit) * unit
