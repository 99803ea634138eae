"""What a schema forbids, in the sentences of Kubernetes' own validation.

Covers what structural schemas may say: type, nullable, required, enum, pattern, format, bounds, unique list keys, and the
junctors allOf, anyOf, oneOf and not. CEL rules are in `rules`.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from canary.sandbox.apiserver.schema import Node, child
from canary.sandbox.errors import Cause

INT_OR_STRING = "x-kubernetes-int-or-string"
_WORDS = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


def violations(value: Any, node: Node | None, path: str = "", old: Any = None) -> Iterator[Cause]:
    """Name everything about the value that its schema forbids; paths as `spec.steps[0].weight`.

    What is as it was (`old`) is let through, as Kubernetes does since schemas may have become stricter meanwhile.
    """
    if not node or (value is None and node.get("nullable")) or (old is not None and value == old):
        return
    wrong = _wrong_type(value, node)
    if wrong:
        shown = kind_of(value)
        message = f"Invalid value: {json.dumps(shown)}: {path} in body must be of type {wrong}: {json.dumps(shown)}"
        yield Cause(field=path, reason="FieldValueTypeInvalid", message=message)
        return
    yield from _enum(value, node, path)
    match value:
        case bool():
            pass
        case dict():
            yield from _object(value, node, path, old if isinstance(old, dict) else {})
        case list():
            yield from _list(value, node, path)
        case str():
            yield from _string(value, node, path)
        case int() | float():
            yield from _number(value, node, path)
    yield from _junctors(value, node, path)


def kind_of(value: Any) -> str:
    """The word that Kubernetes has for the type of a JSON value."""
    return _WORDS.get(type(value), "object")


def _wrong_type(value: Any, node: Node) -> str:
    """The type that was wanted, empty when the value has it."""
    if node.get(INT_OR_STRING):
        return "" if kind_of(value) in {"integer", "string"} else "integer,string"
    wanted = node.get("type")
    given = kind_of(value)
    if wanted is None or wanted == given or (wanted == "number" and given == "integer"):
        return ""
    return "" if wanted == "integer" and given == "number" and float(value).is_integer() else str(wanted)


def _invalid(path: str, shown: Any, sentence: str) -> Cause:
    rendered = (
        json.dumps(shown, ensure_ascii=False) if not isinstance(shown, (dict, list)) else json.dumps(shown, separators=(",", ":"))
    )
    return Cause(field=path or "<nil>", reason="FieldValueInvalid", message=f"Invalid value: {rendered}: {sentence}")


def _too_many(path: str, count: int, most: int) -> Cause:
    return Cause(field=path, reason="FieldValueTooMany", message=f"Too many: {count}: must have at most {most} items")


def _enum(value: Any, node: Node, path: str) -> Iterator[Cause]:
    if "enum" in node and value not in node["enum"]:
        known = ", ".join(json.dumps(each) for each in node["enum"])
        message = f"Unsupported value: {json.dumps(value)}: supported values: {known}"
        yield Cause(field=path, reason="FieldValueNotSupported", message=message)


def _object(value: dict[str, Any], node: Node, path: str, old: dict[str, Any]) -> Iterator[Cause]:
    for name in node.get("required") or []:
        if name not in value:
            yield Cause(field=f"{path}.{name}" if path else name, reason="FieldValueRequired", message="Required value")
    if len(value) < node.get("minProperties", 0):
        yield _invalid(path, len(value), f"{path} in body should have at least {node['minProperties']} properties")
    if len(value) > node.get("maxProperties", len(value)):
        yield _too_many(path, len(value), node["maxProperties"])
    for name, each in value.items():
        yield from violations(each, child(node, name), f"{path}.{name}" if path else name, old.get(name))


def _list(value: list[Any], node: Node, path: str) -> Iterator[Cause]:
    if len(value) < node.get("minItems", 0):
        yield _invalid(path, len(value), f"{path} in body should have at least {node['minItems']} items")
    if len(value) > node.get("maxItems", len(value)):
        yield _too_many(path, len(value), node["maxItems"])
    yield from _duplicates(value, node, path)
    for index, each in enumerate(value):
        yield from violations(each, node.get("items"), f"{path}[{index}]")


def _duplicates(value: list[Any], node: Node, path: str) -> Iterator[Cause]:
    kind = node.get("x-kubernetes-list-type", "atomic")
    if kind not in {"set", "map"}:
        return
    keys, seen = node.get("x-kubernetes-list-map-keys") or [], set()
    for index, each in enumerate(value):
        identity = {key: each.get(key) for key in keys if key in each} if kind == "map" and isinstance(each, dict) else each
        text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
        if text in seen:
            yield Cause(field=f"{path}[{index}]", reason="FieldValueDuplicate", message=f"Duplicate value: {text}")
        seen.add(text)


def _string(value: str, node: Node, path: str) -> Iterator[Cause]:
    if len(value) < node.get("minLength", 0):
        yield _invalid(path, value, f"{path} in body should be at least {node['minLength']} chars long")
    if len(value) > node.get("maxLength", len(value)):
        message = f"Too long: may not be more than {node['maxLength']} bytes"
        yield Cause(field=path, reason="FieldValueTooLong", message=message)
    if "pattern" in node and not re.search(_translated(node["pattern"]), value):
        yield _invalid(path, value, f"{path} in body should match '{node['pattern']}'")
    if node.get("format") == "date-time" and not _is_date_time(value):
        yield _invalid(path, value, f"{path} in body must be of type date-time: {json.dumps(value)}")


def _translated(pattern: str) -> str:
    """Go's `$` without flags is the end of the text, where Python's also stands before a last newline."""
    return pattern[:-1] + r"\Z" if pattern.endswith("$") and not pattern.endswith(r"\$") else pattern


def _is_date_time(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _number(value: float, node: Node, path: str) -> Iterator[Cause]:
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum") is True, node.get("exclusiveMaximum") is True
    if low is not None and (value <= low if above else value < low):
        yield _invalid(path, value, f"{path} in body should be greater than {'' if above else 'or equal to '}{low}")
    if high is not None and (value >= high if below else value > high):
        yield _invalid(path, value, f"{path} in body should be less than {'' if below else 'or equal to '}{high}")
    step = node.get("multipleOf")
    if step and value % step:
        yield _invalid(path, value, f"{path} in body should be a multiple of {step}")


def _junctors(value: Any, node: Node, path: str) -> Iterator[Cause]:
    for each in node.get("allOf") or []:
        yield from violations(value, each, path)
    if node.get(INT_OR_STRING):
        return
    if "anyOf" in node and not any(_fits(value, each) for each in node["anyOf"]):
        yield _invalid(path, "", f'"{path}" must validate at least one schema (anyOf)')
    if "oneOf" in node:
        fitting = sum(_fits(value, each) for each in node["oneOf"])
        if fitting != 1:
            found = "Found none valid" if not fitting else f"Found {fitting} valid alternatives"
            yield _invalid(path, "", f'"{path}" must validate one and only one schema (oneOf). {found}')
    if "not" in node and _fits(value, node["not"]):
        yield _invalid(path, "", f'"{path}" must not validate the schema (not)')


def _fits(value: Any, node: Node) -> bool:
    return next(violations(value, node), None) is None
