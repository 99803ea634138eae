"""`canary lint`: every fault of every manifest, and what the sound ones will do. Needs no cluster."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from canary.cli.checks import Checked


@click.command
@click.option(
    "-f", "--filename", "sources", multiple=True, required=True, metavar="FILE", help="A manifest, - for standard input."
)
def lint(sources: tuple[str, ...]) -> None:
    """Check Canaries and AnalysisTemplates without a cluster; exit 1 when one is refused."""
    from canary.cli.checks import check_all, fault_lines, warnings
    from canary.cli.manifests import read_manifests

    manifests = read_manifests(sources)
    for manifest in manifests:
        if not (manifest.is_canary or manifest.is_template):
            click.echo(f"{manifest.where}  {manifest}: not looked at, it is no Canary")
    checked = check_all(manifests)
    for each in checked:
        if not each.faults:
            click.echo("\n".join(_fine(each)))
    for line in warnings(manifests, checked):
        click.echo(line, err=True)
    faults = fault_lines(checked)
    for line in faults:
        click.echo(line, err=True)
    if not checked:
        raise click.ClickException(f"no Canary in {', '.join(sources)}")
    if faults:
        raise click.exceptions.Exit(1)


def _fine(checked: "Checked") -> list[str]:
    from canary.cli.forecast import forecast

    lines = [f"{checked.manifest.where}  {checked.manifest} is fine"]
    if checked.canary is not None:
        lines += forecast(checked.canary)
    return [*lines, *(f"  also    judged by {name}, which is not in these files" for name in checked.missing)]


VERBS = {"lint": lint}
