"""The sandbox with a controller beside it, as `canary sandbox` and `canary demo` use it.

The controller reaches the sandbox as it would any cluster: by a kubeconfig. Everything is put there through the Kubernetes API.
"""

import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from canary.api.template_crds import definitions
from canary.cli.cluster import MANAGER
from canary.crds import trafficsplit_crd
from canary.errors import Misconfigured
from canary.k8s.client import Client, connect
from canary.k8s.port import Obj
from canary.k8s.resources import CANARY, CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, NAMESPACE, SERVICE
from canary.settings import Settings, load_settings

if TYPE_CHECKING:
    from canary.sandbox.world import Sandbox

_KINDS = {resource.kind: resource for resource in (CANARY, CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, NAMESPACE, SERVICE)}
_EXTRA = {"promql_parser", "jsonpatch"}  # what only the sandbox needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Playground:
    """A sandbox that is up.

    `client` is a user's, `state_dir` a controller's; `http` is where the one that runs listens, None without one.
    """

    sandbox: "Sandbox"
    client: Client
    state_dir: Path
    http: str | None


@asynccontextmanager
async def playground(*, api_port: int = 0, with_controller: bool = True) -> AsyncIterator[Playground]:
    """Up with the definitions applied; everything is gone with the context."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="canary-sandbox-", ignore_cleanup_errors=True)))
        sandbox = await _sandbox(stack, folder / "kubeconfig", api_port)
        client = await stack.enter_async_context(await connect(str(sandbox.kubeconfig), manager=MANAGER))
        await put(client, (*definitions(), trafficsplit_crd()))
        http = await _controller(stack, _settings(sandbox, folder)) if with_controller else None
        yield Playground(sandbox=sandbox, client=client, state_dir=_state_dir(folder), http=http)


async def put(client: Client, objects: Iterable[Obj]) -> None:
    """Server-side apply, in order."""
    for obj in objects:
        await client.apply(_KINDS[obj["kind"]], obj)


async def _sandbox(stack: AsyncExitStack, kubeconfig: Path, api_port: int) -> "Sandbox":
    try:
        from canary.sandbox.world import Ports, Sandbox
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        raise Misconfigured(f"The sandbox needs {error.name}: install canary-delivery with its extra [sandbox].") from None
    try:
        return await stack.enter_async_context(Sandbox(kubeconfig, ports=Ports(api=api_port)))
    except OSError as error:
        raise Misconfigured(f"The sandbox can't listen on port {api_port}: {error.strerror}.") from None


async def _controller(stack: AsyncExitStack, settings: Settings) -> str:
    from canary.app import controller

    running = await stack.enter_async_context(controller(settings))
    return running.http


def _state_dir(folder: Path) -> Path:
    return folder / "state"


def _settings(sandbox: "Sandbox", folder: Path) -> Settings:
    """As for any cluster; tests and hooks find names such as `reviews-canary.bookinfo` through the sandbox's mesh."""
    flags = {
        "kubeconfig": str(sandbox.kubeconfig),
        "state_dir": _state_dir(folder),
        "prometheus": sandbox.prometheus_url,
        "http": "127.0.0.1:0",
        "hook_proxy": sandbox.mesh_url,
        "hook_loopback": True,
    }
    return load_settings({}, flags)
