"""CustomResourceDefinitions as objects: what they are completed with, what is refused of them, and their conditions."""

import json
import re
from collections.abc import Iterator

from canary.sandbox.apiserver.rules import refused_rules
from canary.sandbox.apiserver.schema import PRESERVE, Node
from canary.sandbox.apiserver.validation import invalid, required, unsupported
from canary.sandbox.apiserver.violations import INT_OR_STRING, violations
from canary.sandbox.errors import Cause
from canary.sandbox.objects import Object, copied, name_of

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_TYPES = {"object", "array", "string", "integer", "number", "boolean"}
_FORBIDDEN = ("$ref", "definitions", "dependencies", "patternProperties", "id", "$schema")


def complete_definition(definition: Object, now: str) -> None:
    """Fill in names, conversion, and the status that says that the kind is served, in place."""
    spec = definition.setdefault("spec", {})
    names = spec.setdefault("names", {})
    if names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", names["kind"] + "List")
    spec.setdefault("conversion", {"strategy": "None"})
    status = definition.setdefault("status", {})
    status["acceptedNames"] = copied(names)
    stored = status.setdefault("storedVersions", [])
    stored += [each["name"] for each in spec.get("versions") or [] if each.get("storage") and each.get("name") not in stored]
    if not status.get("conditions"):
        status["conditions"] = [
            _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
            _condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
        ]


def _condition(kind: str, reason: str, message: str, now: str) -> Object:
    return {"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message}


def definition_causes(definition: Object) -> Iterator[Cause]:
    """What Kubernetes, or this sandbox's CEL, refuses of a definition."""
    spec = definition["spec"]
    names, versions = spec.get("names") or {}, spec.get("versions") or []
    for name in ("plural", "kind"):
        if not names.get(name):
            yield required(f"spec.names.{name}")
    wanted = f"{names.get('plural')}.{spec.get('group')}"
    if name_of(definition) != wanted:
        yield invalid("metadata.name", name_of(definition), 'must be spec.names.plural+"."+spec.group')
    if spec.get("scope") not in {"Namespaced", "Cluster"}:
        yield unsupported("spec.scope", spec.get("scope", ""), ("Cluster", "Namespaced"))
    if sum(bool(each.get("storage")) for each in versions) != 1:
        yield invalid(
            "spec.versions", [each.get("name") for each in versions], "must have exactly one version marked as storage version"
        )
    if (spec["conversion"] or {}).get("strategy") != "None":
        message = "Forbidden: the sandbox has no conversion webhooks"
        yield Cause(field="spec.conversion.strategy", reason="FieldValueForbidden", message=message)
    schemas = [each.get("schema") for each in versions]
    if schemas and schemas[0] and all(each == schemas[0] for each in schemas):
        yield from _version(versions[0], "spec.validation.openAPIV3Schema")
        return
    for index, version in enumerate(versions):
        yield from _version(version, f"spec.versions[{index}].schema.openAPIV3Schema")


def _version(version: Object, path: str) -> Iterator[Cause]:
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if schema is None:
        yield required(path)
        return
    yield from _structural(schema, path, root=True)
    yield from refused_rules(schema, path)


def _structural(node: Node, path: str, *, root: bool = False) -> Iterator[Cause]:
    """The rules of structural schemas that a slip breaks: a type everywhere, no references, fitting defaults."""
    yield from _forbidden(node, path)
    if "type" not in node and not node.get(PRESERVE) and not node.get(INT_OR_STRING):
        yield required(
            f"{path}.type", "must not be empty at the root" if root else "must not be empty for specified object fields"
        )
    elif node.get("type", "object") not in _TYPES:
        yield Cause(
            field=f"{path}.type", reason="FieldValueNotSupported", message=f"Unsupported value: {json.dumps(node['type'])}"
        )
    if node.get("type") == "array" and "items" not in node:
        yield required(f"{path}.items", "must be specified")
    yield from _keyed(node, path)
    yield from _fitting(node, path)
    inner = {
        f"properties[{name}]": each for name, each in (node.get("properties") or {}).items() if not (root and name == "metadata")
    }
    inner |= {word: node[word] for word in ("items", "additionalProperties") if isinstance(node.get(word), dict)}
    for name, each in inner.items():
        yield from _structural(each, f"{path}.{name}")


def _forbidden(node: Node, path: str) -> Iterator[Cause]:
    for word in _FORBIDDEN:
        if word in node:
            yield Cause(field=f"{path}.{word}", reason="FieldValueForbidden", message=f"Forbidden: {word} is not supported")
    if node.get("uniqueItems"):
        message = "Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield Cause(field=f"{path}.uniqueItems", reason="FieldValueForbidden", message=message)


def _keyed(node: Node, path: str) -> Iterator[Cause]:
    """The keys of a list's items must always be there."""
    items = node.get("items") or {}
    for key in node.get("x-kubernetes-list-map-keys") or []:
        described = (items.get("properties") or {}).get(key) or {}
        if key not in (items.get("required") or []) and "default" not in described:
            why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            yield required(f"{path}.items.properties[{key}].default", why)


def _fitting(node: Node, path: str) -> Iterator[Cause]:
    try:
        re.compile(node.get("pattern", ""))
    except re.error as error:
        yield invalid(f"{path}.pattern", node["pattern"], f"must be a valid regular expression, but isn't: {error}")
        return
    if "default" in node:
        for cause in violations(node["default"], node, "default"):
            yield invalid(f"{path}.default", node["default"], cause.message)
