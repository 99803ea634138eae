"""Deleting: one object or a collection, with preconditions, propagation and dry run; and definitions, whose objects go first."""

from typing import Any

from canary.sandbox.apiserver.calls import Answer, Call, parsed
from canary.sandbox.apiserver.definitions import CLEANUP
from canary.sandbox.apiserver.kinds import defined_kinds
from canary.sandbox.errors import BadRequest, Conflict, NotFound
from canary.sandbox.objects import Object, finalizers_of, is_deleting, metadata, name_of, namespace_of, uid_of
from canary.sandbox.resources import CUSTOM_RESOURCE_DEFINITIONS, JOBS, NAMESPACES, PODS, Resource
from canary.sandbox.store import Store
from canary.sandbox.watches import Change, Event

# Kinds whose deletion is answered with the object even when it is gone.
_SHOWN_WHEN_GONE = (PODS, NAMESPACES, CUSTOM_RESOURCE_DEFINITIONS)
_POLICIES = {"Background", "Foreground", "Orphan"}


class Deletes:
    def __init__(self, store: Store) -> None:
        self._store = store
        store.listen(self._finish_definition)

    def one(self, call: Call) -> Answer:
        """DELETE of an object: a Status when it is gone, the object while something holds it."""
        at, options = call.target, _options(call)
        current = self._store.get(at.resource, at.namespace, at.name)
        if current is None:
            raise NotFound.of(at.resource, at.name)
        _require_preconditions(at.resource, current, options.get("preconditions") or {})
        policy = _propagation(at.resource, options)
        if not (call.dry_run or options.get("dryRun")):
            current = self._delete(at.resource, current, policy)
        gone = call.dry_run or options.get("dryRun") or self._store.get(at.resource, at.namespace, at.name) is None
        status = gone and at.resource not in _SHOWN_WHEN_GONE
        return Answer(body=_success(at.resource, current) if status else call.kind.shown(current))

    def many(self, call: Call, chosen: list[Object]) -> list[Object]:
        """Delete these objects of one kind; gives them as they were last."""
        options = _options(call)
        policy = _propagation(call.target.resource, options)
        if call.dry_run or options.get("dryRun"):
            return chosen
        return [self._delete(call.target.resource, each, policy) for each in chosen]

    def _delete(self, resource: Resource, current: Object, policy: str) -> Object:
        if resource == CUSTOM_RESOURCE_DEFINITIONS:
            return self._delete_definition(current)
        return self._store.delete(resource, namespace_of(current), name_of(current), propagation=policy)

    def _delete_definition(self, definition: Object) -> Object:
        """A definition waits for its objects, and they for their finalizers."""

        def hold(each: Object) -> None:
            each["metadata"]["finalizers"] = [*finalizers_of(each), CLEANUP]

        name = name_of(definition)
        if CLEANUP not in finalizers_of(definition) and not is_deleting(definition):
            self._store.mutate(CUSTOM_RESOURCE_DEFINITIONS, None, name, hold)
        marked = self._store.delete(CUSTOM_RESOURCE_DEFINITIONS, None, name)
        resource = defined_kinds(definition)[0].resource
        for each in self._store.list(resource):
            self._store.delete(resource, namespace_of(each), name_of(each))
        self._release(marked)
        return self._store.get(CUSTOM_RESOURCE_DEFINITIONS, None, name) or marked

    def _finish_definition(self, resource: Resource, event: Event) -> None:
        if event.type is Change.DELETED:
            definition = self._store.get(CUSTOM_RESOURCE_DEFINITIONS, None, resource.key)
            if definition is not None and is_deleting(definition):
                self._release(definition)

    def _release(self, definition: Object) -> None:
        def let_go(each: Object) -> None:
            each["metadata"]["finalizers"] = [name for name in finalizers_of(each) if name != CLEANUP]

        waits = self._store.get(CUSTOM_RESOURCE_DEFINITIONS, None, name_of(definition)) is not None
        if waits and not self._store.list(defined_kinds(definition)[0].resource):
            self._store.mutate(CUSTOM_RESOURCE_DEFINITIONS, None, name_of(definition), let_go)


def _options(call: Call) -> Object:
    given: Any = parsed(call.body, call.content_type) if call.body.strip() else {}
    if not isinstance(given, dict):
        raise BadRequest("the body of a DELETE is no DeleteOptions")
    query = {name: call.params[name] for name in ("propagationPolicy",) if call.params.get(name)}
    return {**given, **query}


def _propagation(resource: Resource, options: Object) -> str:
    if options.get("orphanDependents"):
        return "Orphan"
    policy = str(options.get("propagationPolicy") or ("Orphan" if resource == JOBS else "Background"))
    if policy not in _POLICIES:
        raise BadRequest(f'DeleteOptions is invalid: propagationPolicy: Unsupported value: "{policy}"')
    return policy


def _require_preconditions(resource: Resource, current: Object, wanted: Object) -> None:
    for name, label in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        stored = metadata(current)[name]
        if wanted.get(name) not in {None, stored}:
            why = f"Precondition failed: {label} in precondition: {wanted[name]}, {label} in object meta: {stored}"
            raise Conflict.of(resource, name_of(current), why)


def _success(resource: Resource, obj: Object) -> Object:
    group = {"group": resource.group} if resource.group else {}
    details = {"name": name_of(obj), **group, "kind": resource.plural, "uid": uid_of(obj)}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
