"""Built-in objects as a real server would hand them back: its own types know no unknown fields and drop what is empty.

Two manifests that differ only in `env: []` or `cpu: "0.5"` for `500m` are the same object, and must not start a rollout.
"""

import base64
import re
from datetime import UTC, datetime
from typing import Any

from canary.sandbox.apiserver.builtin import MICRO_TIME
from canary.sandbox.apiserver.quantities import canonical_quantity
from canary.sandbox.apiserver.schema import PRESERVE, Node, child
from canary.sandbox.apiserver.violations import INT_OR_STRING, kind_of
from canary.sandbox.errors import Undecodable
from canary.sandbox.objects import Object
from canary.sandbox.resources import Resource

_MICRO = re.compile(r"\.\d{6}(Z|[+-]\d\d:\d\d)\Z")
_QUANTITIES = frozenset({"limits", "requests"})
_KEPT_EMPTY = frozenset({"endpoints", "ports"})


def canonical(obj: Object, node: Node, resource: Resource) -> Object:
    """Give the object without unknown fields, nulls and empty lists and maps. Raises Undecodable for values of a wrong type."""
    made: Object = _value(obj, node, "", resource)
    if resource.kind == "Secret":
        _encode(made)
    return made


def _value(value: Any, node: Node | None, path: str, resource: Resource) -> Any:
    if node is None or node.get(PRESERVE):
        return value
    _check(value, node, path, resource)
    if isinstance(value, dict):
        if path.rsplit(".", 1)[-1] in _QUANTITIES and "additionalProperties" in node:
            return {name: _quantity(each, f"{path}.{name}", resource) for name, each in value.items()}
        return {name: made for name, each in value.items() if (made := _field(name, each, node, path, resource)) is not None}
    if isinstance(value, list):
        return [_value(each, node.get("items"), f"{path}[{index}]", resource) for index, each in enumerate(value)]
    return _time(value, node, resource) if node.get("format") in {"date-time", MICRO_TIME} else value


def _field(name: str, value: Any, node: Node, path: str, resource: Resource) -> Any:
    """Give the field's value, None when the field does not survive."""
    inner = child(node, name)
    if inner is None or value is None:
        return None
    is_map = "additionalProperties" in inner
    if (value == [] and name not in _KEPT_EMPTY) or (value == {} and is_map):
        return None
    return _value(value, inner, f"{path}.{name}" if path else name, resource)


def _check(value: Any, node: Node, path: str, resource: Resource) -> None:
    wanted, given = node.get("type"), kind_of(value)
    if node.get(INT_OR_STRING):
        fits, wanted = given in {"integer", "string"}, "int-or-string"
    else:
        fits = wanted in {None, given} or (wanted == "number" and given == "integer")
    if not fits:
        words = f"cannot unmarshal {given} into Go struct field {resource.kind}.{path} of type {wanted}"
        raise Undecodable(resource, f"json: {words}")


def _time(value: str, node: Node, resource: Resource) -> str:
    """Times are kept to the second, unless a kind wants exactly six digits of fractions (Lease does)."""
    micro = node["format"] == MICRO_TIME
    try:
        moment = datetime.fromisoformat(value) if _MICRO.search(value) or not micro else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        pattern = "2006-01-02T15:04:05" + (".000000" if micro else "") + "Z07:00"
        raise Undecodable(resource, f'parsing time "{value}" as "{pattern}": cannot parse')
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S" + (".%fZ" if micro else "Z"))


def _quantity(value: Any, path: str, resource: Resource) -> str:
    try:
        return canonical_quantity(value)
    except ValueError as error:
        raise Undecodable(resource, f"{path}: {error}") from error


def _encode(secret: Object) -> None:
    """`stringData` is only a way to write `data`."""
    plain = secret.pop("stringData", None) or {}
    if plain:
        encoded = {key: base64.b64encode(str(each).encode()).decode() for key, each in plain.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}
