"""The verbs that write: create, replace, patch, server-side apply; each judged, defaulted and attributed before it is stored.

Nothing here awaits, so a read and the write that follows from it are one step: a patch never meets a conflict of its own making.
"""

from typing import Any

from canary.sandbox.apiserver.admission import Admission, unknown
from canary.sandbox.apiserver.calls import Answer, Call
from canary.sandbox.apiserver.canonical import canonical
from canary.sandbox.apiserver.ownership import Manager, after_apply, after_update, applied
from canary.sandbox.apiserver.patches import json_patch, merge_patch
from canary.sandbox.apiserver.schema import pruned, unknown_fields
from canary.sandbox.apiserver.strategic import strategic_merge
from canary.sandbox.errors import ApiError, BadRequest, Cause, Forbidden, Invalid, NotFound, Undecodable, UnsupportedMediaType
from canary.sandbox.objects import Object, copied, is_deleting, metadata, name_of
from canary.sandbox.resources import CUSTOM_RESOURCE_DEFINITIONS, LEASES, NAMESPACES
from canary.sandbox.store import Store

MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
# What a client may send along but never decides.
_SERVERS = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
)
# Kinds that refuse to be replaced blindly, as all defined ones do.
_CONDITIONAL = (LEASES, CUSTOM_RESOURCE_DEFINITIONS)


