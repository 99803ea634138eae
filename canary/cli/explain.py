"""`canary explain`: the story of a whole rollout, for whoever asks why it ended the way it did."""

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from canary.cli.cluster import Cluster, connected, on_cluster
from canary.cli.columns import terminal_width
from canary.cli.documents import Form, render
from canary.errors import CanaryError, NotFound

if TYPE_CHECKING:
    from canary.cli.reading import Reading
    from canary.explain.author import Author
    from canary.explain.records import Records
    from canary.explain.story import Story
    from canary.k8s.client import Client
    from canary.k8s.port import Obj

_PIPE = 400
_EXAMPLES = """\b
Examples:
  canary explain reviews                          the rollout under way, else the last one
  canary explain reviews --rollout 3 --plot       another one, with a plot
  canary explain reviews --image why.svg          weight, shares and evidence as a picture
  canary explain reviews -o json | jq .rescue     how fast it was taken back
  kubectl -n canary-delivery exec deploy/canary-delivery -- \\
    canary explain reviews -n bookinfo --state-dir /var/lib/canary

The whole story stands in the controller's database: name it with --database, or run this where the controller runs, as in the
last example. Without it the status and the cluster's Events tell what they still know.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the command line said; `rollout` None: the newest."""

    name: str
    rollout: str | None
    database: str | None
    state_dir: str | None
    plot: bool | None
    image: Path | None
    output: str | None

    @property
    def number(self) -> int | None:
        """The rollout's, if that is what names it."""
        return int(self.rollout) if self.rollout is not None and self.rollout.isdigit() else None

    @property
    def id(self) -> str | None:
        """The rollout's, if it is no number."""
        return None if self.number is not None else self.rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the cluster has; `problem` says why it could not be asked."""

    namespace: str
    reading: "Reading | None" = None
    events: "tuple[Obj, ...]" = ()
    author: "Author | None" = None
    uid: str | None = None
    problem: CanaryError | None = None


@click.command(epilog=_EXAMPLES)
@click.argument("name")
@click.option("--rollout", metavar="NUMBER|ID", help="Which one, as in `canary history`; by default the newest.")
@click.option("--database", metavar="URL", help="The controller's database, as postgresql://…  [CANARY_DATABASE]")
@click.option("--state-dir", metavar="PATH", help="Where the controller keeps its file without one.  [CANARY_STATE_DIR]")
@click.option("--plot/--no-plot", default=None, help="Draw weight and shares; by default on a terminal.")
@click.option("--image", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.svg", help="Draw them into a file.")
@click.option("-o", "--output", type=click.Choice([each.value for each in Form]), help="The story as a document.")
@on_cluster
def explain(cluster: Cluster, **said: Any) -> None:
    """Why a rollout ended the way it did: what happened, who said what, and the numbers."""
    asked = _Asked(**said)
    story = asyncio.run(_story(cluster, asked))
    if asked.image is not None:
        _draw(story, asked.image)
    if asked.output is not None:
        from canary.explain.document import document

        click.echo(render(document(story), Form(asked.output)), nl=False)
    else:
        _print(story, plot=sys.stdout.isatty() if asked.plot is None else asked.plot)


async def _story(cluster: Cluster, asked: _Asked) -> "Story":
    from canary.explain.resource import records_of
    from canary.explain.tell import tell

    found = await _ask(cluster, asked.name)
    records, missing = await _archived(asked, found)
    if records is None and found.problem is not None:
        raise found.problem
    if records is None and found.reading is not None:
        records = records_of(found.reading, found.events, asked.number, asked.id)
    if records is None:
        raise NotFound(_nothing(asked, missing))
    author = found.author.of(records.rollout.revision) if found.author else None
    return tell(replace(records, author=author, missing=(*records.missing, *missing)))


async def _ask(cluster: Cluster, name: str) -> _Found:
    """What the cluster knows. A problem is kept: the database may know the story of a Canary that is gone."""
    from canary.cli.reading import read
    from canary.explain.author import author_of
    from canary.k8s.resources import CANARY

    namespace = cluster.namespace or "default"
    try:
        async with connected(cluster) as (client, namespace):
            canary = await client.get(CANARY, name, namespace=namespace)
            reading = read(canary)
            events = await _events(client, reading)
            author = await author_of(client, canary)
    except CanaryError as error:
        return _Found(namespace=namespace, problem=error)
    return _Found(namespace=namespace, reading=reading, events=events, author=author, uid=canary["metadata"].get("uid"))


async def _events(client: "Client", reading: "Reading") -> "tuple[Obj, ...]":
    """None where they may not be read: they are worth having, and no more."""
    from canary.k8s.resources import EVENT

    fields = f"involvedObject.name={reading.name},involvedObject.kind=Canary"
    with contextlib.suppress(CanaryError):
        return tuple((await client.list(EVENT, namespace=reading.namespace, fields=fields)).items)
    return ()


async def _archived(asked: _Asked, found: _Found) -> "tuple[Records | None, tuple[str, ...]]":
    """What the database knows, and what is missing without it."""
    from canary.explain.database import Which, open_archive
    from canary.settings import load_settings

    settings = load_settings(os.environ, {"database": asked.database, "state_dir": asked.state_dir})
    url = settings.database.get_secret_value() if settings.database else None
    archive = open_archive(url, settings.state_dir)
    if archive is None:
        return None, (_without(f"There is no database at {url or settings.state_dir}"),)
    uid = found.uid if asked.id is None else None  # an id names the rollout of a Canary that was made anew since, too
    which = Which(namespace=found.namespace, canary=asked.name, number=asked.number, id=asked.id, uid=uid)
    async with archive:
        try:
            records = await archive.find(which)
        except CanaryError as error:
            return None, (_without(error.sentence.rstrip(".")),)
    return records, () if records is not None else (_without(f"The database {archive.name} knows nothing of it"),)


def _without(problem: str) -> str:
    return (
        f"{problem}: steps, measurements, tests and older commands are not known here. Run `canary explain` where the controller "
        "runs (kubectl exec), or name its database with --database."
    )


def _nothing(asked: _Asked, missing: tuple[str, ...]) -> str:
    which = f"rollout {asked.rollout}" if asked.rollout else "rollout"
    return " ".join([f"No {which} of {asked.name} is known: `canary history {asked.name}` lists the last ones.", *missing])


def _draw(story: "Story", file: Path) -> None:
    from canary.explain.pictures import chart
    from canary.plots.files import write_svg

    drawn = chart(story)
    write_svg(drawn, file)
    if not drawn.panels:
        click.echo(f"canary: {file} is empty: nothing was measured, or the database is not at hand.", err=True)


def _print(story: "Story", *, plot: bool) -> None:
    from rich.console import Console

    from canary.explain.pictures import small_chart
    from canary.explain.prose import prose
    from canary.plots.terminal import terminal

    console = Console(width=terminal_width() or _PIPE, highlight=False)
    with console.capture() as drawn:
        for part in prose(story, datetime.now(UTC)):
            console.print(part)
        if plot and (chart := small_chart(story)).panels:
            console.print()
            for line in terminal(chart, terminal_width() or 100):
                console.print(line)
    click.echo("\n".join(line.rstrip() for line in drawn.get().splitlines()))


VERBS = {"explain": explain}
