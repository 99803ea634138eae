"""Where a request may go: tables of splits and endpoints, kept current by the store's changes, and Linkerd's choice among them.

A split with weights sends to its leaves, by weight, leaving out those that have nobody to answer; when none has, nobody
answers. A split without any weight, and a service without a split, sends to the service's own endpoints.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import structlog

from canary.sandbox.mesh.splits import TRAFFIC_SPLITS, BadSplit, Leaf, apex_of, choose, leaves_of
from canary.sandbox.objects import Object, labels_of, name_of, namespace_of
from canary.sandbox.resources import ENDPOINT_SLICES, SERVICES, Resource
from canary.sandbox.servers import Address
from canary.sandbox.store import Store
from canary.sandbox.watches import Change, Event
from canary.sandbox.workloads.endpoints import SERVICE_NAME
from canary.sandbox.workloads.notes import Notes

log = structlog.get_logger(__name__)

Locate = Callable[[str, str], Address | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A pod that answers for a leaf."""

    namespace: str
    leaf: str
    pod: str
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Nowhere:
    """Nobody can answer; `leaf` is the service that should have."""

    leaf: str
    why: str


class Routes:
    """Answers at once with what the store says at this moment; `locate` tells where a pod listens."""

    def __init__(self, store: Store, locate: Locate, rng: Random) -> None:
        self._store, self._locate, self._rng = store, locate, rng
        self._notes = Notes(store, "sandbox-mesh")
        self._splits: dict[tuple[str, str], tuple[Leaf, ...]] = {}
        self._pods: dict[tuple[str, str], list[str]] = {}
        self.under_way: Counter[tuple[str, str]] = Counter()
        for split in sorted(store.list(TRAFFIC_SPLITS), key=lambda each: int(each["metadata"]["resourceVersion"])):
            self._learn(split)
        for each in store.list(ENDPOINT_SLICES):
            self._list_pods(namespace_of(each), labels_of(each).get(SERVICE_NAME, ""))
        store.listen(self._note)

    def pick(self, namespace: str, service: str, port: int | None) -> Target | Nowhere:
        """Choose leaf and pod for one request; `port` is the one that the client named, if any."""
        if self._store.get(SERVICES, namespace, service) is None:
            return Nowhere(leaf=service, why=f"there is no service {service} in namespace {namespace}")
        if not self._has_port(namespace, service, port):
            return Nowhere(leaf=service, why=f"service {service} in namespace {namespace} has no port {port}")
        split = self._splits.get((namespace, service), ())
        if not split:
            return self._endpoint(namespace, service)
        able = [each for each in split if self._has_port(namespace, each.service, port) and self._ready(namespace, each.service)]
        leaf = choose(able, self._rng)
        if leaf is None:
            names = ", ".join(each.service for each in split)
            return Nowhere(leaf=split[0].service, why=f"no leaf of {service} ({names}) has a ready endpoint")
        return self._endpoint(namespace, leaf.service)

    def _has_port(self, namespace: str, service: str, port: int | None) -> bool:
        found = self._store.get(SERVICES, namespace, service)
        if found is None:
            return False
        return port is None or any(each["port"] == port for each in found["spec"].get("ports") or [])

    def _ready(self, namespace: str, service: str) -> list[tuple[str, Address]]:
        pods = self._pods.get((namespace, service), ())
        return [(pod, address) for pod in pods if (address := self._locate(namespace, pod)) is not None]

    def _endpoint(self, namespace: str, service: str) -> Target | Nowhere:
        """Of two ready pods drawn at random, the less busy one."""
        ready = self._ready(namespace, service)
        if not ready:
            return Nowhere(leaf=service, why=f"service {service} in namespace {namespace} has no ready endpoint")
        drawn = self._rng.sample(ready, min(2, len(ready)))
        pod, address = min(drawn, key=lambda each: self.under_way[namespace, each[0]])
        return Target(namespace=namespace, leaf=service, pod=pod, address=address)

    def _note(self, resource: Resource, event: Event) -> None:
        if resource.key == TRAFFIC_SPLITS.key:
            if event.previous is not None:
                self._splits.pop((namespace_of(event.object), apex_of(event.previous)), None)
            if event.type is not Change.DELETED:
                self._learn(event.object, event.previous)
        elif resource.key == ENDPOINT_SLICES.key:
            for each in filter(None, (event.object, event.previous)):
                self._list_pods(namespace_of(each), labels_of(each).get(SERVICE_NAME, ""))

    def _learn(self, split: Object, previous: Object | None = None) -> None:
        """Put a split in force; one that can't be read leaves what was in force before, as with the real adaptor."""
        key = (namespace_of(split), apex_of(split))
        try:
            self._splits[key] = leaves_of(split)
        except BadSplit as error:
            self._complain(split, f"The split is not in force: {error}.")
            if previous is not None:
                self._learn(previous)
        if split["spec"].get("matches"):
            self._complain(split, "This mesh, as Linkerd, ignores matches: every request is split by weight.")

    def _complain(self, split: Object, message: str) -> None:
        log.warning("traffic split", namespace=namespace_of(split), name=name_of(split), problem=message)
        self._notes.say(split, "NotInForce", message, warning=True)

    def _list_pods(self, namespace: str, service: str) -> None:
        """Read anew which pods are ready for a service, from all its slices."""
        pods: dict[str, None] = {}
        for each in self._store.list(ENDPOINT_SLICES, namespace, {SERVICE_NAME: service}):
            for endpoint in each.get("endpoints") or []:
                if endpoint.get("conditions", {}).get("ready") and endpoint.get("targetRef", {}).get("kind") == "Pod":
                    pods[endpoint["targetRef"]["name"]] = None
        self._pods[namespace, service] = list(pods)
