"""Objects as last seen, found in constant time by namespace and name or through named indices."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from canary.k8s.port import Obj

Key = tuple[str, str]
"""Namespace and name; the namespace of a cluster-scoped object is empty."""

Index = Callable[[Obj], Iterable[Hashable]]
"""The values under which an object is to be found; must not raise on any object that the API server accepts."""


class ChangeType(StrEnum):
    """What happened to an object, as far as the cache knows."""

    ADDED = "Added"
    MODIFIED = "Modified"
    DELETED = "Deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One object came, changed or went; `old` is None when it came, `new` when it went."""

    type: ChangeType
    key: Key
    old: Obj | None
    new: Obj | None


class Cache:
    """Objects by key. What it returns is shared: nobody changes it."""

    def __init__(self, indices: Mapping[str, Index] | None = None) -> None:
        self._indices = dict(indices or {})
        self._objects: dict[Key, Obj] = {}
        self._found: dict[str, dict[Hashable, dict[Key, None]]] = {name: {} for name in self._indices}

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[Obj]:
        return iter(self._objects.values())

    def all_keys(self) -> set[Key]:
        """A copy, safe to iterate while the cache changes."""
        return set(self._objects)

    def get(self, namespace: str, name: str) -> Obj | None:
        """None when there is no such object, or none that the cache's selection covers."""
        return self._objects.get((namespace, name))

    def by(self, index: str, value: Hashable) -> list[Obj]:
        """Objects that the index files under `value`, in the order of their coming; KeyError on an unknown index."""
        return [self._objects[key] for key in self._found[index].get(value, ())]

    def put(self, obj: Obj) -> None:
        """Remember `obj` in place of an older one of its key."""
        key = key_of(obj)
        self._unfile(key)
        self._objects[key] = obj
        for name, index in self._indices.items():
            for value in index(obj):
                self._found[name].setdefault(value, {})[key] = None

    def drop(self, key: Key) -> None:
        """Forget an object; nothing happens when it is unknown."""
        self._unfile(key)
        self._objects.pop(key, None)

    def _unfile(self, key: Key) -> None:
        old = self._objects.get(key)
        if old is None:
            return
        for name, index in self._indices.items():
            found = self._found[name]
            for value in index(old):
                keys = found.get(value, {})
                keys.pop(key, None)
                if not keys:
                    found.pop(value, None)


def key_of(obj: Obj) -> Key:
    """The key of an object as the API server returns it."""
    metadata = obj["metadata"]
    return metadata.get("namespace") or "", metadata["name"]
