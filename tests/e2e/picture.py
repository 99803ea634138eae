"""What is in the cluster, by watches of our own: each object as it is now, and all that happened, in the order in which it did.

Nothing here is the controller's: what it believes of the cluster must not decide whether a test believes it.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import httpx

from tests.lab.controlplane import ControlPlane

Obj = dict[str, Any]
T = TypeVar("T")

PATIENCE = timedelta(seconds=40)
WATCHED = {
    "Canary": "/apis/canary.delivery/v1alpha1/canaries",
    "TrafficSplit": "/apis/split.smi-spec.io/v1alpha2/trafficsplits",
    "Deployment": "/apis/apps/v1/deployments",
    "Service": "/api/v1/services",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/endpointslices",
    "Pod": "/api/v1/pods",
    "Job": "/apis/batch/v1/jobs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One change of one object. `revision` is etcd's, which counts the changes of all objects together."""

    revision: int
    kind: str
    name: str
    gone: bool
    obj: Obj


class Picture:
    """The cluster as this process sees it; filled by `watch`, asked from any thread."""

    def __init__(self) -> None:
        self._now: dict[tuple[str, str], dict[str, Obj]] = {}
        self._log: dict[str, list[Happened]] = {}
        self._changed = threading.Condition()
        self._following: set[str] = set()
        self._images: dict[tuple[str, str], str] = {}

    def get(self, kind: str, namespace: str, name: str) -> Obj | None:
        """The object as it is now; None when there is none."""
        return self._now.get((kind, namespace), {}).get(name)

    def all(self, kind: str, namespace: str) -> list[Obj]:
        """Every object of a kind, by name."""
        with self._changed:
            return [obj for _, obj in sorted(self._now.get((kind, namespace), {}).items())]

    def image(self, namespace: str, pod: str) -> str:
        """Which version a pod is, or was."""
        return self._images[namespace, pod]

    def history(self, namespace: str) -> list[Happened]:
        """All that happened so far, in etcd's order."""
        with self._changed:
            return sorted(self._log.get(namespace, ()), key=lambda each: each.revision)

    def until(self, look: Callable[[], T], wanted: Callable[[T], bool], *, within: timedelta = PATIENCE) -> T:
        """Look at each change until it is as wanted or time is up; what was seen last either way, for the test to compare."""
        seen: list[T] = []

        def arrived() -> bool:
            seen[:] = [look()]
            return wanted(seen[0])

        with self._changed:
            self._changed.wait_for(arrived, within.total_seconds())
        return seen[0]

    def notify(self) -> None:
        """Something that is no object has changed, too."""
        with self._changed:
            self._changed.notify_all()

    def complete(self) -> bool:
        """Is every kind being watched?"""
        return self._following == WATCHED.keys()

    async def watch(self, cluster: ControlPlane) -> None:
        """Follow everything until cancelled."""
        async with _api(cluster) as client, asyncio.TaskGroup() as group:
            for kind in WATCHED:
                group.create_task(self._follow(client, kind), name=f"watch {kind}")

    async def _follow(self, client: httpx.AsyncClient, kind: str) -> None:
        # Without a resourceVersion a watch begins with what there is. A kind that is new answers 404 now and then at first.
        while not await self._read(client, kind):
            await asyncio.sleep(0.05)

    async def _read(self, client: httpx.AsyncClient, kind: str) -> bool:
        """Read one watch to its end; False when it was refused."""
        async with client.stream("GET", WATCHED[kind], params={"watch": "true", "timeoutSeconds": "3600"}) as stream:
            if stream.status_code != httpx.codes.OK:
                return False
            self._following.add(kind)
            self.notify()
            async for line in stream.aiter_lines():
                event = json.loads(line)
                self._take(kind, event["object"], gone=event["type"] == "DELETED")
        return True

    def _take(self, kind: str, obj: Obj, *, gone: bool) -> None:
        metadata = obj["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        happened = Happened(revision=int(metadata["resourceVersion"]), kind=kind, name=name, gone=gone, obj=obj)
        if kind == "Pod":
            self._images[namespace, name] = obj["spec"]["containers"][0]["image"]
        with self._changed:
            known = self._now.setdefault((kind, namespace), {})
            if gone:
                known.pop(name, None)
            else:
                known[name] = obj
            self._log.setdefault(namespace, []).append(happened)
            self._changed.notify_all()


def _api(cluster: ControlPlane) -> httpx.AsyncClient:
    config = json.loads(cluster.kubeconfig.read_text())
    server = config["clusters"][0]["cluster"]
    return httpx.AsyncClient(
        base_url=server["server"],
        headers={"Authorization": f"Bearer {config['users'][0]['user']['token']}"},
        verify=ssl.create_default_context(cafile=server["certificate-authority"]),
        timeout=None,
        trust_env=False,
    )
