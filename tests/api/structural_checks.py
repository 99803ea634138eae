"""Kubernetes' rules for structural schemas and its appetite for bounds, checked without a server."""

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

_FORMATS = {"date-time", "int64"}
_TYPES = {"object", "array", "string", "integer", "number", "boolean"}
_NEVER = {
    "$ref",
    "$defs",
    "allOf",
    "oneOf",
    "not",
    "const",
    "title",
    "examples",
    "uniqueItems",
    "multipleOf",  # wrong on a real server for whole numbers
    "prefixItems",
    "nullable",
}


def nodes(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every node with its path."""
    yield path, node
    for name, inner in node.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}".lstrip("."))
    if "items" in node:
        yield from nodes(node["items"], f"{path}[]")
    if isinstance(node.get("additionalProperties"), dict):
        yield from nodes(node["additionalProperties"], f"{path}{{}}")


def unstructural(schema: Node) -> Iterator[str]:
    """What a real API server would refuse."""
    for path, node in nodes(schema):
        loose = node.get("x-kubernetes-int-or-string") or node.get("x-kubernetes-preserve-unknown-fields")
        if node.get("type") not in _TYPES and not loose:
            yield f"{path}: no type"
        if bad := _NEVER & node.keys():
            yield f"{path}: {bad}"
        if "anyOf" in node and not node.get("x-kubernetes-int-or-string"):
            yield f"{path}: anyOf"
        if node.get("format", "int64") not in _FORMATS:
            yield f"{path}: format {node['format']}"
        if not isinstance(node.get("exclusiveMinimum", True), bool):
            yield f"{path}: exclusiveMinimum is a number"
        if missing := set(node.get("required", ())) - node.get("properties", {}).keys():
            yield f"{path}: requires unknown {missing}"
        if node.get("default", ...) in ({}, [], None):
            yield f"{path}: an empty default is written into every object"
        if node.get("x-kubernetes-list-type") == "map":
            yield from _map_keys(path, node)


def _map_keys(path: str, node: Node) -> Iterator[str]:
    item = node["items"]
    for key in node["x-kubernetes-list-map-keys"]:
        if key not in item.get("required", ()):
            yield f"{path}: map key {key} is not required"


def unbounded(schema: Node) -> Iterator[str]:
    """Lists, maps and strings without an upper bound: CEL can't be costed over them."""
    for path, node in nodes(schema):
        kind = node.get("type")
        if kind == "array" and "maxItems" not in node:
            yield f"{path}: maxItems"
        if kind == "string" and "maxLength" not in node and "enum" not in node:
            yield f"{path}: maxLength"
        if "additionalProperties" in node and "maxProperties" not in node:
            yield f"{path}: maxProperties"
