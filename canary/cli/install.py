"""`canary install`: prints what `kubectl apply -f -` has to get; it never talks to a cluster."""

import click

from canary.cli.cluster import chosen


@click.command
@click.option("-n", "--namespace", metavar="NAME", help="Where the controller runs; by default canary-delivery.")
@click.option("--image", metavar="IMAGE", default="", help="Image of the controller; by default that of this version.")
@click.option("--prometheus", metavar="URL", help="Where metrics come from, unless a Canary names its own.")
@click.option("--watch-namespace", metavar="NAME", help="Look after this namespace only, with rights in it alone.")
@click.option("--crd-only", is_flag=True, help="Only the definitions of our resources.")
def install(*, namespace: str | None, image: str, prometheus: str | None, watch_namespace: str | None, crd_only: bool) -> None:
    """Print CRD, rights and Deployment, for `canary install | kubectl apply --server-side -f -`."""
    from canary.api.template_crds import definitions
    from canary.cli.documents import render_stream
    from canary.install import NAME, Document, Installation, manifests

    if crd_only:
        documents = tuple(Document(body=crd) for crd in definitions())
    else:
        home = namespace or chosen(click.get_current_context()).namespace or NAME
        installation = Installation(namespace=home, image=image, prometheus=prometheus, watch=watch_namespace)
        documents = manifests(installation, definitions())
    click.echo(render_stream(documents), nl=False)


VERBS = {"install": install}
