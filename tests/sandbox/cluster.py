"""The sandbox without its API server, for tests: a store, its controllers, pods that start at once, and a mesh."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any, Self

import httpx

from canary.sandbox.mesh.proxy import Mesh
from canary.sandbox.mesh.splits import TRAFFIC_SPLITS
from canary.sandbox.objects import Object
from canary.sandbox.pods.kubelet import Pods
from canary.sandbox.pods.life import Pace
from canary.sandbox.resources import DEPLOYMENTS, PODS, REPLICA_SETS, SERVICES
from canary.sandbox.store import Store
from canary.sandbox.workloads.manager import workload_controllers
from canary.sandbox.workloads.readiness import is_ready

NAMESPACE = "bookinfo"
PACE = Pace(start=timedelta(milliseconds=5), first_backoff=timedelta(milliseconds=10), longest_backoff=timedelta(milliseconds=40))


def a_template(app: str = "reviews", image: str = "reviews:v1", labels: dict | None = None, **env: str) -> Object:
    container = {"name": app, "image": image, "ports": [{"name": "http", "containerPort": 9080}]}
    if env:
        container["env"] = [{"name": name, "value": value} for name, value in env.items()]
    return {"metadata": {"labels": {"app": app, **(labels or {})}}, "spec": {"containers": [container]}}


def a_deployment(name: str = "reviews", replicas: int = 2, template: Object | None = None, **spec: Any) -> Object:
    template = template or a_template()
    selector = {"matchLabels": template["metadata"]["labels"]}
    return {
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"replicas": replicas, "selector": selector, "template": template, **spec},
    }


def a_service(name: str = "reviews", selector: dict | None = None, **more: Any) -> Object:
    port = {"name": "http", "port": 9080, "targetPort": "http"}
    spec = {"selector": {"app": "reviews"} if selector is None else selector, "ports": [port], **more}
    return {"metadata": {"name": name, "namespace": NAMESPACE, "labels": {"team": "books"}}, "spec": spec}


def a_split(apex: str = "reviews", name: str = "reviews", **weights: Any) -> Object:
    backends = [{"service": f"{apex}-{leaf}", "weight": weight} for leaf, weight in weights.items()]
    return {"metadata": {"name": name, "namespace": NAMESPACE}, "spec": {"service": apex, "backends": backends}}


class Cluster:
    def __init__(self) -> None:
        self.store = Store()
        self.pods = Pods(self.store, PACE, Random(1))
        self.mesh = Mesh(self.store, self.pods.address, Random(2))
        self.mesh_url = ""
        self.http = httpx.AsyncClient(trust_env=False, timeout=10)
        self._controllers = workload_controllers(self.store)
        self._changed = asyncio.Event()
        self.store.listen(lambda *_: self._changed.set())

    async def __aenter__(self) -> Self:
        await self.pods.start()
        await self._controllers.start()
        self.mesh_url = await self.mesh.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
        await self._controllers.stop()
        await self.mesh.stop()
        await self.pods.stop()

    async def until(self, holds: Callable[[], Any]) -> Any:
        """Wait, change by change, for something to be true of the store; fail after a time no healthy run needs."""
        async with asyncio.timeout(20):
            while not (found := holds()):
                self._changed.clear()
                await self._changed.wait()
        return found

    async def deployed(self, deployment: Object) -> Object:
        """Create, or change to this, and wait until it has rolled out."""
        name = deployment["metadata"]["name"]
        if self.store.get(DEPLOYMENTS, NAMESPACE, name) is None:
            self.store.create(DEPLOYMENTS, deployment)
        else:
            self.store.mutate(DEPLOYMENTS, NAMESPACE, name, lambda each: each.update(spec=deployment["spec"]))
        return await self.until(lambda: self.rolled_out(name))

    def rolled_out(self, name: str = "reviews") -> Object | None:
        """The deployment, when `kubectl rollout status` would call it done."""
        found = self.deployment(name)
        status, wanted = found.get("status", {}), found["spec"]["replicas"]
        counts = [status.get(each, 0) for each in ("replicas", "updatedReplicas", "availableReplicas")]
        current = status.get("observedGeneration") == found["metadata"]["generation"]
        return found if current and counts == [wanted] * 3 else None

    def deployment(self, name: str = "reviews") -> Object:
        return self.store.get(DEPLOYMENTS, NAMESPACE, name)

    def change(self, name: str = "reviews", **spec: Any) -> Object:
        return self.store.mutate(DEPLOYMENTS, NAMESPACE, name, lambda each: each["spec"].update(spec))

    def sets(self) -> list[Object]:
        return self.store.list(REPLICA_SETS, NAMESPACE)

    def sizes(self) -> dict[str, int]:
        """The wanted pods of each ReplicaSet, by image."""
        return {each["spec"]["template"]["spec"]["containers"][0]["image"]: each["spec"]["replicas"] for each in self.sets()}

    def pods_of(self, **labels: str) -> list[Object]:
        return self.store.list(PODS, NAMESPACE, labels)

    def ready(self, **labels: str) -> list[Object]:
        return [each for each in self.pods_of(**labels) if is_ready(each)]

    def serve(self, *services: Object) -> None:
        for each in services:
            self.store.create(SERVICES, each)

    def split(self, **weights: Any) -> None:
        """Write the split of `reviews`, whether it is there or not."""
        split = a_split(**weights)
        if self.store.get(TRAFFIC_SPLITS, NAMESPACE, "reviews") is None:
            self.store.create(TRAFFIC_SPLITS, split)
        else:
            self.store.mutate(TRAFFIC_SPLITS, NAMESPACE, "reviews", lambda each: each.update(spec=split["spec"]))

    async def ask(self, host: str = "reviews.bookinfo", path: str = "/", **more: Any) -> httpx.Response:
        return await self.http.get(f"{self.mesh_url}{path}", headers={"host": host}, **more)

    async def direct(self, pod: Object, path: str = "/", **more: Any) -> httpx.Response:
        address = self.pods.address(NAMESPACE, pod["metadata"]["name"])
        return await self.http.get("http://{}:{}{}".format(*address, path), **more)
