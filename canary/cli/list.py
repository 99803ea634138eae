"""`canary list`: all Canaries of a namespace, or of all, one line each."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import click

from canary.cli.ages import age
from canary.cli.cluster import Cluster, connected, on_cluster
from canary.cli.columns import columns, terminal_width
from canary.cli.documents import Form, render
from canary.cli.reading import Reading, read
from canary.k8s.resources import CANARY


@click.command("list")
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="Of all namespaces.")
@click.option("-o", "--output", type=click.Choice(["json", "yaml", "wide"]), help="Another form.")
@on_cluster
def list_(cluster: Cluster, everywhere: bool, output: str | None) -> None:
    """All Canaries, one line each."""
    asyncio.run(_list(cluster, everywhere, output))


async def _list(cluster: Cluster, everywhere: bool, output: str | None) -> None:
    async with connected(cluster) as (client, namespace):
        page = await client.list(CANARY, namespace=None if everywhere else namespace)
    if output in ("json", "yaml"):
        listed = {"apiVersion": "v1", "kind": "List", "items": list(page.items)}
        click.echo(render(listed, Form(output)), nl=False)
    elif not page.items:
        click.echo(f"No Canaries in {'any namespace' if everywhere else f'namespace {namespace}'}.", err=True)
    else:
        readings = [read(found) for found in page.items]
        for line in table(readings, datetime.now(UTC), everywhere=everywhere, wide=output == "wide", width=terminal_width()):
            click.echo(line)


def table(
    readings: Iterable[Reading], now: datetime, *, everywhere: bool = False, wide: bool = False, width: int | None = None
) -> list[str]:
    """The lines, headings first; wide ones are never cut."""
    head = [
        *(["NAMESPACE"] if everywhere else []),
        *("NAME", "PHASE", "STEP", "WEIGHT", "VERDICT"),
        *(["STABLE", "IMAGE", "TRIED", "IMAGE"] if wide else []),
        *("MESSAGE", "AGE"),
    ]
    rows = sorted(_row(reading, now, everywhere=everywhere, wide=wide) for reading in readings)
    return columns([head, *rows], elastic="MESSAGE", width=None if wide else width)


def _row(reading: Reading, now: datetime, *, everywhere: bool, wide: bool) -> list[str]:
    placed = [reading.namespace] if everywhere else []
    return [*placed, *_position(reading), *(_sides(reading) if wide else []), *_why(reading, now)]


def _position(reading: Reading) -> Sequence[str]:
    status = reading.status
    return [reading.name, str(status.phase), status.step or "", status.weight or "", status.verdict or ""]


def _sides(reading: Reading) -> Sequence[str]:
    stable, tried = reading.status.stable, reading.status.canary
    return [stable.revision or "", stable.image or "", (tried and tried.revision) or "", (tried and tried.image) or ""]


def _why(reading: Reading, now: datetime) -> Sequence[str]:
    message = reading.status.message if reading.seen else "Not looked at by any controller yet."
    return [message, age(reading.created, now)]


VERBS = {"list": list_}
