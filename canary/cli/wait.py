"""`canary wait`: until an outcome, for pipelines; the exit code says which."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import click

from canary.cli.ages import span
from canary.cli.cluster import Cluster, connected, on_cluster
from canary.cli.following import Followed, following
from canary.cli.outcome import Code, Goal, Outcome, Wanted, awaited, first_number, judge
from canary.cli.progress import progress_line
from canary.cli.reading import read
from canary.cli.spans import DURATION
from canary.cli.tried import tried_revision
from canary.k8s.client import Client

Say = Callable[[str], None]
_CODES = "Exit codes: 0 reached, 1 error, 2 rolled back, 3 paused (with --fail-on-pause), 4 timeout."


@click.command(epilog=_CODES)
@click.argument("name")
@click.option(
    "--for",
    "wanted",
    type=click.Choice([each.value for each in Wanted]),
    default=Wanted.ENDED.value,
    show_default=True,
    help="What to wait for.",
)
@click.option("--revision", metavar="NAME", help="Of this revision; by default of what the Deployment's template holds now.")
@click.option("--timeout", type=DURATION, default="30m", show_default=True, metavar="DURATION", help="How long at most.")
@click.option("--fail-on-pause", is_flag=True, help="Exit 3 when it pauses or can't go on without a person.")
@click.option("-o", "--output", type=click.Choice(["json"]), help="The outcome as JSON; progress goes to standard error.")
@on_cluster
def wait(
    cluster: Cluster, *, name: str, wanted: str, revision: str | None, timeout: timedelta, fail_on_pause: bool, output: str | None
) -> None:
    """Wait until a rollout has ended, or until another state is reached."""

    def say(line: str) -> None:
        click.echo(line, err=output is not None)

    goal = Goal(wanted=Wanted(wanted), revision=revision, fail_on_pause=fail_on_pause)
    outcome = asyncio.run(_wait(cluster, name, goal, timeout, say))
    if output is not None:
        click.echo(json.dumps({"outcome": outcome.code.name.lower(), "exitCode": outcome.code, "message": outcome.sentence}))
    elif outcome.code is not Code.REACHED:
        click.echo(f"canary: {outcome.sentence}", err=True)
    raise click.exceptions.Exit(outcome.code)


async def _wait(cluster: Cluster, name: str, goal: Goal, patience: timedelta, say: Say) -> Outcome:
    async with connected(cluster) as (client, namespace):
        try:
            async with asyncio.timeout(patience.total_seconds()), following(client, namespace, name) as followed:
                return await watch_for(await pinned(goal, client, followed), followed, say)
        except TimeoutError:
            return Outcome(code=Code.TIMEOUT, sentence=f"{name} did not get there within {span(patience)}.")


async def pinned(goal: Goal, client: Client, followed: Followed) -> Goal:
    """The goal, for the revision that stands in the Deployment now, unless a person has named one."""
    if goal.revision is not None or followed.newest is None:
        return goal
    tried = await tried_revision(client, followed.newest)
    return replace(goal, revision=tried, since=first_number(read(followed.newest)))


async def watch_for(goal: Goal | None, followed: Followed, say: Say) -> Outcome:
    """Say each change in a line until the goal is reached or out of reach; without one, until the Canary is deleted."""
    told = ""
    while True:
        if followed.newest is None:
            return Outcome(code=Code.ERROR, sentence="The Canary was deleted.")
        reading = read(followed.newest)
        why = awaited(goal, reading) if goal else None
        line = f"{reading.name}  {why}" if why else progress_line(reading)
        if line != told:
            told = line
            say(line)
        if goal is not None and (outcome := judge(goal, reading)):
            return outcome
        await followed.changed()


VERBS = {"wait": wait}
