"""A small real data plane: a mesh that follows TrafficSplits by a watch, real HTTP servers behind it, requests, and counters.

The mesh chooses as Linkerd's proxy does: backends without weight do not exist, without any the apex answers itself, and a leaf
without ready endpoints is passed over. Each version (an image) is one HTTP server that all pods of that version share: a pod that
Kubernetes has just taken away goes on answering for as long as it stands in an EndpointSlice, as one that ends gracefully does.
"""

import asyncio
import json
import threading
import traceback
from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from time import perf_counter
from typing import Any, Self, TypeVar

from canary.sandbox.http1 import Request, Response, text
from canary.sandbox.mesh.destinations import destination_of
from canary.sandbox.mesh.splits import choose, leaves_of
from canary.sandbox.metrics.counters import AppCounts, MeshCounts, Series, exposition, labels_with
from canary.sandbox.servers import Address, Client, Server
from canary.sandbox.traffic import Load
from tests.e2e.picture import Obj, Picture
from tests.lab.controlplane import ControlPlane

T = TypeVar("T")
START = 20.0


@dataclass(slots=True, kw_only=True)
class Version:
    """How one image behaves; a test may change it while it serves.

    `errors` is a share from 0 to 1, `owed` what has come together of the next failure: at 1 it happens.
    """

    image: str
    errors: float = 0.0
    delay: timedelta = timedelta(0)
    served: int = 0
    owed: float = 0.0

    def answer(self, path: str) -> Response:
        """Exactly every so-manieth request to / fails; other paths are what tests call, and always work."""
        self.served += 1
        if path == "/":
            self.owed += self.errors
        status = 200
        if self.owed >= 1:
            status, self.owed = 500, self.owed - 1
        return Response(status=status, body=json.dumps({"version": self.image.partition(":")[2], "path": path}).encode())


@dataclass(slots=True, kw_only=True)
class Receiver:
    """Takes the calls of tests and hooks at `/<namespace>/<name>`; `answers` are status codes by name, 200 for others."""

    picture: Picture
    answers: dict[str, int] = field(default_factory=dict)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def answer(self, request: Request) -> Response:
        """Count it."""
        _, namespace, name = request.target.split("/")
        self.calls[namespace, name] += 1
        self.picture.notify()
        return text(self.answers.get(name, 200), name)


class Plane:
    """`with Plane(cluster) as plane:` runs it in a thread of its own. Its methods may be called from any other."""

    def __init__(self, cluster: ControlPlane) -> None:
        self.picture = Picture()
        self.receiver = Receiver(picture=self.picture)
        self._cluster = cluster
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="data plane", daemon=True)
        self._versions: dict[tuple[str, str], Version] = {}
        self._addresses: dict[tuple[str, str], Address] = {}
        self._servers: list[Server] = []
        self._client = Client()
        self._rng = Random(1)
        self._mesh_counts = MeshCounts(lambda namespace, pod: self.picture.get("Pod", namespace, pod) is not None)
        self._pod_counts: dict[tuple[str, str], AppCounts] = {}
        self._watching: asyncio.Task[None] | None = None
        self.mesh = self.calls = self.metrics = ""
        self.padding = 0  # so many series that mean nothing

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._start())
        assert self.picture.until(self.picture.complete, bool)
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the plane's own loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START)

    def version(self, namespace: str, image: str) -> Version:
        """How an image behaves in a namespace."""
        return self._versions.setdefault((namespace, image), Version(image=image))

    def load(self, namespace: str, apex: str, rps: float) -> Load:
        """Clients that ask for an apex from now on; end them with `end`."""
        load = Load(self.mesh, apex, namespace, rps, rng=Random(1))
        self.run(load.start())
        return load

    def end(self, load: Load) -> None:
        """No more requests."""
        self.run(load.stop())

    # -- in its own thread ------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        self._watching = asyncio.create_task(self.picture.watch(self._cluster))
        self._watching.add_done_callback(_report)
        self.mesh = await self._serve(Server(self._forward))
        self.calls = await self._serve(Server(self.receiver.answer))
        self.metrics = await self._serve(Server(self._exposed))

    async def _stop(self) -> None:
        assert self._watching is not None
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        self._client.close()
        await asyncio.gather(*(server.stop(0.1) for server in self._servers))

    async def _serve(self, server: Server) -> str:
        self._servers.append(server)
        host, port = await server.start()
        return f"http://{host}:{port}"

    async def _exposed(self, _: Request) -> Response:
        pods = (each for key, counts in self._pod_counts.items() if self.picture.get("Pod", *key) for each in counts.series())
        return Response(
            status=200,
            body=exposition([*self._mesh_counts.series(), *pods, *_padding(self.padding)]),
            headers={"content-type": "text/plain; version=0.0.4"},
        )

    async def _forward(self, request: Request) -> Response:
        destination = destination_of(request)
        if destination is None:
            return text(404, "Name a service.")
        started = perf_counter()
        namespace = destination.namespace
        leaf, pod = self._pick(namespace, destination.service)
        if pod is None:
            response = text(503, f"Nobody answers for {leaf}.")
        else:
            onward = Request(method=request.method, target=destination.path, headers={"host": leaf}, body=request.body)
            response = await self._client.send(await self._address(namespace, self.picture.image(namespace, pod)), onward)
        seconds = perf_counter() - started
        self._mesh_counts.observe(namespace, leaf, pod or "", response.status, seconds)
        if pod:
            counts = self._pod_counts.setdefault((namespace, pod), AppCounts(namespace, pod))
            counts.observe(response.status, seconds)
        return response

    async def _address(self, namespace: str, image: str) -> Address:
        if (namespace, image) not in self._addresses:
            version = self.version(namespace, image)

            async def handle(request: Request) -> Response:
                await asyncio.sleep(version.delay.total_seconds())
                return version.answer(request.target)

            server = Server(handle)
            self._servers.append(server)
            self._addresses[namespace, image] = await server.start()
        return self._addresses[namespace, image]

    def _pick(self, namespace: str, service: str) -> tuple[str, str | None]:
        """A leaf and one of its pods; no pod when nobody can answer."""
        split = next((each for each in self.picture.all("TrafficSplit", namespace) if each["spec"]["service"] == service), None)
        leaves = leaves_of(split) if split else ()
        if not leaves:
            return service, self._pod(namespace, service)
        able = [leaf for leaf in leaves if self._ready(namespace, leaf.service)]
        chosen = choose(able, self._rng)
        return (chosen.service, self._pod(namespace, chosen.service)) if chosen else (leaves[0].service, None)

    def _pod(self, namespace: str, service: str) -> str | None:
        ready = self._ready(namespace, service)
        return self._rng.choice(ready) if ready else None

    def _ready(self, namespace: str, service: str) -> list[str]:
        return ready_pods(self.picture.all("EndpointSlice", namespace), service)


def _padding(count: int) -> Iterator[Series]:
    return ((labels_with("padding_total", number=str(number)), 1.0) for number in range(count))


def _report(watching: asyncio.Task[None]) -> None:
    if not watching.cancelled() and (error := watching.exception()) is not None:
        traceback.print_exception(error)


def ready_pods(slices: list[Obj], service: str) -> list[str]:
    """The pods that stand ready behind a Service."""
    mine = [each for each in slices if each["metadata"].get("labels", {}).get("kubernetes.io/service-name") == service]
    return sorted(
        endpoint["targetRef"]["name"]
        for found in mine
        for endpoint in found.get("endpoints") or ()
        if endpoint["conditions"].get("ready") and "targetRef" in endpoint
    )
