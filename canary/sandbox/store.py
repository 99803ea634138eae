"""The sandbox's objects: one resourceVersion for all, optimistic writes, generations, finalizers, garbage collection, watches.

Objects handed out are the stored snapshots themselves: treat them as immutable, and change them through `mutate` or by
replacing a copy (`objects.copied`). Every write makes a new snapshot, so a reader's view never moves under it. One event
loop, no locks; nothing here awaits.
"""

import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from canary.sandbox.errors import AlreadyExists, BadRequest, Conflict, NotFound
from canary.sandbox.objects import (
    Object,
    copied,
    finalizers_of,
    is_deleting,
    labels_of,
    metadata,
    name_of,
    namespace_of,
    owners_of,
    uid_of,
    without_finalizer,
    without_owner,
)
from canary.sandbox.resources import DEPLOYMENTS, NAMESPACES, Resource
from canary.sandbox.watches import Change, Event, Ring, Watch

# A fresh server has a past: a client that comes with a version from before it is told so (410), as by a real one.
FIRST_VERSION = 1000
FOREGROUND = "foregroundDeletion"
_KEPT = ("name", "namespace", "uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"

Listener = Callable[[Resource, Event], None]


@dataclass(slots=True)
class _Shelf:
    resource: Resource
    ring: Ring
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)


