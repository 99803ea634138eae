"""OpenAPI v3 documents, one for each group and version: `kubectl apply` asks for them first, `kubectl explain` reads them."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from canary.sandbox.apiserver.builtin import REF, component_of, components
from canary.sandbox.apiserver.kinds import Kind
from canary.sandbox.apiserver.schema import Node
from canary.sandbox.objects import Object
from canary.sandbox.resources import Resource, Resources

_FIELD_VALIDATION = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}
_OPERATIONS = {"get": "get", "put": "put", "patch": "patch", "delete": "delete"}


def index(resources: Resources, documents: Mapping[str, bytes]) -> Object:
    """What `/openapi/v3` says: an address for each document, with a hash so that clients may keep it."""
    paths = {}
    for each in sorted({each.api_version for each in resources}):
        name = f"apis/{each}" if "/" in each else f"api/{each}"
        paths[name] = {"serverRelativeURL": f"/openapi/v3/{name}?hash={hashlib.sha256(documents[each]).hexdigest()[:32].upper()}"}
    return {"paths": paths}


def document(api_version: str, resources: Iterable[Resource], custom: Iterable[Kind]) -> bytes:
    """The document of one group and version, as JSON."""
    defined = {kind.resource: kind for kind in custom}
    schemas: dict[str, Node] = {}
    paths: Object = {}
    for resource in resources:
        name = _name(resource) if resource in defined else component_of(resource)
        schemas |= {name: _defined(defined[resource])} if resource in defined else _reachable(name)
        schemas[name] = {**schemas[name], "x-kubernetes-group-version-kind": [_gvk(resource)]}
        paths |= _paths(resource, name)
    info = {"title": "Canary sandbox", "version": "v1"}
    made = {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}, "x-api-version": api_version}
    return json.dumps(made, separators=(",", ":")).encode()


def _gvk(resource: Resource) -> Object:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _name(resource: Resource) -> str:
    return ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])


def _defined(kind: Kind) -> Node:
    published = kind.published or {}
    standard = {
        "apiVersion": {"type": "string", "description": "The group and version of this representation."},
        "kind": {"type": "string", "description": "What this object is."},
        "metadata": {"$ref": f"{REF}io.k8s.ObjectMeta", "description": "Standard object's metadata."},
    }
    return {**published, "properties": {**(published.get("properties") or {}), **standard}}


def _reachable(name: str) -> dict[str, Node]:
    """A component and everything that it refers to."""
    found: dict[str, Node] = {}
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = components()[each]
            waiting += _references(found[each])
    return found


def _references(node: object) -> Iterable[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(REF)
        for each in node.values():
            yield from _references(each)


def _paths(resource: Resource, component: str) -> Object:
    root = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.version}"
    scope = f"{root}/namespaces/{{namespace}}" if resource.namespaced else root
    answer = {"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": REF + component}}}}}
    common = {"responses": answer, "x-kubernetes-group-version-kind": _gvk(resource), "parameters": [_FIELD_VALIDATION]}
    made: Object = {f"{scope}/{resource.plural}": {"post": {**common, "x-kubernetes-action": "post"}}}
    if resource.stored:
        made[f"{scope}/{resource.plural}"]["get"] = {**common, "x-kubernetes-action": "list"}
        made[f"{scope}/{resource.plural}/{{name}}"] = {
            verb: {**common, "x-kubernetes-action": action} for verb, action in _OPERATIONS.items()
        }
    return made
