"""`canary status`: one look at a Canary, or, with `--watch`, a picture that lives as long as the rollout."""

import asyncio
import sys
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.live import Live

from canary.cli.cluster import Cluster, connected, on_cluster
from canary.cli.documents import Form, render
from canary.cli.following import Followed, following
from canary.cli.outcome import Code, Goal, Outcome, judge
from canary.cli.reading import read
from canary.cli.tree import status_tree
from canary.cli.wait import pinned, watch_for
from canary.errors import Invalid
from canary.k8s.resources import CANARY

_CODES = "With --watch, exit codes are those of `canary wait`: 0 promoted, 1 error, 2 rolled back."
_PIPE = 400
_REDRAW = 1.0  # seconds between countdowns; the picture itself is drawn again when something changes


@click.command(epilog=_CODES)
@click.argument("name")
@click.option("-w", "--watch", is_flag=True, help="Follow it until the rollout has ended.")
@click.option("--forever", is_flag=True, help="With --watch: go on after the end.")
@click.option("-o", "--output", type=click.Choice([each.value for each in Form]), help="The object itself.")
@on_cluster
def status(cluster: Cluster, *, name: str, watch: bool, forever: bool, output: str | None) -> None:
    """One rollout: steps, weights, verdicts with their numbers, and what it waits for."""
    if watch and output is not None:
        raise Invalid(f"--watch draws for people: leave out -o {output}, or use `kubectl get canary {name} -w -o {output}`.")
    outcome = asyncio.run(_watch(cluster, name, forever=forever) if watch else _show(cluster, name, output))
    if outcome is not None:
        raise click.exceptions.Exit(outcome.code)


async def _show(cluster: Cluster, name: str, output: str | None) -> None:
    async with connected(cluster) as (client, namespace):
        found = await client.get(CANARY, name, namespace=namespace)
    if output is not None:
        click.echo(render(found, Form(output)), nl=False)
    else:
        # A pipe has no width to respect: long sentences stay in one line.
        Console(width=None if sys.stdout.isatty() else _PIPE).print(status_tree(read(found), datetime.now(UTC)))


async def _watch(cluster: Cluster, name: str, *, forever: bool) -> Outcome:
    async with connected(cluster) as (client, namespace), following(client, namespace, name) as followed:
        goal = None if forever else await pinned(Goal(), client, followed)
        if not sys.stdout.isatty():
            return await watch_for(goal, followed, click.echo)
        return await draw(goal, followed, Console())


async def draw(goal: Goal | None, followed: Followed, console: Console) -> Outcome:
    """Draw until the rollout has ended; without a goal, until the Canary is deleted."""
    with Live(console=console, auto_refresh=False) as live:
        while followed.newest is not None:
            reading = read(followed.newest)
            live.update(status_tree(reading, datetime.now(UTC)), refresh=True)
            if goal is not None and (outcome := judge(goal, reading)):
                return outcome
            await followed.changed(_REDRAW)
    return Outcome(code=Code.ERROR, sentence="The Canary was deleted.")


VERBS = {"status": status}
