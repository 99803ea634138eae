"""`canary rehearse`: how long a plan takes, and what it would catch how fast at what price, before anything is at stake."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.scalars import HUNDRED, parse_percent
from canary.errors import Invalid

if TYPE_CHECKING:
    from canary.offline.rehearse import Rehearsal
    from canary.offline.rehearse_many import Tell
    from canary.offline.rehearse_outlook import Outlook

_EXAMPLES = """\b
Examples:
  canary rehearse --rps 100 --errors 0.2%                     the default plan
  canary rehearse -f canary.yaml --rps 2 --errors 0.5%        is there enough traffic?
  canary rehearse -f canary.yaml --rps 800 --errors 0.05% --bursts 20 --image plan.svg
  canary rehearse -f canary.yaml --rps 50 --metric slow --slow 2%
  canary rehearse -f canary.yaml --rps 50 -o json --seeds 200

\b
BAD REQUESTS are what the canary serves beyond stable's share, on average.
4 IN 5 NEED says what would catch a regression that the plan often misses.
The same seed gives the same answer.
"""


class _Share(click.ParamType[float]):
    name = "percentage"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            share = parse_percent(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not Decimal(0) <= share < HUNDRED:
            self.fail(f"{value} is no share of requests that fail: write 0% or more and less than 100%", param, ctx)
        return float(share / HUNDRED)


_SHARE = _Share()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the command line said."""

    source: str | None
    rps: float
    errors: float
    slow: float
    metric: str | None
    pods: int
    bursts: float
    seeds: int
    seed: int
    image: Path | None
    output: str | None
    plot: bool | None


@click.command(epilog=_EXAMPLES)
@click.option("-f", "--filename", "source", metavar="FILE", help="The Canary, - for standard input. By default every default.")
@click.option("--rps", type=click.FloatRange(0.001, 1e6), required=True, help="Requests per second, both versions together.")
@click.option("--errors", type=_SHARE, default="0.2%", show_default=True, metavar="SHARE", help="How many of its requests fail.")
@click.option("--slow", type=_SHARE, default="1%", show_default=True, metavar="SHARE", help="How many are slow.")
@click.option("--metric", metavar="NAME", help="Which metric gets worse in a regression; by default the first.")
@click.option("--pods", type=click.IntRange(1, 1000), default=4, show_default=True, help="Pods of stable.")
@click.option("--bursts", type=click.FloatRange(1, 10_000), default=1.0, metavar="N", help="Errors come in bursts of about N.")
@click.option("--seeds", type=click.IntRange(2, 10_000), default=40, show_default=True, help="Rollouts with each regression.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other luck.")
@click.option("--plot/--no-plot", default=None, help="Draw the plan and what is caught; by default on a terminal.")
@click.option("--image", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.svg", help="Draw them into a file.")
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="Another form.")
def rehearse(**said: Any) -> None:
    """Play a plan with made-up traffic: how long it takes, how often it stops a healthy canary, what it would catch how fast.

    It is the judge and the planner of the controller, with pods that are ready at once; tests, hooks and approvals are taken as
    passed. Real services are bumpier than this one: see --bursts, and `canary backtest` for counters of your own.
    """
    asked = _Asked(**said)
    rehearsal, notes = _rehearsal(asked)
    with _progress() as tell:
        from canary.offline.rehearse_many import outlook

        found = outlook(rehearsal, asked.seeds, tell)
    title = _title(asked, rehearsal)
    if asked.image is not None:
        from canary.offline.rehearse_chart import chart
        from canary.plots.files import write_svg

        write_svg(chart(found, title), asked.image)
    if asked.output is not None:
        from canary.cli.documents import Form, render

        click.echo(render(_document(asked, rehearsal, found), Form(asked.output)), nl=False)
    else:
        _print(asked, rehearsal, found, title)
    for note in notes:
        click.echo(f"canary: {note}", err=True)


def _rehearsal(asked: _Asked) -> "tuple[Rehearsal, list[str]]":
    from canary.cli.single import default_spec, single_canary
    from canary.offline.course import course_of
    from canary.offline.rehearse import Rehearsal, countable
    from canary.offline.rehearse_traffic import Situation

    spec = default_spec() if asked.source is None else single_canary(asked.source)[0].spec
    course, left_out = countable(course_of(spec))
    names = [metric.name for metric in course.metrics]
    if not names:
        raise Invalid("The Canary has no metric that counts events: there is nothing to rehearse.")
    if asked.metric not in (None, *names):
        raise Invalid(f"--metric {asked.metric}: the Canary counts no such events; name one of {', '.join(names)}.")
    shares = {metric.name: asked.slow if _is_slow(metric.measure) else asked.errors for metric in course.metrics}
    situation = Situation(rps=asked.rps, shares=shares, pods=asked.pods, cluster=asked.bursts)
    notes = [f"Not rehearsed, because values can't be made up: {', '.join(left_out)}."] if left_out else []
    notes += [f"Taken as passed: {', '.join(course.taken)}."] if course.taken else []
    return Rehearsal(course=course, situation=situation, metric=asked.metric or names[0], seed=asked.seed), notes


def _is_slow(measure: object) -> bool:
    from analysis.plan import Builtin, BuiltinMeasure

    return isinstance(measure, BuiltinMeasure) and measure.builtin is Builtin.SLOW_SHARE


def _title(asked: _Asked, rehearsal: "Rehearsal") -> str:
    from analysis.wording import percent

    where = "the default plan" if asked.source is None else asked.source
    share = percent(rehearsal.situation.shares[rehearsal.metric])
    bursts = f" in bursts of {asked.bursts:g}" if asked.bursts > 1 else ""
    return f"{where}: {asked.rps:g} {'request' if asked.rps == 1 else 'requests'} per second, {share} {rehearsal.metric}{bursts}"


def _document(asked: _Asked, rehearsal: "Rehearsal", found: "Outlook") -> dict[str, Any]:
    from canary.offline.rehearse_outlook import told

    given = {"rps": asked.rps, "metric": rehearsal.metric, "shares": dict(rehearsal.situation.shares), "pods": asked.pods}
    return {**given, "bursts": asked.bursts, "seed": asked.seed, **told(found)}


def _print(asked: _Asked, rehearsal: "Rehearsal", found: "Outlook", title: str) -> None:
    from canary.cli.rehearsed import lines

    click.echo(f"{title}, {asked.pods} pods, seed {asked.seed}\n")
    for line in lines(rehearsal, found):
        click.echo(line)
    if sys.stdout.isatty() if asked.plot is None else asked.plot:
        from rich.console import Console

        from canary.cli.columns import terminal_width
        from canary.offline.rehearse_chart import chart
        from canary.plots.terminal import terminal

        width = terminal_width() or 100
        console = Console(width=width, highlight=False)
        click.echo()
        for drawn in terminal(chart(found, title), width):
            console.print(drawn)


@contextmanager
def _progress() -> "Iterator[Tell]":
    """A line on a terminal that says what is played now, and goes when all is."""
    shown = sys.stderr.isatty()

    def tell(what: str) -> None:
        if shown:
            click.echo(f"\r\x1b[Kplays {what} …", err=True, nl=False)

    yield tell
    if shown:
        click.echo("\r\x1b[K", err=True, nl=False)


VERBS = {"rehearse": rehearse}
