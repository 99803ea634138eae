"""The whole sandbox in one process: API server, workloads, pods, mesh, metrics, queries. Wires everything, nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Self, TypeVar

import yaml

from canary.sandbox.mesh.proxy import Mesh
from canary.sandbox.metrics.queries import QueryEndpoint
from canary.sandbox.metrics.scraper import Scraper
from canary.sandbox.metrics.tsdb import Database
from canary.sandbox.pods.kubelet import Pods
from canary.sandbox.pods.life import Pace
from canary.sandbox.resources import Resources
from canary.sandbox.store import Store
from canary.sandbox.traffic import Load
from canary.sandbox.workloads.manager import workload_controllers

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where to listen on loopback; 0 means any free port."""

    api: int = 0
    mesh: int = 0
    prometheus: int = 0


class Sandbox:
    """A cluster on loopback. `async with` it, or call `start` and `stop`; the URLs are there once it has started."""

    def __init__(
        self, kubeconfig: Path, *, ports: Ports | None = None, pace: Pace | None = None, seed: int | None = None
    ) -> None:
        self.kubeconfig = kubeconfig
        self.store = Store()
        self.resources = Resources()
        self.pods = Pods(self.store, pace, Random(seed))
        self.mesh = Mesh(self.store, self.pods.address, Random(seed))
        self.database = Database()
        self.scraper = Scraper(self.database, [self.mesh.counts.series, self.pods.series])
        self.api_url = self.mesh_url = self.prometheus_url = ""
        self._ports = ports or Ports()
        self._loads: list[Load] = []
        self._parts = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start all parts and write the kubeconfig. Raises OSError when a port is taken; nothing is left running then."""
        from canary.sandbox.apiserver.server import ApiServer  # its schemas take a while to load

        api, queries = ApiServer(self.store, self.resources), QueryEndpoint(self.database)
        controllers = workload_controllers(self.store)
        try:
            await self._run(self.pods.start, self.pods.stop)
            await self._run(controllers.start, controllers.stop)
            await self._run(self.scraper.start, self.scraper.stop)
            self.mesh_url = await self._run(lambda: self.mesh.start(self._ports.mesh), self.mesh.stop)
            self.prometheus_url = await self._run(lambda: queries.start(self._ports.prometheus), queries.stop)
            self.api_url = await self._run(lambda: api.start(self._ports.api), api.stop)
        except OSError:
            await self.stop()
            raise
        await asyncio.to_thread(write_kubeconfig, self.kubeconfig, self.api_url)

    async def stop(self) -> None:
        """Stop everything in the opposite order; requests under way are answered."""
        for each in self._loads:
            await each.stop()
        self._loads.clear()
        await self._parts.aclose()

    async def load(self, apex: str, namespace: str, rps: float, *, path: str = "/") -> Load:
        """Start sending requests for an apex; it ends with the sandbox at the latest."""
        made = Load(self.mesh_url, apex, namespace, rps, path=path)
        self._loads.append(made)
        await made.start()
        return made

    async def _run(self, start: Callable[[], Awaitable[T]], stop: Callable[[], Awaitable[None]]) -> T:
        self._parts.push_async_callback(stop)
        return await start()


def write_kubeconfig(path: Path, api_url: str) -> None:
    """Write the file that kubectl and the controller need: one context, plain HTTP, no credentials."""
    named = {"name": "sandbox"}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{**named, "cluster": {"server": api_url}}],
        "users": [{**named, "user": {}}],
        "contexts": [{**named, "context": {"cluster": "sandbox", "user": "sandbox", "namespace": "default"}}],
        "current-context": "sandbox",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
