"""Events: what the sandbox's controllers say about an object, folded together when it is the same again."""

from collections import deque

from canary.sandbox.objects import Object, name_of, namespace_of, uid_of
from canary.sandbox.resources import EVENTS
from canary.sandbox.store import Store

# Kubernetes forgets events after an hour; here the oldest go when there are too many, which needs no clock.
KEPT = 2_000


class Notes:
    """Writes Events in the name of one component."""

    def __init__(self, store: Store, component: str) -> None:
        self._store = store
        self._component = component
        self._known: dict[tuple[str, str, str], tuple[str, str]] = {}
        self._order: deque[tuple[str, str, str]] = deque()

    def say(self, about: Object, reason: str, message: str, *, warning: bool = False) -> None:
        """Record an event, or count it once more when it was said before."""
        key = (uid_of(about), reason, message)
        at = self._known.get(key)
        if at is not None and self._store.get(EVENTS, *at) is not None:
            self._store.mutate(EVENTS, *at, self._count)
            return
        made = self._store.create(EVENTS, self._event(about, reason, message, warning=warning))
        self._known[key] = (namespace_of(made), name_of(made))
        self._order.append(key)
        if len(self._order) > KEPT:
            self._forget(self._order.popleft())

    def _count(self, event: Object) -> None:
        event["count"] = event.get("count", 1) + 1
        event["lastTimestamp"] = self._store.now()

    def _event(self, about: Object, reason: str, message: str, *, warning: bool) -> Object:
        now = self._store.now()
        involved = {
            "apiVersion": about["apiVersion"],
            "kind": about["kind"],
            "name": name_of(about),
            "namespace": namespace_of(about),
            "uid": uid_of(about),
            "resourceVersion": about["metadata"]["resourceVersion"],
        }
        return {
            "metadata": {"generateName": f"{name_of(about)}.", "namespace": namespace_of(about) or "default"},
            "involvedObject": involved,
            "type": "Warning" if warning else "Normal",
            "reason": reason,
            "message": message,
            "count": 1,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "source": {"component": self._component},
            "reportingComponent": self._component,
            "reportingInstance": "",
        }

    def _forget(self, key: tuple[str, str, str]) -> None:
        at = self._known.pop(key, None)
        if at is not None and self._store.get(EVENTS, *at) is not None:
            self._store.delete(EVENTS, *at)
