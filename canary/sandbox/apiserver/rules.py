"""The CEL rules of a schema (`x-kubernetes-validations`), compiled once and enforced; what can't be is refused, never skipped.

The evaluator is the Rust CEL of `common-expression-language`. It knows CEL's standard functions and macros, not Kubernetes'
extensions (quantity, url, isSorted, …): a rule that uses one is refused when the definition is created. There is no cost
limit here: the rules come from the one person whose laptop this is.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from canary.sandbox.apiserver.schema import Node, child
from canary.sandbox.errors import Cause

RULES = "x-kubernetes-validations"
_RESERVED = frozenset({
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
    "loop", "package", "namespace", "return", "var", "void", "while",
})  # fmt: skip
_KNOWN = frozenset({
    "all", "exists", "exists_one", "filter", "map", "has", "size", "contains", "startsWith", "endsWith", "matches",
    "int", "uint", "double", "string", "bytes", "bool", "type", "dyn", "duration", "timestamp", "getFullYear",
    "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds",
    "getMilliseconds",
})  # fmt: skip
_WORD = re.compile(r"[A-Za-z]\w*\Z")
_REASONS = {
    "FieldValueInvalid": "Invalid value", "FieldValueForbidden": "Forbidden", "FieldValueRequired": "Required value",
    "FieldValueDuplicate": "Duplicate value",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """A place where rules are judged; `old` is None when there is nothing to compare with."""

    value: Any
    old: Any
    node: Node
    path: str
    first: bool


def refused_rules(node: Node, path: str) -> Iterator[Cause]:
    """Name the rules of a schema that don't compile or need what this evaluator lacks."""
    for index, rule in enumerate(node.get(RULES) or []):
        at = f"{path}.{RULES}[{index}]"
        for part in ("rule", "messageExpression"):
            if part in rule and (why := _uncompilable(rule[part])):
                message = f"Invalid value: {json.dumps(rule[part])}: {why}"
                yield Cause(field=f"{at}.{part}", reason="FieldValueInvalid", message=message)
    for name, inner in (node.get("properties") or {}).items():
        yield from refused_rules(inner, f"{path}.properties[{name}]")
    if isinstance(node.get("additionalProperties"), dict):
        yield from refused_rules(node["additionalProperties"], f"{path}.additionalProperties")
    if isinstance(node.get("items"), dict):
        yield from refused_rules(node["items"], f"{path}.items")


def has_rules(node: Node) -> bool:
    inner = [*(node.get("properties") or {}).values(), node.get("items"), node.get("additionalProperties")]
    return bool(node.get(RULES)) or any(has_rules(each) for each in inner if isinstance(each, dict))


def broken_rules(value: Any, old: Any, node: Node) -> Iterator[Cause]:
    """Judge every rule of the schema on the value; `old` is the stored value, None at creation."""
    yield from _broken(_Site(value=value, old=old, node=node, path="", first=old is None))


def _broken(site: _Site) -> Iterator[Cause]:
    if site.value is None:
        return
    for rule in site.node.get(RULES) or []:
        if cause := _judged(site, rule):
            yield cause
    if isinstance(site.value, dict):
        for name, each in site.value.items():
            inner = child(site.node, name)
            if inner is not None:
                old = site.old.get(name) if isinstance(site.old, dict) else None
                path = f"{site.path}.{name}" if site.path else name
                yield from _broken(_Site(value=each, old=old, node=inner, path=path, first=site.first))
    elif isinstance(site.value, list) and site.node.get("items"):
        yield from _items(site)


def _items(site: _Site) -> Iterator[Cause]:
    """Items can be compared with their former selves only in lists that say what identifies an item."""
    keys = site.node.get("x-kubernetes-list-map-keys") or []
    former = {_identity(each, keys): each for each in site.old or []} if keys else {}
    for index, each in enumerate(site.value):
        old = former.get(_identity(each, keys)) if keys else None
        yield from _broken(_Site(value=each, old=old, node=site.node["items"], path=f"{site.path}[{index}]", first=site.first))


def _identity(item: Any, keys: list[str]) -> str:
    return json.dumps([item.get(key) for key in keys] if isinstance(item, dict) else item)


def _judged(site: _Site, rule: dict[str, Any]) -> Cause | None:
    program = _compiled(rule["rule"])
    uses_old = "oldSelf" in program.variables()
    if uses_old and site.old is None and not rule.get("optionalOldSelf"):
        return None
    if uses_old and rule.get("optionalOldSelf"):
        return _cause(site, rule, "optionalOldSelf is not implemented by the sandbox")
    names = {"self": typed(site.value, site.node), "oldSelf": typed(site.old, site.node)}
    try:
        holds = program.execute(names)
    except Exception as error:  # noqa: BLE001 - whatever the evaluator says, the rule could not be shown to hold
        return _cause(site, rule, f"rule evaluation error: {error}")
    return None if holds is True else _cause(site, rule, _message(rule, names))


def _message(rule: dict[str, Any], names: dict[str, Any]) -> str:
    if "messageExpression" in rule:
        return str(_compiled(rule["messageExpression"]).execute(names))
    return str(rule.get("message") or f"failed rule: {rule['rule']}").strip()


def _cause(site: _Site, rule: dict[str, Any], message: str) -> Cause:
    path = site.path + str(rule.get("fieldPath") or "")
    reason = str(rule.get("reason") or "FieldValueInvalid")
    text = f"{_REASONS.get(reason, 'Invalid value')}: {message}"
    return Cause(field=path.lstrip(".") or "<nil>", reason=reason, message=text)


def typed(value: Any, node: Node | None) -> Any:
    """Give the value as CEL should see it: numbers as doubles where the schema says so, reserved names escaped."""
    if isinstance(value, dict):
        named = (node or {}).get("properties") or {}
        return {_escaped(key) if key in named else key: typed(each, child(node, key)) for key, each in value.items()}
    if isinstance(value, list):
        return [typed(each, (node or {}).get("items")) for each in value]
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_whole and (node or {}).get("type") == "number" else value


def _escaped(name: str) -> str:
    if name in _RESERVED:
        return f"__{name}__"
    return name.replace("__", "__underscores__").replace(".", "__dot__").replace("-", "__dash__").replace("/", "__slash__")


def _uncompilable(expression: str) -> str:
    try:
        program = _compiled(expression)
    except ValueError as error:
        return f"compilation failed: {error}"
    unknown = sorted(each for each in program.functions() if _WORD.match(each) and each not in _KNOWN)
    return f"the sandbox's CEL has no function {', '.join(unknown)}" if unknown else ""


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> Any:
    import cel

    return cel.compile(expression)
