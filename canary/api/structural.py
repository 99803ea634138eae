"""From pydantic's JSON schema to a structural schema, the dialect that a CustomResourceDefinition is written in.

Structural means: no references, one type per node, no constructs that Kubernetes can't default and prune by. What pydantic says
and the dialect can't is translated where that is exact, and an error here where it is not.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from analysis.scalars import format_duration, format_percent, plain

Node = dict[str, Any]

_DROPPED = frozenset({"title", "examples", "deprecated", "discriminator", "$defs"})
_KEPT = frozenset(
    {
        *("type", "format", "description", "default", "enum", "nullable", "required", "properties", "items"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern"),
        *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "additionalProperties", "anyOf"),
    }
)
_FIRST = ("type", "format", "description", "default", "enum", "required")


class NotStructural(TypeError):
    """A model says something that a CRD can't."""


class _Defaults(GenerateJsonSchema):
    """Writes defaults as the resource spells them."""

    def default_schema(self, schema: Any) -> Node:
        node = super().default_schema(schema)
        default = schema.get("default")
        if isinstance(default, timedelta):
            node["default"] = format_duration(default)
        elif isinstance(default, Decimal):
            node["default"] = format_percent(default) if node.get("type") == "string" else plain(default)
        return node


def structural(model: type[BaseModel]) -> Node:
    """The structural schema of a model; raises NotStructural."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_Defaults)
    return _node(schema, schema.get("$defs", {}), model.__name__)


def _node(raw: Mapping[str, Any], known: Mapping[str, Node], path: str) -> Node:
    raw = _flat(raw, known, path)
    node: Node = {}
    for key, value in raw.items():
        match key:
            case "properties":
                node[key] = {name: _node(each, known, f"{path}.{name}") for name, each in value.items()}
            case "items":
                node[key] = _node(value, known, f"{path}[]")
            case "additionalProperties":
                node.update(_free(value, known, path))
            case "description":
                node[key] = " ".join(str(value).split())
            case _ if key in _KEPT or key.startswith("x-kubernetes-"):
                node[key] = value
            case _ if key not in _DROPPED:
                raise NotStructural(f"{path}: {key} can't be said in a CRD")
    return _fitted(node, path)


def _flat(raw: Mapping[str, Any], known: Mapping[str, Node], path: str) -> Node:
    """The node with references followed and `X | None` taken for X: a field that may be absent is simply not required."""
    node = dict(raw)
    while "$ref" in node or (options := _options(node)) is not None:
        inner = known[node.pop("$ref").rpartition("/")[2]] if "$ref" in node else _only(options, path)
        node.pop("anyOf", None)
        node = {**inner, **node}
    return node


def _options(node: Node) -> list[Node] | None:
    return None if "x-kubernetes-int-or-string" in node else node.get("anyOf")


def _only(options: list[Node] | None, path: str) -> Node:
    kinds = [option for option in options or [] if option.get("type") != "null"]
    if len(kinds) != 1:
        raise NotStructural(f"{path}: a choice of {len(kinds)} kinds can't be said in a CRD")
    return kinds[0]


def _free(value: Any, known: Mapping[str, Node], path: str) -> Node:
    if isinstance(value, Mapping):
        return {"additionalProperties": _node(value, known, f"{path}{{}}")}
    return {"x-kubernetes-preserve-unknown-fields": True} if value else {}


def _fitted(node: Node, path: str) -> Node:
    if node.get("default", ...) in (None, {}, []) or isinstance(node.get("default"), dict):
        del node["default"]  # it would be written into every object that is stored
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if not isinstance(node.get(exclusive, True), bool):
            node |= {bound: node[exclusive], exclusive: True}  # draft 4 of JSON schema: a flag beside the bound
    if node.get("type") == "integer":
        node["format"] = "int64"
    if not {"type", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"} & node.keys():
        raise NotStructural(f"{path}: has no type")
    return {key: node[key] for key in sorted(node, key=_rank)}


def _rank(key: str) -> int:
    """What a reader wants first comes first, an object's fields come last."""
    return _FIRST.index(key) if key in _FIRST else len(_FIRST) + (key in {"properties", "items"})
