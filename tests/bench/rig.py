"""What the benchmarks stand on: a real control plane, our controller as a process of its own, and counters that obey."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from canary.api.template_crds import definitions
from canary.crds import trafficsplit_crd
from canary.k8s.client import Client, connect
from canary.k8s.names import FIELD_MANAGER
from canary.k8s.port import Obj
from canary.k8s.resources import CUSTOM_RESOURCE_DEFINITION
from canary.k8s.resources import NAMESPACE as NAMESPACES
from tests.bench.counters import Counters, serve_counters
from tests.bench.process import ControllerProcess
from tests.bench.watching import watching
from tests.lab.audit import AuditedRequest
from tests.lab.controlplane import ControlPlane

NAMESPACE = "bench"
SERVICE = "reviews"


@dataclass(slots=True, kw_only=True)
class Rig:
    """`api` is the benchmark's own access to the cluster; the controller's requests are told from it by their user agent."""

    cluster: ControlPlane
    api: Client
    counters: Counters
    controller: ControllerProcess

    async def restart(self) -> None:
        """A fresh controller with an empty state directory."""
        self.controller.stop()
        await self.start()

    async def start(self) -> None:
        """Run a controller again after `controller.stop()`."""
        self.controller = ControllerProcess(self.cluster.kubeconfig, self.counters.url)
        await self.controller.ready()

    def requests(self, since: datetime, until: datetime | None = None) -> list[AuditedRequest]:
        """The controller's requests in a span of time, as the API server wrote them down; `until` None means until now."""
        end = until or datetime.now(UTC)
        return [request for request in self.cluster.requests(f"{FIELD_MANAGER}/") if since <= request.at < end]


@asynccontextmanager
async def a_rig() -> AsyncIterator[Rig]:
    """Start everything; the namespace `bench` is there, and empty."""
    async with AsyncExitStack() as stack:
        # From this thread, and before anything is measured: it takes seconds.
        cluster = stack.enter_context(ControlPlane(profile="full"))
        api = await stack.enter_async_context(await connect(str(cluster.kubeconfig), manager="canary-bench"))
        await asyncio.gather(*(_serve(api, crd) for crd in (trafficsplit_crd(), *definitions())))
        await api.create(NAMESPACES, {"metadata": {"name": NAMESPACE}})
        counters = await stack.enter_async_context(serve_counters(NAMESPACE, SERVICE))
        rig = Rig(cluster=cluster, api=api, counters=counters, controller=ControllerProcess(cluster.kubeconfig, counters.url))
        stack.callback(lambda: rig.controller.stop())  # noqa: PLW0108  # whichever controller it is by then
        await rig.controller.ready()
        yield rig


async def _serve(api: Client, crd: Obj) -> None:
    async with watching(api, CUSTOM_RESOURCE_DEFINITION, None, crd["metadata"]["name"]) as watched:
        await api.create(CUSTOM_RESOURCE_DEFINITION, crd)
        await watched.until(_established)


def _established(crd: Obj | None) -> bool:
    conditions = ((crd or {}).get("status") or {}).get("conditions") or ()
    return any(condition["type"] == "Established" and condition["status"] == "True" for condition in conditions)
