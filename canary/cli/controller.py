"""`canary controller`: the controller itself, in this process, until SIGTERM or Ctrl-C."""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import click

from canary.cli.cluster import Cluster, on_cluster
from canary.settings import Settings, load_settings, variable

_OF_THE_CLUSTER = frozenset(("kubeconfig", "context", "namespace"))


def _setting_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    """One flag per setting, from the settings themselves."""
    for name, field in reversed(Settings.model_fields.items()):
        if name not in _OF_THE_CLUSTER:
            text = f"{field.description}  [{variable(name)}]"
            click.option(f"--{name.replace('_', '-')}", name, metavar="VALUE", help=text)(verb)
    return verb


@click.command
@_setting_options
@on_cluster
def controller(cluster: Cluster, **flags: str | None) -> None:
    """Run the controller; it watches the namespace that --namespace names, or all."""
    from canary.logs import configure_logs
    from canary.store.fresh import make_state_file

    named = {"kubeconfig": cluster.kubeconfig, "context": cluster.context, "namespace": cluster.namespace}
    settings = load_settings(os.environ, {**flags, **named})
    configure_logs(settings.log_format, settings.log_level)
    if settings.database is None:
        make_state_file(settings.state_dir)
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    from canary.app import run_controller

    await run_controller(settings, stopped_by_signal())


def stopped_by_signal() -> asyncio.Event:
    """Set by the first SIGTERM or Ctrl-C; the second ends the process at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def stopping(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping, number)
    return stop


VERBS = {"controller": controller}