class Store:
    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC), ring: int = 10_000) -> None:
        self._clock = clock
        self._ring = ring
        self._version = FIRST_VERSION
        self._shelves: dict[str, _Shelf] = {}
        self._by_uid: dict[str, tuple[_Shelf, tuple[str, str]]] = {}
        self._owned: dict[str, set[str]] = {}
        self._listeners: list[Listener] = []

    @property
    def version(self) -> int:
        """The resourceVersion of the newest write of all."""
        return self._version

    def listen(self, listener: Listener) -> None:
        """Call this synchronously with every change, before the write returns."""
        self._listeners.append(listener)

    def get(self, resource: Resource, namespace: str | None, name: str) -> Object | None:
        return self._shelf(resource).objects.get((_place(resource, namespace), name))

    def list(self, resource: Resource, namespace: str | None = None, labels: Mapping[str, str] | None = None) -> list[Object]:
        """Give the objects in the order of their names; None means of all namespaces. `labels` must all be equal."""
        wanted = (labels or {}).items()
        shelf = self._shelf(resource).objects
        return [
            shelf[key]
            for key in sorted(shelf)
            if (not namespace or key[0] == namespace) and wanted <= labels_of(shelf[key]).items()
        ]

    def watch(self, resource: Resource, *, since: int | None = None) -> Watch:
        """Subscribe to changes after `since`, of all namespaces; subscribed as soon as this returns. Raises Expired."""
        return self._shelf(resource).ring.watch(since)

    def create(self, resource: Resource, obj: Object) -> Object:
        """Store a new object. Raises AlreadyExists, and BadRequest without a name."""
        return self.insert(resource, self.prepared(resource, obj))

    def insert(self, resource: Resource, made: Object, *, dry_run: bool = False) -> Object:
        """Store what `prepared` gave. Raises AlreadyExists, also in a dry run."""
        shelf, key = self._shelf(resource), self._key(resource, made)
        if key in shelf.objects:
            raise AlreadyExists.of(resource, key[1])
        if not dry_run:
            self._put(shelf, made, None)
            self._collect_orphan(shelf, made)
        return made

    def prepared(self, resource: Resource, obj: Object) -> Object:
        """Give the object that `create` would store, with all its metadata but a resourceVersion."""
        made: Object = copied(obj)
        made.setdefault("apiVersion", resource.api_version)
        made.setdefault("kind", resource.kind)
        meta = made.setdefault("metadata", {})
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = meta["generateName"] + "".join(random.choices(_SUFFIX, k=5))
        if not meta.get("name"):
            raise BadRequest("name or generateName is required")
        if resource.namespaced:
            meta.setdefault("namespace", "default")
        meta |= {"uid": str(uuid.uuid4()), "creationTimestamp": self.now()}
        if resource.generational:
            meta["generation"] = 1
        return made

    def replace(self, resource: Resource, obj: Object, *, status: bool = False) -> Object:
        """Write the whole object, or only its status. A resourceVersion in it makes it optimistic: raises Conflict."""
        current = self.replaceable(resource, obj)
        return self._write(resource, current, self.merged(resource, current, obj, status=status))

    def replaceable(self, resource: Resource, obj: Object) -> Object:
        """Give the stored object that `obj` may take the place of. Raises NotFound, and Conflict for a stale version or uid."""
        current = self._require(resource, namespace_of(obj), name_of(obj))
        given, stored = metadata(obj), metadata(current)
        if given.get("resourceVersion") not in {None, "", stored["resourceVersion"]}:
            raise Conflict.of(resource, name_of(obj))
        if given.get("uid") not in {None, "", stored["uid"]}:
            why = f"Precondition failed: UID in precondition: {given['uid']}, UID in object meta: {stored['uid']}"
            raise Conflict.of(resource, name_of(obj), why)
        return current

    def mutate(
        self, resource: Resource, namespace: str | None, name: str, change: Callable[[Object], None], *, status: bool = False
    ) -> Object:
        """Read, let `change` edit a copy in place, write: without conflicts. Raises NotFound."""
        current = self._require(resource, namespace, name)
        draft = copied(current)
        change(draft)
        return self._write(resource, current, self.merged(resource, current, draft, status=status))

    def delete(self, resource: Resource, namespace: str | None, name: str, *, propagation: str = "Background") -> Object:
        """Delete, or mark as deleting while finalizers stand. Propagation: Background, Foreground or Orphan. Raises NotFound.

        Returns the object as it is now (still marked) or was last (gone).
        """
        current = self._require(resource, namespace, name)
        shelf = self._shelf(resource)
        uid = uid_of(current)
        if propagation == "Orphan":
            self._orphan(uid)
        if resource == NAMESPACES:
            return self._empty(shelf, current)
        held = [*finalizers_of(current)]
        if propagation == "Foreground" and self._owned.get(uid) and FOREGROUND not in held:
            held.append(FOREGROUND)
        if not held:
            return self._remove(shelf, current)
        marked = self._mark(shelf, current, held)
        if FOREGROUND in held:
            self._delete_dependents(uid, "Foreground")
        return self.get(resource, namespace, name) or marked

    def now(self) -> str:
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def merged(self, resource: Resource, current: Object, wanted: Object, *, status: bool) -> Object:
        """Combine what is stored with what is asked for, by the rules of the status subresource; system fields stay."""
        old, new = metadata(current), metadata(wanted)
        if status:
            meta = {**old, "managedFields": new["managedFields"]} if "managedFields" in new else old
            return {**current, "metadata": meta, **_part("status", wanted)}
        made: Object = copied(wanted)
        made["metadata"] = {**made.get("metadata", {}), **{name: old[name] for name in _KEPT if name in old}}
        made.setdefault("apiVersion", current.get("apiVersion"))
        made.setdefault("kind", current.get("kind"))
        if resource.status:
            made.pop("status", None)
            made |= _part("status", current)
        if resource.generational and _content(made, resource) != _content(current, resource):
            made["metadata"]["generation"] = old.get("generation", 0) + 1
        return made

    def _shelf(self, resource: Resource) -> _Shelf:
        if resource.key not in self._shelves:
            self._shelves[resource.key] = _Shelf(resource, Ring(self._ring, FIRST_VERSION))
        return self._shelves[resource.key]

    def _key(self, resource: Resource, obj: Object) -> tuple[str, str]:
        return _place(resource, namespace_of(obj)), name_of(obj)

    def _require(self, resource: Resource, namespace: str | None, name: str) -> Object:
        found = self.get(resource, namespace, name)
        if found is None:
            raise NotFound.of(resource, name)
        return found

    def _write(self, resource: Resource, current: Object, made: Object) -> Object:
        """Store a change, unless nothing changed; finish a deletion whose last finalizer went."""
        made = {**made, "metadata": {**metadata(made), "resourceVersion": metadata(current)["resourceVersion"]}}
        if made == current:
            return current
        shelf = self._shelf(resource)
        if is_deleting(made) and not finalizers_of(made) and resource != NAMESPACES:
            return self._remove(shelf, made)
        return self._put(shelf, made, current)

    def _put(self, shelf: _Shelf, made: Object, current: Object | None) -> Object:
        self._version += 1
        made["metadata"]["resourceVersion"] = str(self._version)
        key = self._key(shelf.resource, made)
        shelf.objects[key] = made
        self._index(shelf, key, made, current)
        self._tell(
            shelf,
            Event(
                type=Change.MODIFIED if current else Change.ADDED, object=made, resource_version=self._version, previous=current
            ),
        )
        return made

    def _remove(self, shelf: _Shelf, current: Object) -> Object:
        self._version += 1
        gone = {**current, "metadata": {**metadata(current), "resourceVersion": str(self._version)}}
        stored = shelf.objects.pop(self._key(shelf.resource, current))
        self._forget(stored)
        self._tell(shelf, Event(type=Change.DELETED, object=gone, resource_version=self._version, previous=stored))
        self._delete_dependents(uid_of(current), "Background")
        for owner in owners_of(current):
            self._finish_foreground(owner)
        self._finish_namespace(namespace_of(current))
        return gone

    def _tell(self, shelf: _Shelf, event: Event) -> None:
        shelf.ring.add(event)
        for listener in self._listeners:
            listener(shelf.resource, event)

    def _index(self, shelf: _Shelf, key: tuple[str, str], made: Object, current: Object | None) -> None:
        uid = uid_of(made)
        self._by_uid[uid] = (shelf, key)
        for owner in owners_of(current or {}):
            self._owned.get(owner, set()).discard(uid)
        for owner in owners_of(made):
            self._owned.setdefault(owner, set()).add(uid)

    def _forget(self, obj: Object) -> None:
        self._by_uid.pop(uid_of(obj), None)
        for owner in owners_of(obj):
            self._owned.get(owner, set()).discard(uid_of(obj))

    def _mark(self, shelf: _Shelf, current: Object, finalizers: Sequence[str]) -> Object:
        if is_deleting(current) and list(finalizers) == finalizers_of(current):
            return current
        meta = {"deletionTimestamp": self.now(), "deletionGracePeriodSeconds": 0, **metadata(current)}
        if finalizers:
            meta["finalizers"] = list(finalizers)
        if "generation" in meta and not is_deleting(current):
            meta["generation"] += 1
        return self._put(shelf, {**current, "metadata": meta}, current)

    def _dependents(self, uid: str) -> Iterator[tuple[_Shelf, Object]]:
        """What names this owner, each as it is when its turn comes: dealing with one may remove another."""
        for each in sorted(self._owned.get(uid, ())):
            if each in self._by_uid:
                shelf, key = self._by_uid[each]
                yield shelf, shelf.objects[key]

    def _delete_dependents(self, uid: str, propagation: str) -> None:
        """Garbage collection: what another living owner still holds only loses the reference."""
        for shelf, obj in self._dependents(uid):
            if any(owner != uid and owner in self._by_uid for owner in owners_of(obj)):
                self._write(shelf.resource, obj, without_owner(obj, uid))
            else:
                self.delete(shelf.resource, namespace_of(obj), name_of(obj), propagation=propagation)

    def _orphan(self, uid: str) -> None:
        for shelf, obj in self._dependents(uid):
            self._write(shelf.resource, obj, without_owner(obj, uid))

    def _collect_orphan(self, shelf: _Shelf, made: Object) -> None:
        """An object born to owners that are all gone follows them, as the garbage collector has it."""
        owners = owners_of(made)
        if owners and not any(owner in self._by_uid for owner in owners):
            self.delete(shelf.resource, namespace_of(made), name_of(made))

    def _finish_foreground(self, uid: str) -> None:
        if uid in self._by_uid and not self._owned.get(uid):
            shelf, key = self._by_uid[uid]
            owner = shelf.objects[key]
            if is_deleting(owner) and FOREGROUND in finalizers_of(owner):
                self._write(shelf.resource, owner, without_finalizer(owner, FOREGROUND))

    def _empty(self, shelf: _Shelf, namespace: Object) -> Object:
        """Delete a namespace: first all that is in it; it stays, terminating, while a finalizer holds something there."""
        name = name_of(namespace)
        if not is_deleting(namespace):
            namespace = self._mark(shelf, {**namespace, "status": {"phase": "Terminating"}}, finalizers_of(namespace))
        for each in list(self._shelves.values()):
            for obj in [obj for (place, _), obj in each.objects.items() if place == name]:
                if self.get(each.resource, name, name_of(obj)):
                    self.delete(each.resource, name, name_of(obj))
        self._finish_namespace(name)
        return namespace

    def _finish_namespace(self, name: str) -> None:
        found = self.get(NAMESPACES, None, name) if name else None
        if (
            found
            and is_deleting(found)
            and not any(place == name for each in self._shelves.values() for place, _ in each.objects)
        ):
            self._remove(self._shelf(NAMESPACES), found)


def _place(resource: Resource, namespace: str | None) -> str:
    return (namespace or "default") if resource.namespaced else ""


def _part(name: str, obj: Object) -> Object:
    return {name: copied(obj[name])} if name in obj else {}


def _content(obj: Object, resource: Resource) -> Object:
    """What the generation counts: everything but metadata, and but status where that is a subresource.

    A Deployment's annotations count too, an old habit of Kubernetes.
    """
    skipped = {"metadata", "apiVersion", "kind", *(["status"] if resource.status else [])}
    counted = {name: value for name, value in obj.items() if name not in skipped}
    return {**counted, "annotations": metadata(obj).get("annotations") or {}} if resource == DEPLOYMENTS else counted