class Writes:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._admission = Admission(store)

    def create(self, call: Call) -> Answer:
        """POST to a collection."""
        obj = self._body(call, call.parsed())
        if metadata(obj).get("resourceVersion"):
            raise BadRequest("resourceVersion should not be set on objects to be created")
        warnings = unknown(call.kind, obj, call.params.get("fieldValidation", ""))
        made = self._born(call, obj)
        manager = self._manager(call, "Update")
        managed = after_update({}, _own(call, made), call.kind.schema, manager=manager, time=self._store.now())
        return Answer(code=201, body=self._insert(call, made, managed), warnings=warnings)

    def replace(self, call: Call) -> Answer:
        """PUT of an object or its status."""
        obj = self._body(call, call.parsed())
        self._stored(call)
        if not metadata(obj).get("resourceVersion") and (call.kind.custom or call.target.resource in _CONDITIONAL):
            why = "Invalid value: 0: must be specified for an update"
            cause = Cause(field="metadata.resourceVersion", reason="FieldValueInvalid", message=why)
            raise Invalid.of(call.target.resource, call.target.name, [cause])
        warnings = unknown(call.kind, obj, call.params.get("fieldValidation", ""))
        return Answer(body=self.update(call, obj), warnings=warnings)

    def patch(self, call: Call) -> Answer:
        """PATCH of an object or its status, in any of the four formats."""
        if call.content_type == APPLY:
            return self._apply(call)
        base = call.kind.shown(self._stored(call))
        obj = self._body(call, _patched(call, base))
        try:
            warnings = unknown(call.kind, obj, call.params.get("fieldValidation", ""))
            return Answer(body=self.update(call, obj), warnings=warnings)
        except Undecodable as error:
            cause = Cause(field="patch", reason="FieldValueInvalid", message=f"Invalid value: {error.why}")
            raise Invalid(f' "" is invalid: {cause}', {"causes": [cause.rendered()]}) from error

    def _apply(self, call: Call) -> Answer:
        if not call.params.get("fieldManager"):
            cause = Cause(
                field="fieldManager", reason="FieldValueRequired", message="Required value: is required for apply patch"
            )
            raise Invalid(f'PatchOptions.meta.k8s.io "" is invalid: {cause}', {"group": "meta.k8s.io", "kind": "PatchOptions"})
        given = call.parsed()
        if not isinstance(given, dict) or not given.get("apiVersion") or not given.get("kind"):
            raise BadRequest("invalid object type: an applied configuration needs apiVersion and kind")
        config = self._body(call, given)
        if metadata(config).get("managedFields"):
            raise BadRequest("metadata.managedFields must be nil")
        if strange := next(unknown_fields(config, call.kind.schema), None):
            what = f"({call.target.namespace}/{call.target.name}; {config['apiVersion']}, Kind={config['kind']})"
            raise ApiError(f"failed to create typed patch object {what}: .{strange}: field not declared in schema")
        current = self._store.get(call.target.resource, call.target.namespace, call.target.name)
        if current is None:
            return Answer(code=201, body=self._apply_new(call, config))
        return Answer(body=self._apply_over(call, config, current))

    def _apply_new(self, call: Call, config: Object) -> Object:
        if call.target.subresource:
            raise NotFound.of(call.target.resource, call.target.name)
        if metadata(config).get("uid"):
            self._store.replaceable(call.target.resource, config)
        made = self._born(call, config)
        manager, config = self._manager(call, "Apply"), _own(call, self._known(call, config))
        managed = after_apply({}, config, _own(call, made), call.kind.schema, manager=manager, time=self._store.now())
        return self._insert(call, made, managed)

    def _apply_over(self, call: Call, config: Object, current: Object) -> Object:
        self._store.replaceable(call.target.resource, config)
        live, schema, manager = call.kind.shown(current), call.kind.schema, self._manager(call, "Apply")
        config = _own(call, self._known(call, config))
        wanted = applied(live, config, schema, manager, force=call.flag("force"))
        made = self._admitted(call, wanted, current)
        managed = after_apply(live, config, made, schema, manager=manager, time=self._store.now())
        return self._replace(call, current, made, managed)

    def update(self, call: Call, wanted: Object) -> Object:
        """Write a whole object, or the part of it that the call's subresource is."""
        current = self._store.replaceable(call.target.resource, wanted)
        made = self._admitted(call, wanted, current)
        manager, live = self._manager(call, "Update"), call.kind.shown(current)
        managed = after_update(live, made, call.kind.schema, manager=manager, time=self._store.now())
        return self._replace(call, current, made, managed)

    def _born(self, call: Call, obj: Object) -> Object:
        """A new object, complete and judged, but for managedFields."""
        resource = call.target.resource
        self._require_open_namespace(call, name_of(obj))
        meta = {name: each for name, each in metadata(obj).items() if name not in _SERVERS}
        kept = {name: each for name, each in obj.items() if name != "status" or not resource.status}
        fresh = self._store.prepared(resource, {**kept, "metadata": meta})
        return self._admission.admitted(call.kind, fresh, None)

    def _insert(self, call: Call, made: Object, managed: list[Object]) -> Object:
        stored = self._store.insert(call.target.resource, _managed(made, managed), dry_run=call.dry_run)
        return call.kind.shown(stored)

    def _admitted(self, call: Call, wanted: Object, current: Object) -> Object:
        status = call.target.subresource == "status"
        merged = self._store.merged(call.target.resource, current, wanted, status=status)
        made = self._admission.admitted(call.kind, merged, current, status=status)
        if "managedFields" in metadata(wanted):
            made["metadata"]["managedFields"] = copied(metadata(wanted)["managedFields"])
        return made

    def _replace(self, call: Call, current: Object, made: Object, managed: list[Object]) -> Object:
        resource, status = call.target.resource, call.target.subresource == "status"
        made = _managed(made, managed)
        if call.dry_run:
            merged = self._store.merged(resource, current, made, status=status)
            merged["metadata"]["resourceVersion"] = metadata(current)["resourceVersion"]
            return call.kind.shown(merged)
        return call.kind.shown(self._store.replace(resource, made, status=status))

    def _stored(self, call: Call) -> Object:
        found = self._store.get(call.target.resource, call.target.namespace, call.target.name)
        if found is None:
            raise NotFound.of(call.target.resource, call.target.name)
        return found

    def _known(self, call: Call, config: Object) -> Object:
        """A configuration in the words in which it would be stored, without defaults."""
        made: Object = (
            pruned(config, call.kind.schema) if call.kind.custom else canonical(config, call.kind.schema, call.kind.resource)
        )
        return made

    def _manager(self, call: Call, operation: str) -> Manager:
        version = call.target.resource.api_version
        return Manager(name=call.manager, operation=operation, api_version=version, subresource=call.target.subresource)

    def _body(self, call: Call, given: Any) -> Object:
        """Check that the body is the object that the address names, and complete it from there. Raises BadRequest."""
        resource, at = call.target.resource, call.target
        if not isinstance(given, dict) or not isinstance(given.get("metadata", {}), dict | None):
            raise BadRequest(f"the body of the request is no {resource.kind}")
        for name, expected in (("apiVersion", resource.api_version), ("kind", resource.kind)):
            if given.get(name, expected) != expected:
                word = "API version" if name == "apiVersion" else "kind"
                raise BadRequest(f"the {word} in the data ({given[name]}) does not match the expected {word} ({expected})")
        meta = {**(given.get("metadata") or {})}
        if at.name and meta.setdefault("name", at.name) != at.name:
            raise BadRequest(f"the name of the object ({meta['name']}) does not match the name on the URL ({at.name})")
        if resource.namespaced and (meta.get("namespace") or at.namespace) != at.namespace:
            raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")
        if resource.namespaced:
            meta["namespace"] = at.namespace
        return {**given, "apiVersion": resource.api_version, "kind": resource.kind, "metadata": meta}

    def _require_open_namespace(self, call: Call, name: str) -> None:
        if not call.target.resource.namespaced:
            return
        namespace = self._store.get(NAMESPACES, None, call.target.namespace)
        if namespace is None:
            raise NotFound.of(NAMESPACES, call.target.namespace)
        if is_deleting(namespace):
            why = f"unable to create new content in namespace {call.target.namespace} because it is being terminated"
            raise Forbidden(f'{call.target.resource.key} "{name}" is forbidden: {why}')


def _patched(call: Call, base: Object) -> Any:
    match call.content_type:
        case "application/merge-patch+json":
            return merge_patch(base, call.parsed())
        case "application/json-patch+json":
            return json_patch(base, call.parsed())
        case "application/strategic-merge-patch+json" if not call.kind.custom:
            patch = call.parsed()
            if not isinstance(patch, dict):
                raise BadRequest("a strategic merge patch is an object")
            return strategic_merge(base, patch, call.kind.schema)
        case _:
            known = [JSON_PATCH, MERGE, *([] if call.kind.custom else [STRATEGIC]), APPLY]
            words = "the body of the request was in an unknown format - accepted media types include:"
            raise UnsupportedMediaType(f"{words} {', '.join(known)}")


def _own(call: Call, obj: Object) -> Object:
    """The part of an object that this endpoint writes."""
    if call.target.subresource == "status":
        return {"status": obj.get("status")}
    if call.target.resource.status:
        return {name: each for name, each in obj.items() if name != "status"}
    return obj


def _managed(made: Object, entries: list[Object]) -> Object:
    """Attach managedFields; an object that nobody manages carries none."""
    rest = {name: each for name, each in metadata(made).items() if name != "managedFields"}
    return {**made, "metadata": {**rest, "managedFields": entries} if entries else rest}
