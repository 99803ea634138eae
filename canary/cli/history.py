"""`canary history`: how the last rollouts ended, and why."""

import asyncio
from datetime import UTC, datetime

import click

from canary.cli.ages import age, span
from canary.cli.cluster import Cluster, connected, on_cluster
from canary.cli.columns import columns, terminal_width
from canary.cli.documents import Form, render
from canary.cli.reading import Reading, read
from canary.k8s.resources import CANARY


@click.command
@click.argument("name")
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="Another form.")
@on_cluster
def history(cluster: Cluster, name: str, output: str | None) -> None:
    """How the last rollouts of a Canary ended, newest first."""
    asyncio.run(_history(cluster, name, output))


async def _history(cluster: Cluster, name: str, output: str | None) -> None:
    async with connected(cluster) as (client, namespace):
        reading = read(await client.get(CANARY, name, namespace=namespace))
    if output is not None:
        lines = [line.model_dump(mode="json", by_alias=True) for line in reading.status.history]
        click.echo(render(lines, Form(output)), nl=False)
    elif not reading.status.history:
        click.echo(f"No rollout of {name} has ended yet.", err=True)
    else:
        for line in history_table(reading, datetime.now(UTC), terminal_width()):
            click.echo(line)


def history_table(reading: Reading, now: datetime, width: int | None = None) -> list[str]:
    """The lines, headings first."""
    head = ["NUMBER", "REVISION", "IMAGE", "OUTCOME", "TOOK", "ENDED", "WHY"]
    rows = [
        [
            str(line.number),
            line.revision,
            line.image,
            line.outcome,
            span(line.ended_at - line.started_at),
            f"{age(line.ended_at, now)} ago",
            line.sentence,
        ]
        for line in reading.status.history
    ]
    return columns([head, *rows], elastic="WHY", width=width)


VERBS = {"history": history}
