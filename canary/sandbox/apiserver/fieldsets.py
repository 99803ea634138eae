"""Sets of fields as `managedFields` names them (FieldsV1): a path is a tuple of `f:name`, `k:{"name":"c"}` and `v:"x"`."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from canary.sandbox.apiserver.schema import Node, child
from canary.sandbox.objects import Object

Path: TypeAlias = tuple[str, ...]

# System fields, which nobody owns.
_UNOWNED = frozenset({
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    *(("f:metadata", f"f:{name}") for name in (
        "name", "namespace", "uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp",
        "deletionGracePeriodSeconds", "selfLink",
    )),
})  # fmt: skip
_ITEM = object()


def leaves(obj: Object, node: Node | None) -> dict[Path, Any]:
    """Give every owned field of the object with its value; what merges as a whole (atomic) is one field."""
    meta = {name: each for name, each in (obj.get("metadata") or {}).items() if name != "managedFields"}
    return {path: value for path, value in _leaves({**obj, "metadata": meta}, node, ()) if path not in _UNOWNED}


def _leaves(value: Any, node: Node | None, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value and not is_atomic(node):
        for name, each in value.items():
            yield from _leaves(each, child(node, name), (*path, f"f:{name}"))
    elif isinstance(value, list) and value and list_type(node) != "atomic":
        for each in value:
            at = (*path, item_step(each, node))
            yield at, _ITEM
            if isinstance(each, dict):
                yield from _leaves(each, (node or {}).get("items"), at)
    else:
        yield path, value


def is_atomic(node: Node | None) -> bool:
    return (node or {}).get("x-kubernetes-map-type") == "atomic"


def list_type(node: Node | None) -> str:
    return str((node or {}).get("x-kubernetes-list-type", "atomic"))


def item_step(item: Any, node: Node | None) -> str:
    """The path element of a list item; a key that is left out counts with its default."""
    if list_type(node) == "set" or not isinstance(item, dict):
        return "v:" + json.dumps(item, separators=(",", ":"))
    fields = ((node or {}).get("items") or {}).get("properties") or {}
    keys = (node or {}).get("x-kubernetes-list-map-keys") or []
    found = {key: item.get(key, (fields.get(key) or {}).get("default")) for key in keys}
    known = {key: each for key, each in sorted(found.items()) if each is not None}
    return "k:" + json.dumps(known, separators=(",", ":"))


def prefixes(paths: Iterable[Path]) -> set[Path]:
    """The paths and everything above them."""
    return {path[:length] for path in paths for length in range(1, len(path) + 1)}


def rendered(paths: Iterable[Path]) -> Object:
    """Write a set of paths as FieldsV1."""
    tree: Object = {}
    for path in sorted(paths):
        at = tree
        for step in path:
            at = at.setdefault(step, {})
        at["."] = {}
    return _trimmed(tree)


def _trimmed(tree: Object) -> Object:
    """A leaf is itself and needs no mark."""
    return {step: {} if inner.keys() == {"."} else _trimmed(inner) for step, inner in tree.items()}


def parsed(tree: Object, path: Path = ()) -> set[Path]:
    """Read FieldsV1."""
    found: set[Path] = set()
    for step, inner in tree.items():
        if step == ".":
            found.add(path)
        elif inner:
            found |= parsed(inner, (*path, step))
        else:
            found.add((*path, step))
    return found


def shown(path: Path) -> str:
    """The path as conflicts name it: `.spec.template.spec.containers[name="app"].image`."""
    text = ""
    for step in path:
        kind, rest = step[:2], step[2:]
        if kind == "f:":
            text += f".{rest}"
        elif kind == "k:":
            text += "[" + ",".join(f"{key}={json.dumps(each)}" for key, each in json.loads(rest).items()) + "]"
        else:
            text += f"[={rest}]"
    return text


def without(obj: Any, path: Path, node: Node | None) -> Any:
    """Give the value without one field or list item, and without what that leaves empty; unchanged when it is not there."""
    step, rest = path[0], path[1:]
    if isinstance(obj, dict) and step.startswith("f:") and step[2:] in obj:
        name = step[2:]
        left = without(obj[name], rest, child(node, name)) if rest else None
        kept = left if left or left == obj[name] else None
        return {**obj, name: kept} if kept is not None else {key: each for key, each in obj.items() if key != name}
    if isinstance(obj, list) and not step.startswith("f:"):
        items = (node or {}).get("items")
        if rest:
            return [without(each, rest, items) if item_step(each, node) == step else each for each in obj]
        return [each for each in obj if item_step(each, node) != step]
    return obj
