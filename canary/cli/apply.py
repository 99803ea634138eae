"""`canary apply`: the checks of `canary lint`, then a server-side apply of each Canary. Nothing is sent unless all are sound."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from canary.cli.cluster import Cluster, connected, on_cluster
from canary.errors import Invalid

if TYPE_CHECKING:
    from canary.cli.manifests import Manifest
    from canary.k8s.client import Client


@click.command
@click.option(
    "-f", "--filename", "sources", multiple=True, required=True, metavar="FILE", help="A manifest, - for standard input."
)
@click.option("--dry-run", is_flag=True, help="Check only; ask the cluster nothing and change nothing.")
@on_cluster
def apply(cluster: Cluster, sources: tuple[str, ...], *, dry_run: bool) -> None:
    """Check Canaries and AnalysisTemplates, and apply them."""
    from canary.cli.manifests import read_manifests

    manifests = read_manifests(sources)
    _refuse_unsound(manifests)
    if dry_run:
        for manifest in manifests:
            click.echo(f"{manifest.where}  {manifest} is fine (nothing was sent)")
    else:
        asyncio.run(_apply(cluster, manifests))


def _refuse_unsound(manifests: "Sequence[Manifest]") -> None:
    from canary.cli.checks import check_all, fault_lines

    strangers = [manifest for manifest in manifests if not (manifest.is_canary or manifest.is_template)]
    if strangers:
        raise Invalid(
            f"{strangers[0].where} holds {strangers[0]}, which is no Canary: "
            "`kubectl apply -f` takes everything, `canary apply` only Canaries and AnalysisTemplates. Nothing was applied."
        )
    faults = fault_lines(check_all(manifests))
    for line in faults:
        click.echo(line, err=True)
    if faults or not manifests:
        raise Invalid("Nothing was applied: correct the fields above." if faults else "There is nothing to apply.")


async def _apply(cluster: Cluster, manifests: "Sequence[Manifest]") -> None:
    async with connected(cluster) as (client, namespace):
        for manifest in sorted(manifests, key=lambda each: each.is_canary):  # what a Canary names is there before it
            outcome = await _apply_one(client, manifest.body, namespace)
            click.echo(f"{manifest} {outcome}")


async def _apply_one(client: "Client", body: Mapping[str, Any], namespace: str) -> str:
    from canary.errors import NotFound, NotServed
    from canary.k8s.resources import ANALYSIS_TEMPLATE, CANARY, CLUSTER_ANALYSIS_TEMPLATE

    kinds = {resource.kind: resource for resource in (ANALYSIS_TEMPLATE, CANARY, CLUSTER_ANALYSIS_TEMPLATE)}
    resource = kinds[body["kind"]]
    metadata = {**({"namespace": namespace} if resource.namespaced else {}), **body["metadata"]}
    try:
        before = await client.get(resource, metadata["name"], namespace=metadata.get("namespace"))
    except NotServed:
        known = "Canaries" if resource is CANARY else "AnalysisTemplates"
        raise Invalid(f"The cluster does not know {known} yet: `canary install | kubectl apply --server-side -f -`.") from None
    except NotFound:
        before = None
    after = await client.apply(resource, {**body, "metadata": metadata})
    if before is None:
        return "created"
    unchanged = before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
    return "unchanged" if unchanged else "configured"


VERBS = {"apply": apply}
