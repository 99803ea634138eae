"""Structural schemas at work: drop what is unknown, fill in defaults, name unknown fields.

A schema is a node of OpenAPI v3 as Kubernetes restricts it, a plain dictionary; built-in kinds use the same form, with
references already followed, so a node may contain itself: walk it along a value, never by itself.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

from canary.sandbox.objects import Object, copied

Node: TypeAlias = dict[str, Any]

PRESERVE = "x-kubernetes-preserve-unknown-fields"
# What every object has, whether a schema mentions it or not.
_TYPE_META = frozenset({"apiVersion", "kind", "metadata"})


def child(node: Node | None, name: str) -> Node | None:
    """The schema of one field; None means that nothing is known about it."""
    if node is None:
        return None
    found = (node.get("properties") or {}).get(name)
    if found is None and isinstance(node.get("additionalProperties"), dict):
        found = node["additionalProperties"]
    return found


def preserves(node: Node | None) -> bool:
    """Whether fields that the schema does not name are kept."""
    if not node or node.get(PRESERVE):
        return True
    return bool(node.get("additionalProperties")) or node.get("type") != "object"


def _fields(value: Object, node: Node, *, root: bool) -> Iterator[tuple[str, Node | None, bool]]:
    """Each field with its schema, and whether it is known."""
    embedded = root or bool(node.get("x-kubernetes-embedded-resource"))
    for name in value:
        found = child(node, name)
        yield name, found, found is not None or (embedded and name in _TYPE_META) or preserves(node)


def unknown_fields(value: Any, node: Node | None, path: str = "", *, root: bool = True) -> Iterator[str]:
    """Name every field that the schema does not know, as `spec.containers[0].imag`."""
    if node is None:
        return
    if isinstance(value, dict):
        for name, found, known in _fields(value, node, root=root):
            at = f"{path}.{name}" if path else name
            if not known:
                yield at
            elif found is not None:
                yield from unknown_fields(value[name], found, at, root=False)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from unknown_fields(each, node.get("items"), f"{path}[{index}]", root=False)


def pruned(value: Any, node: Node | None, *, root: bool = True) -> Any:
    """Give the value without unknown fields, and without nulls where the schema allows none."""
    if node is None:
        return value
    if isinstance(value, dict):
        known = [(name, found) for name, found, known in _fields(value, node, root=root) if known and _may_be(value[name], found)]
        return {name: pruned(value[name], found, root=False) for name, found in known}
    if isinstance(value, list):
        return [pruned(each, node.get("items"), root=False) for each in value]
    return value


def _may_be(value: Any, node: Node | None) -> bool:
    return value is not None or node is None or bool(node.get("nullable")) or "type" not in node


def fill(value: Any, node: Node | None) -> None:
    """Put in defaults, in place, level by level: a default object gets its own fields' defaults too."""
    if node is None:
        return
    if isinstance(value, dict):
        for name, inner in (node.get("properties") or {}).items():
            absent = name not in value or (value[name] is None and not inner.get("nullable"))
            if absent and "default" in inner:
                value[name] = copied(inner["default"])
        for name, each in value.items():
            fill(each, child(node, name))
    elif isinstance(value, list):
        for each in value:
            fill(each, node.get("items"))
