"""One Canary with its Deployment and Service, and the words in which benchmarks speak of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from canary.k8s.names import COMMAND_ANNOTATION
from canary.k8s.port import Obj
from canary.k8s.resources import CANARY, DEPLOYMENT, SERVICE, Resource, traffic_split
from tests.bench import rig as rigs
from tests.bench.rig import NAMESPACE, Rig
from tests.bench.watching import Watched, watching
from tests.lab.workloads import a_deployment

NAME = rigs.SERVICE
SPLIT = traffic_split("v1alpha2")
ONE_STEP = ({"weight": 50, "hold": "1h"},)
UNJUDGED: Mapping[str, Any] = {"metrics": []}
WATCHFUL: Mapping[str, Any] = {"interval": "1s", "warmup": "0s"}
_REVISIONS = count(2)


@dataclass(slots=True, kw_only=True)
class Delivery:
    """A Canary at rest to begin with."""

    rig: Rig
    split: Watched
    canary: Watched
    _versions: "count[int]" = field(default_factory=lambda: _REVISIONS)

    async def new_version(self) -> None:
        """Change the image, as a person would."""
        template = {"spec": {"containers": [{"name": "app", "image": f"reviews:v{next(self._versions)}"}]}}
        await self._patch(DEPLOYMENT, {"spec": {"template": template}})

    async def command(self, verb: str) -> None:
        """`kubectl annotate canary/reviews canary.delivery/command=VERB`."""
        await self._patch(CANARY, {"metadata": {"annotations": {COMMAND_ANNOTATION: verb}}})

    async def until_weight(self, weight: int) -> None:
        """Wait until the split gives the canary this much."""
        await self.split.until(lambda split: share(split) == weight)

    async def until_phase(self, *phases: str) -> None:
        """Wait until the status says one of these, and no command waits for its answer."""
        await self.canary.until(lambda canary: _phase(canary) in phases and not _commanded(canary))

    async def _patch(self, resource: Resource, patch: Obj) -> None:
        await self.rig.api.merge_patch(resource, NAME, patch, namespace=NAMESPACE)


@asynccontextmanager
async def a_delivery(
    rig: Rig,
    *,
    steps: Sequence[Mapping[str, Any]] = ONE_STEP,
    analysis: Mapping[str, Any] = UNJUDGED,
    replicas: int = 1,
) -> AsyncIterator[Delivery]:
    """A resting Canary; it goes afterwards, and with it everything that it made."""
    async with AsyncExitStack() as stack:
        split = await stack.enter_async_context(watching(rig.api, SPLIT, NAMESPACE, NAME))
        canary = await stack.enter_async_context(watching(rig.api, CANARY, NAMESPACE, NAME))
        delivery = Delivery(rig=rig, split=split, canary=canary)
        await rig.api.create(DEPLOYMENT, _in_namespace(a_deployment(NAME, replicas=replicas)))
        await rig.api.create(SERVICE, _in_namespace(_service()))
        await rig.api.create(CANARY, _in_namespace(_canary(steps, analysis)))
        await canary.until(_holding)
        yield delivery
        await rig.api.delete(CANARY, NAME, namespace=NAMESPACE)
        await canary.until(lambda obj: obj is None)
        await rig.api.delete(DEPLOYMENT, NAME, namespace=NAMESPACE)
        await rig.api.delete(SERVICE, NAME, namespace=NAMESPACE)
        await _gone(rig)


def share(split: Obj | None) -> Decimal | None:
    """The canary's weight in a split, None when there is none."""
    backends = [] if split is None else split["spec"]["backends"]
    found = [backend["weight"] for backend in backends if backend["service"] == f"{NAME}-canary"]
    return Decimal(str(found[0])) if found else None


def _phase(canary: Obj | None) -> str | None:
    return None if canary is None else (canary.get("status") or {}).get("phase")


def _commanded(canary: Obj | None) -> bool:
    return canary is not None and COMMAND_ANNOTATION in (canary["metadata"].get("annotations") or {})


def _holding(canary: Obj | None) -> bool:
    """Does the status name the stable revision, which it does once the Deployment is held?"""
    status = (canary or {}).get("status") or {}
    return bool((status.get("stable") or {}).get("revision")) and status.get("phase") == "Idle"


async def _gone(rig: Rig) -> None:
    while (await rig.api.list(DEPLOYMENT, namespace=NAMESPACE)).items:
        await asyncio.sleep(0.05)


def _in_namespace(obj: Mapping[str, Any]) -> Obj:
    return {**obj, "metadata": {**obj["metadata"], "namespace": NAMESPACE}}


def _service() -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME},
        "spec": {"selector": {"app": NAME}, "ports": [{"name": "http", "port": 9080}]},
    }


def _canary(steps: Sequence[Mapping[str, Any]], analysis: Mapping[str, Any]) -> Obj:
    return {
        "apiVersion": CANARY.api_version,
        "kind": CANARY.kind,
        "metadata": {"name": NAME},
        "spec": {
            "target": {"deployment": NAME},
            "service": {"name": NAME, "port": 9080},
            "traffic": {"router": "smi", "drain": "0s"},
            "strategy": {"progressive": {"steps": list(steps)}},
            "analysis": dict(analysis),
        },
    }
