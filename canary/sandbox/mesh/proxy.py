"""The mesh's one listener: takes a request for a service, picks leaf and pod, forwards, counts what came of it."""

import asyncio
from collections.abc import Mapping
from random import Random
from time import perf_counter

from canary.sandbox.http1 import ProtocolError, Request, Response, text
from canary.sandbox.mesh.destinations import Destination, destination_of
from canary.sandbox.mesh.routes import Locate, Nowhere, Routes, Target
from canary.sandbox.metrics.counters import MeshCounts, exposition
from canary.sandbox.pods.life import ADDRESS
from canary.sandbox.resources import PODS, Resource
from canary.sandbox.servers import Client, Server
from canary.sandbox.store import Store
from canary.sandbox.watches import Change, Event

# Answers tell who served them, for people with curl.
LEAF_HEADER, POD_HEADER = "x-mesh-leaf", "x-mesh-pod"
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
}
_USAGE = "Name a service: Host: reviews.bookinfo, /mesh/bookinfo/reviews/…, or use this address as http_proxy."


class Mesh:
    def __init__(self, store: Store, locate: Locate, rng: Random | None = None) -> None:
        self.counts = MeshCounts(lambda namespace, pod: locate(namespace, pod) is not None)
        self.routes = Routes(store, locate, rng or Random())
        self._client = Client()
        self._server = Server(self.answer)
        store.listen(self._note)

    async def start(self, port: int = 0) -> str:
        """Listen, and give the mesh's URL."""
        return "http://{}:{}".format(*await self._server.start(port))

    async def stop(self) -> None:
        await self._server.stop()
        self._client.close()

    async def answer(self, request: Request) -> Response:
        if request.method == "CONNECT":
            return text(405, "The mesh forwards plain HTTP only.")
        destination = destination_of(request)
        if destination is not None:
            return await self._forward(request, destination)
        if request.target == "/metrics":
            return text(200, exposition(self.counts.series()).decode().rstrip("\n"))
        return text(404, _USAGE)

    async def _forward(self, request: Request, destination: Destination) -> Response:
        started = perf_counter()
        target = self.routes.pick(destination.namespace, destination.service, destination.port)
        if isinstance(target, Nowhere):
            response, pod = text(503, f"{target.why}."), ""
        else:
            response, pod = await self._ask(request, destination, target), target.pod
        seconds = perf_counter() - started
        self.counts.observe(destination.namespace, target.leaf, pod, response.status, seconds)
        return response

    async def _ask(self, request: Request, destination: Destination, target: Target) -> Response:
        host = f"{destination.service}.{destination.namespace}"
        headers = {**_end_to_end(request.headers), "host": host}
        onward = Request(method=request.method, target=destination.path, headers=headers, body=request.body)
        busy = (target.namespace, target.pod)
        self.routes.under_way[busy] += 1
        try:
            response = await self._client.send(target.address, onward)
        except (OSError, ProtocolError, asyncio.IncompleteReadError) as error:
            return text(502, f"Pod {target.pod} of {target.leaf} gave no answer: {error}")
        finally:
            self.routes.under_way[busy] -= 1
            if not self.routes.under_way[busy]:
                del self.routes.under_way[busy]
        served = {**_end_to_end(response.headers), LEAF_HEADER: target.leaf, POD_HEADER: target.pod}
        return Response(status=response.status, body=response.body, headers=served)

    def _note(self, resource: Resource, event: Event) -> None:
        """Drop the connections to a pod that is gone."""
        if resource == PODS and event.type is Change.DELETED:
            host, _, port = ((event.object["metadata"].get("annotations") or {}).get(ADDRESS) or "").partition(":")
            if port:
                self._client.forget((host, int(port)))


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _HOP_BY_HOP}
