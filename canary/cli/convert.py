"""`canary convert`: resources of Flagger and Argo Rollouts as ours, and a word on everything that has no counterpart."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from canary.convert.notes import Translation

_INCOMPLETE = 2
_CODES = f"Exit codes: 0 nothing was left out, 1 error, {_INCOMPLETE} something was left out (said on standard error)."


@click.command(epilog=_CODES)
@click.argument("sources", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="Form of the objects."
)
def convert(sources: tuple[str, ...], *, output: str) -> None:
    """Translate Flagger Canaries and MetricTemplates, or Argo Rollouts and AnalysisTemplates; - is standard input.

    Give everything that belongs together at once: templates, the Canaries or Rollouts that name them, and their Services.
    """
    from canary.cli.documents import Form, render
    from canary.cli.manifests import read_manifests
    from canary.convert.conversion import convert as converted

    found = converted([dict(manifest.body) for manifest in read_manifests(sources)])
    if not found.objects and not found.notes:
        raise click.ClickException(f"there is nothing of Flagger or Argo Rollouts in {', '.join(sources)}")
    if output == "json":
        items = [obj for _, obj in found.objects]
        click.echo(render({"apiVersion": "v1", "kind": "List", "items": items}, Form.JSON), nl=False)
    else:
        click.echo(_stream(found), nl=False)
    for note in found.notes:
        click.echo(str(note), err=True)
    raise click.exceptions.Exit(0 if found.whole else _INCOMPLETE)


def _stream(found: "Translation") -> str:
    """Each object below what is to be said about where it comes from; notes about what there is no object of come first."""
    from canary.cli.documents import render_stream
    from canary.install import Document

    last = {about: index for index, (about, _) in enumerate(found.objects)}
    documents = []
    for index, (about, obj) in enumerate(found.objects):
        notes = [note for note in found.notes if note.about == about] if last[about] == index else []
        comment = "\n".join([f"From {about}.", *(f"{note.field}: {note.loss}. {note.sentence}" for note in notes)])
        documents.append(Document(body=obj, comment=comment))
    return render_stream(documents)


VERBS = {"convert": convert}
