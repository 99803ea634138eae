"""`canary lint`: every fault of every manifest, and what the sound ones will do. Needs no cluster."""

import click


@click.command
@click.option(
    "-f", "--filename", "sources", multiple=True, required=True, metavar="FILE", help="A manifest, - for standard input."
)
def lint(sources: tuple[str, ...]) -> None:
    """Check Canaries without a cluster; exit 1 when one is refused."""
    from canary.cli.checks import check, fault_lines
    from canary.cli.forecast import forecast
    from canary.cli.manifests import read_manifests

    manifests = read_manifests(sources)
    checked = [check(manifest) for manifest in manifests if manifest.is_canary]
    others = [manifest for manifest in manifests if not manifest.is_canary]
    for manifest in others:
        click.echo(f"{manifest.where}  {manifest}: not looked at, it is no Canary")
    for each in checked:
        if each.canary is not None:
            click.echo("\n".join([f"{each.manifest.where}  {each.manifest} is fine", *forecast(each.canary)]))
    faults = fault_lines(checked)
    for line in faults:
        click.echo(line, err=True)
    if not checked:
        raise click.ClickException(f"no Canary in {', '.join(sources)}")
    if faults:
        raise click.exceptions.Exit(1)


VERBS = {"lint": lint}
