"""Strategic merge patch: lists whose items have an identity are merged item by item, and directives say what else to do.

Directives: `$patch: replace|delete|merge`, `$retainKeys`, `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>`.
A list that a merge patch would replace is how a second container is lost, so the merge keys come from the kind's schema.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from canary.sandbox.apiserver.schema import Node, child
from canary.sandbox.errors import BadRequest
from canary.sandbox.objects import Object, copied

_PATCH = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"


def strategic_merge(target: Object, patch: Object, node: Node | None) -> Object:
    """Give the target with the patch merged in. Raises BadRequest for an unknown directive or an item without its key."""
    directive = patch.get(_PATCH, "merge")
    if directive == "replace":
        return {name: copied(each) for name, each in patch.items() if name != _PATCH}
    if directive == "delete":
        return {}
    if directive != "merge":
        raise BadRequest(f"Unknown patch type found: {directive}")
    made = dict(target)
    if _RETAIN in patch:
        made = {name: each for name, each in made.items() if name in patch[_RETAIN]}
    for name, each in patch.items():
        if not name.startswith("$"):
            _merge_field(made, name, each, patch, child(node, name))
    _apply_list_directives(made, patch, node)
    return made


def _merge_field(made: Object, name: str, value: Any, patch: Object, node: Node | None) -> None:
    if value is None:
        made.pop(name, None)
    elif isinstance(value, dict):
        current = made.get(name)
        merged = strategic_merge(current if isinstance(current, dict) else {}, value, node)
        if value.get(_PATCH) == "delete":
            made.pop(name, None)
        else:
            made[name] = merged
    elif isinstance(value, list):
        made[name] = _merge_list(made.get(name) or [], value, node, patch.get(_ORDER + name))
    else:
        made[name] = value


def _merge_list(current: list[Any], patch: list[Any], node: Node | None, order: list[Any] | None) -> list[Any]:
    key = (node or {}).get("x-kubernetes-patch-merge-key")
    if key is None:
        merges = (node or {}).get("x-kubernetes-patch-strategy") == "merge"
        return _ordered(_union(current, patch), order or patch, current, json.dumps) if merges else copied(patch)
    if any(isinstance(each, dict) and each.get(_PATCH) == "replace" for each in patch):
        return [copied(each) for each in patch if _PATCH not in each]
    made = {_key_of(each, key): each for each in current}
    for each in patch:
        identity = _key_of(each, key)
        if each.get(_PATCH) == "delete":
            made.pop(identity, None)
        else:
            made[identity] = strategic_merge(made.get(identity, {}), each, (node or {}).get("items"))
    return _ordered(
        list(made.values()), order or [each for each in patch if _PATCH not in each], current, partial(_key_of, key=key)
    )


def _union(current: list[Any], more: list[Any]) -> list[Any]:
    return [*current, *(each for each in more if each not in current)]


def _key_of(item: Any, key: str) -> str:
    if not isinstance(item, dict) or key not in item:
        raise BadRequest(f"map: {json.dumps(item)} does not contain declared merge key: {key}")
    return json.dumps(item[key])


def _ordered(items: list[Any], order: list[Any], former: list[Any], identity: Callable[[Any], str]) -> list[Any]:
    """Put the items that `order` names into its order, and weave the others in where they stood in the former list.

    One that is new goes before the first of the others that is still to come, which is how Kubernetes does it.
    """
    place = {identity(each): index for index, each in enumerate(order)}
    stood = {identity(each): index for index, each in enumerate(former)}
    named = sorted((each for each in items if identity(each) in place), key=lambda each: place[identity(each)])
    others = [each for each in items if identity(each) not in place]
    made: list[Any] = []
    for each in named:
        while others and stood.get(identity(each), -1) > stood.get(identity(others[0]), len(former)):
            made.append(others.pop(0))
        made.append(each)
    return [*made, *others]


def _apply_list_directives(made: Object, patch: Object, node: Node | None) -> None:
    for name, each in patch.items():
        if name.startswith(_DELETE):
            field = name.removeprefix(_DELETE)
            made[field] = [item for item in made.get(field) or [] if item not in each]
        elif name.startswith(_ORDER):
            field = name.removeprefix(_ORDER)
            key = (child(node, field) or {}).get("x-kubernetes-patch-merge-key")
            if field not in patch and isinstance(made.get(field), list):
                made[field] = _ordered(made[field], each, made[field], partial(_key_of, key=key) if key else json.dumps)
        elif name.startswith("$") and name not in {_PATCH, _RETAIN}:
            raise BadRequest(f"unknown directive in a strategic merge patch: {name}")
