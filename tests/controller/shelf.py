"""A cluster that is a shelf: objects by kind and name, and the four ways of writing to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonpatch

from canary.controller.caches import Caches
from canary.controller.enact import Hands
from canary.controller.sight import Sight
from canary.errors import Conflict, Invalid
from canary.k8s.port import Obj, Propagation
from canary.k8s.resources import CANARY, DEPLOYMENT, SERVICE, Resource, traffic_split
from strategies.actions import Run


@dataclass
class Shelf:
    """`objects` is the state of the world; `runs` are the tests and hooks that were started."""

    objects: dict[tuple[str, str], Obj] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    async def apply(self, resource: Resource, obj: Mapping[str, Any], **_: Any) -> Obj:
        return self._put(resource, obj["metadata"]["name"], dict(obj))

    async def merge_patch(self, resource: Resource, name: str, patch: Mapping[str, Any], **_: Any) -> Obj:
        found = self.objects[resource.kind, name]
        version = patch.get("metadata", {}).get("resourceVersion")
        if version not in (None, found["metadata"]["resourceVersion"]):
            raise Conflict(f"{name} is newer.")
        return self._put(resource, name, _merged(found, patch))

    async def json_patch(self, resource: Resource, name: str, operations: Sequence[Mapping[str, Any]], **_: Any) -> Obj:
        try:
            changed: Obj = jsonpatch.apply_patch(self.objects[resource.kind, name], list(operations))
        except (jsonpatch.JsonPatchTestFailed, jsonpatch.JsonPatchConflict) as error:
            raise Invalid("the server rejected our request") from error
        return self._put(resource, name, changed)

    async def delete(
        self, resource: Resource, name: str, *, namespace: str, propagation: Propagation, uid: str, **_: Any
    ) -> bool:
        found = self.objects.get((resource.kind, name))
        if found is None or found["metadata"]["uid"] != uid:
            return False
        del self.objects[resource.kind, name]
        return True

    def _put(self, resource: Resource, name: str, obj: Obj) -> Obj:
        before = self.objects.get((resource.kind, name), obj)
        changed = before.get("spec") != obj.get("spec")
        number = before["metadata"].get("generation", 1) + changed
        obj = _merged(obj, {"metadata": {"resourceVersion": "8", "generation": number}})
        self.objects[resource.kind, name] = obj
        return obj

    def hands(self) -> Hands:
        api: Any = self  # it can do what hands ask for
        caches = Caches(api, None, lambda _key, _fast: None)
        caches.split_version = "v1alpha2"
        return Hands(api=api, caches=caches, run=lambda _sight, _state, run: self.runs.append(run))


def holding(sight: Sight) -> Shelf:
    """A shelf with what is in sight."""
    splits = traffic_split("v1alpha2")
    found = [
        (CANARY, sight.canary),
        (DEPLOYMENT, sight.deployment),
        (DEPLOYMENT, sight.rival),
        (SERVICE, sight.apex),
        (SERVICE, sight.stable_leaf),
        (SERVICE, sight.canary_leaf),
        (splits, sight.split),
    ]
    return Shelf(objects={(kind.kind, obj["metadata"]["name"]): obj for kind, obj in found if obj is not None})


def _merged(found: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    kept = dict(found) if isinstance(found, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = _merged(kept.get(name), value)
    return kept
