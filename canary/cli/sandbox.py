"""`canary sandbox`: a laptop without a cluster, for kubectl and curl, until Ctrl-C."""

import asyncio
from contextlib import AsyncExitStack

import click

from canary.cli.controller import stopped_by_signal
from canary.cli.playground import Playground, playground, put
from canary.logs import LogFormat, LogLevel, configure_logs
from canary.sandbox.story import APEX, NAMESPACE, story


@click.command
@click.option("--rps", type=click.FloatRange(0, 1000), default=50.0, show_default=True, help="Requests per second for the story.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the API server; by default any free one.")
@click.option("--no-controller", is_flag=True, help="Run no controller: start your own, with the variables that are printed.")
@click.option("--empty", is_flag=True, help="Only the definitions: no BookInfo, no traffic.")
def sandbox(rps: float, port: int, no_controller: bool, empty: bool) -> None:
    """Run an API server, workloads, a mesh, traffic and metrics in this process."""
    configure_logs(LogFormat.CONSOLE, LogLevel.INFO)
    asyncio.run(_run(rps=rps, port=port, with_controller=not no_controller, empty=empty))


async def _run(*, rps: float, port: int, with_controller: bool, empty: bool) -> None:
    stop = stopped_by_signal()
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(playground(api_port=port, with_controller=with_controller))
        if not empty:
            await put(place.client, story())
            await place.sandbox.load(APEX, NAMESPACE, rps)
        click.echo("\n".join(instructions(place, empty=empty)))
        await stop.wait()
        click.echo("Stopping.")


def instructions(place: Playground, *, empty: bool = False) -> list[str]:
    """What to type in another terminal."""
    sandbox = place.sandbox
    lines = [
        "",
        "The sandbox is up. In another terminal:",
        "",
        f"  export KUBECONFIG={sandbox.kubeconfig}",
        f"  export CANARY_STATE_DIR={place.state_dir}",
        f"  export MESH={sandbox.mesh_url}",
    ]
    if place.http is None:
        lines += [
            f"  export CANARY_PROMETHEUS={sandbox.prometheus_url}",
            f"  export CANARY_HOOK_PROXY={sandbox.mesh_url} CANARY_HOOK_LOOPBACK=true",
            "  canary controller",
        ]
    if not empty:
        lines += _story_lines(sandbox.mesh_url)
    lines += [
        "",
        f"  Prometheus   {sandbox.prometheus_url}",
        *([f"  Controller   {place.http}/metrics"] if place.http else []),
        "",
        "Ctrl-C ends it; nothing is kept.",
    ]
    return lines


def _story_lines(mesh_url: str) -> list[str]:
    where = f"-n {NAMESPACE}"
    return [
        f"  kubectl get canaries {where} -w",
        f"  kubectl set image deployment/{APEX} {APEX}=bookinfo/reviews:v2 {where}          # a good version",
        f"  kubectl set env deployment/{APEX} SANDBOX_ERRORS=30% {where}                    # a bad one",
        f"  canary status {APEX} {where} --watch",
        f"  canary rollback {APEX} {where} --reason 'looks odd'",
        f"  curl -H 'Host: {APEX}.{NAMESPACE}' {mesh_url}/                                  # through the mesh",
    ]


VERBS = {"sandbox": sandbox}
