"""ReplicaSets: as many pods of one template as are wanted, and the count of those that are ready and available."""

from collections.abc import Iterable, Sequence

from canary.sandbox.objects import Object, is_deleting, labels_of, metadata, name_of, namespace_of
from canary.sandbox.resources import PODS, REPLICA_SETS, Resource
from canary.sandbox.store import Store
from canary.sandbox.watches import Event
from canary.sandbox.workloads.controllers import Key
from canary.sandbox.workloads.notes import Notes
from canary.sandbox.workloads.owners import claimed, controller_of
from canary.sandbox.workloads.readiness import is_active, is_ready, seconds_to_available
from canary.sandbox.workloads.rolling import replicas_of
from canary.sandbox.workloads.templates import pod_from


class ReplicaSets:
    resource = REPLICA_SETS

    def __init__(self, store: Store) -> None:
        self._store = store
        self._notes = Notes(store, "replicaset-controller")

    def concerned(self, resource: Resource, event: Event) -> Iterable[Key]:
        if resource == REPLICA_SETS:
            yield namespace_of(event.object), name_of(event.object)
        elif resource == PODS:
            owner = controller_of(event.object)
            if owner and owner["kind"] == "ReplicaSet":
                yield namespace_of(event.object), owner["name"]

    def reconcile(self, namespace: str, name: str) -> float | None:
        replica_set = self._store.get(REPLICA_SETS, namespace, name)
        if replica_set is None:
            return None
        pods = [each for each in claimed(self._store, PODS, replica_set) if is_active(each)]
        if not is_deleting(replica_set):
            pods = self._manage(replica_set, pods)
        return self._report(replica_set, pods)

    def _manage(self, owner: Object, pods: Sequence[Object]) -> list[Object]:
        missing = replicas_of(owner) - len(pods)
        kept = list(pods)
        for _ in range(missing):
            made = self._store.create(PODS, pod_from(owner["spec"]["template"], owner, name_of(owner)))
            self._notes.say(owner, "SuccessfulCreate", f"Created pod: {name_of(made)}")
            kept.append(made)
        for each in _expendable(pods)[: max(0, -missing)]:
            self._notes.say(owner, "SuccessfulDelete", f"Deleted pod: {name_of(each)}")
            self._store.delete(PODS, namespace_of(each), name_of(each))
            kept.remove(each)
        return kept

    def _report(self, owner: Object, pods: Sequence[Object]) -> float | None:
        minimum, now = owner["spec"].get("minReadySeconds") or 0, self._store.now()
        waits = [wait for each in pods if (wait := seconds_to_available(each, minimum, now)) is not None]
        labels = (owner["spec"]["template"].get("metadata") or {}).get("labels") or {}
        counts = {
            "replicas": len(pods),
            "fullyLabeledReplicas": sum(labels.items() <= labels_of(each).items() for each in pods),
            "readyReplicas": len(waits),
            "availableReplicas": waits.count(0.0),
        }
        status = {name: count for name, count in counts.items() if count or name == "replicas"}
        status["observedGeneration"] = metadata(owner)["generation"]
        self._store.mutate(
            REPLICA_SETS, namespace_of(owner), name_of(owner), lambda each: each.update(status=status), status=True
        )
        return min((each for each in waits if each), default=None)


def _expendable(pods: Sequence[Object]) -> list[Object]:
    """Those that are missed least first: without a node, pending, not ready, and then the youngest."""
    phases = {"Pending": 0, "Unknown": 1, "Running": 2}

    def worth(pod: Object) -> tuple[bool, int, bool]:
        return bool(pod["spec"].get("nodeName")), phases.get((pod.get("status") or {}).get("phase", "Pending"), 0), is_ready(pod)

    youngest_first = sorted(pods, key=lambda each: metadata(each)["creationTimestamp"], reverse=True)
    return sorted(youngest_first, key=worth)
