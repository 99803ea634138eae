"""Which cluster and namespace a verb means: options that may stand before the verb or after it, as with kubectl."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from canary.k8s.client import Client

MANAGER = "canary-cli"
_META = "canary.cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What a person said about it; None means: as the kubeconfig says."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None


def _remember(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    # `meta` is one for the group and its verb, and the verb is read last: what stands after it wins.
    if value is not None:
        ctx.meta.setdefault(_META, {})[param.name] = value


def _option(*names: str, metavar: str, text: str) -> click.Option:
    return click.Option(list(names), metavar=metavar, help=text, callback=_remember, expose_value=False)


CLUSTER_OPTIONS = (
    _option("-n", "--namespace", metavar="NAME", text="Namespace; by default the context's."),
    _option("--context", metavar="NAME", text="Context of the kubeconfig."),
    _option("--kubeconfig", metavar="FILE", text="By default $KUBECONFIG, then ~/.kube/config."),
)


def on_cluster(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options above, and their values as its argument `cluster`. Goes below `@click.command`."""

    @wraps(verb)
    def called(*args: Any, **options: Any) -> Any:
        return verb(*args, cluster=chosen(click.get_current_context()), **options)

    params: list[click.Parameter] = getattr(verb, "__click_params__", [])
    called.__click_params__ = [*reversed(CLUSTER_OPTIONS), *params]  # type: ignore[attr-defined]  # click's own way to collect them
    return called


def chosen(ctx: click.Context) -> Cluster:
    """What was said on the command line, before the verb or after it."""
    return Cluster(**ctx.meta.get(_META, {}))


@asynccontextmanager
async def connected(cluster: Cluster) -> "AsyncIterator[tuple[Client, str]]":
    """The cluster and the namespace that is meant. Raises Misconfigured."""
    from canary.k8s.client import connect

    async with await connect(cluster.kubeconfig, cluster.context, manager=MANAGER) as client:
        yield client, cluster.namespace or client.namespace
