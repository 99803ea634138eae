"""EndpointSlices: for each Service, the pods that its selector matches, by the ports that its targetPorts mean there."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from canary.sandbox.objects import Object, is_deleting, labels_of, metadata, name_of, namespace_of
from canary.sandbox.resources import ENDPOINT_SLICES, PODS, SERVICES, Resource
from canary.sandbox.store import Store
from canary.sandbox.watches import Event
from canary.sandbox.workloads.controllers import Key
from canary.sandbox.workloads.owners import is_controlled_by, owner_reference, selects
from canary.sandbox.workloads.readiness import is_finished, is_ready

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"

Ports: TypeAlias = tuple[tuple[str, str, int], ...]


class Endpoints:
    """Keeps the slices of every Service that has a selector; its own name is that of the Service."""

    resource = SERVICES

    def __init__(self, store: Store) -> None:
        self._store = store

    def concerned(self, resource: Resource, event: Event) -> Iterable[Key]:
        if resource == SERVICES:
            yield namespace_of(event.object), name_of(event.object)
        elif resource == ENDPOINT_SLICES and event.type == "DELETED":
            name = labels_of(event.object).get(SERVICE_NAME)
            if name:
                yield namespace_of(event.object), name
        elif resource == PODS:
            shown = [each for each in (event.object, event.previous) if each is not None]
            for service in self._store.list(SERVICES, namespace_of(event.object)):
                if any(selects({"matchLabels": _selector(service)}, labels_of(each)) for each in shown):
                    yield namespace_of(service), name_of(service)

    def reconcile(self, namespace: str, name: str) -> float | None:
        service = self._store.get(SERVICES, namespace, name)
        if service is None or is_deleting(service) or not _selector(service):
            return None
        wanted = self._grouped(service)
        labels = {SERVICE_NAME: name}
        slices = [each for each in self._store.list(ENDPOINT_SLICES, namespace, labels) if is_controlled_by(each, service)]
        spare = [each for each in slices if _ports_of(each) not in wanted]
        for ports, endpoints in wanted.items():
            current = next((each for each in slices if _ports_of(each) == ports), None) or (spare.pop() if spare else None)
            self._write(service, current, ports, endpoints)
        for each in spare:
            self._store.delete(ENDPOINT_SLICES, namespace, name_of(each))
        return None

    def _grouped(self, service: Object) -> dict[Ports, list[Object]]:
        """Endpoints by the ports that they resolve to; a Service without pods has one slice, and it is empty."""
        pods = self._store.list(PODS, namespace_of(service), _selector(service))
        grouped: dict[Ports, list[Object]] = {}
        for pod in pods:
            if (pod.get("status") or {}).get("podIP") and not is_finished(pod):
                grouped.setdefault(_resolved(service, pod), []).append(_endpoint(service, pod))
        return grouped or {(): []}

    def _write(self, service: Object, current: Object | None, ports: Ports, endpoints: Sequence[Object]) -> None:
        labels = {**labels_of(service), SERVICE_NAME: name_of(service), MANAGED_BY: MANAGER}
        if (service["spec"].get("clusterIP") or "") == "None":
            labels["service.kubernetes.io/headless"] = ""
        content = {
            "addressType": "IPv4",
            "endpoints": list(endpoints),
            "ports": [{"name": name, "protocol": protocol, "port": port} for name, protocol, port in ports],
        }
        if current is None:
            meta = {
                "generateName": f"{name_of(service)}-",
                "namespace": namespace_of(service),
                "ownerReferences": [owner_reference(service)],
            }
            self._store.create(ENDPOINT_SLICES, {"metadata": {**meta, "labels": labels}, **content})
            return

        def change(each: Object) -> None:
            each["metadata"]["labels"] = labels
            each.update(content)

        self._store.mutate(ENDPOINT_SLICES, namespace_of(service), name_of(current), change)


def _selector(service: Object) -> dict[str, str]:
    return service["spec"].get("selector") or {}


def _ports_of(each: Object) -> Ports:
    return tuple((port.get("name", ""), port["protocol"], port["port"]) for port in each.get("ports") or [])


def _resolved(service: Object, pod: Object) -> Ports:
    """What the Service's ports are on this pod; a port name that no container has leaves its port out."""
    found = []
    for each in service["spec"].get("ports") or []:
        target = each.get("targetPort") or each["port"]
        number = target if isinstance(target, int) else _named(pod, target)
        if number is not None:
            found.append((each.get("name", ""), each.get("protocol", "TCP"), number))
    return tuple(found)


def _named(pod: Object, name: str) -> int | None:
    ports = [port for container in pod["spec"].get("containers") or [] for port in container.get("ports") or []]
    return next((port["containerPort"] for port in ports if port.get("name") == name), None)


def _endpoint(service: Object, pod: Object) -> Object:
    ready = is_ready(pod) or bool(service["spec"].get("publishNotReadyAddresses"))
    leaving = is_deleting(pod)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready and not leaving, "serving": ready, "terminating": leaving},
        "nodeName": pod["spec"].get("nodeName", ""),
        "targetRef": {
            "kind": "Pod",
            "namespace": namespace_of(pod),
            "name": name_of(pod),
            "uid": metadata(pod)["uid"],
        },
    }
