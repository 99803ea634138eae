"""A sandbox with a controller in this process, and how a story waits: it looks again whenever an object changes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from canary.api.template_crds import definitions
from canary.app import controller
from canary.crds import trafficsplit_crd
from canary.k8s.client import Client, connect
from canary.k8s.port import Obj
from canary.k8s.resources import (
    ANALYSIS_TEMPLATE,
    CANARY,
    CLUSTER_ANALYSIS_TEMPLATE,
    CUSTOM_RESOURCE_DEFINITION,
    DEPLOYMENT,
    NAMESPACE,
    SERVICE,
    Resource,
    traffic_split,
)
from canary.sandbox.pods.life import Pace
from canary.sandbox.resources import DEPLOYMENTS, JOBS, PODS, SERVICES
from canary.sandbox.resources import Resource as Kind
from canary.sandbox.world import Sandbox
from canary.settings import load_settings

T = TypeVar("T")

SPLIT = traffic_split("v1alpha2")
_OURS = (CANARY, ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE)
_KINDS = {resource.kind: resource for resource in (*_OURS, CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, NAMESPACE, SERVICE)}
QUICK = Pace(start=timedelta(milliseconds=50), first_backoff=timedelta(milliseconds=50))
PATIENCE = 30.0
SEED = 7  # the mesh's dice: a story tells the same shares each time


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A sandbox that is up; `client` is a user's."""

    sandbox: Sandbox
    client: Client

    async def apply(self, objects: Iterable[Obj]) -> None:
        """Server-side apply, in order, as their owner does it."""
        for found in objects:
            await self.client.apply(self._resource(found), found)

    async def patch(self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any]) -> None:
        """Merge patch."""
        await self.client.merge_patch(resource, name, patch, namespace=namespace)

    async def becomes(self, look: Callable[[], T], wanted: object) -> T:
        """Look after every change of any object until what is seen is `wanted`; what was seen last, for the test to compare."""
        changed = asyncio.Event()
        self.sandbox.store.listen(lambda *_: changed.set())
        try:
            async with asyncio.timeout(PATIENCE):
                while (seen := look()) != wanted:
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            seen = look()
        return seen

    def get(self, kind: Kind, namespace: str, name: str) -> Obj | None:
        """An object as the API server has it now."""
        return self.sandbox.store.get(kind, namespace, name)

    def list(self, kind: Kind, namespace: str) -> list[Obj]:
        """All objects of a kind."""
        return self.sandbox.store.list(kind, namespace)

    def objects(self, namespace: str) -> set[str]:
        """What stands in a namespace, of the kinds that Canary makes."""
        kinds = (DEPLOYMENTS, SERVICES, JOBS, self.kind("trafficsplits"))
        return {f"{kind.kind}/{found['metadata']['name']}" for kind in kinds for found in self.list(kind, namespace)}

    def kind(self, plural: str) -> Kind:
        """A kind that a definition has brought."""
        return next(found for found in self.sandbox.resources if found.plural == plural)

    def pods(self, namespace: str) -> Counter[str]:
        """Running pods by the tag or last word of their image."""
        return Counter(
            tag(image_of(pod["spec"])) for pod in self.list(PODS, namespace) if "deletionTimestamp" not in pod["metadata"]
        )

    async def requests(self, apex: str, namespace: str, number: int) -> Counter[str]:
        """Send so many requests through the mesh, and count which version answered; "" for an answer that names none."""
        turns = asyncio.Semaphore(20)
        async with httpx.AsyncClient(
            base_url=self.sandbox.mesh_url, headers={"host": f"{apex}.{namespace}"}, trust_env=False
        ) as mesh:

            async def one() -> str:
                async with turns:
                    answer = await mesh.get("/")
                return str(answer.json().get("version", "")) if answer.is_success else ""

            return Counter(await asyncio.gather(*(one() for _ in range(number))))

    def _resource(self, found: Obj) -> Resource:
        group, _, version = found["apiVersion"].rpartition("/")
        return traffic_split(version) if group == SPLIT.group else _KINDS[found["kind"]]


def image_of(pod_spec: Obj) -> str:
    """The image of the first container."""
    return str(pod_spec["containers"][0]["image"])


def tag(image: str) -> str:
    """What tells one version's image from another's: `v2` of `…/reviews-v2:1.20.3`, `1.5.0` of `…/checkout:1.5.0`."""
    name, _, version = image.rpartition("/")[2].partition(":")
    return name.rpartition("-")[2] if "-v" in name else version


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Cluster]:
    """A sandbox with our definitions and a controller; everything ends with the context."""
    async with (
        Sandbox(folder / "kubeconfig", pace=QUICK, seed=SEED) as sandbox,
        await connect(str(sandbox.kubeconfig), manager="story") as client,
    ):
        made = Cluster(sandbox=sandbox, client=client)
        await made.apply((*definitions(), trafficsplit_crd()))
        flags = {
            "kubeconfig": str(sandbox.kubeconfig),
            "state_dir": folder / "state",
            "prometheus": sandbox.prometheus_url,
            "http": "127.0.0.1:0",
            "hook_proxy": sandbox.mesh_url,
            "hook_loopback": True,
        }
        async with controller(load_settings({}, flags)):
            yield made
