"""What happens to an object between its arrival and the store: unknown fields, defaults, validation, in this order."""

from collections.abc import Iterator
from dataclasses import dataclass

from canary.sandbox.apiserver.builtin import builtin_schema
from canary.sandbox.apiserver.canonical import canonical
from canary.sandbox.apiserver.defaults import allocate_address, allocate_node_ports, fill_builtin
from canary.sandbox.apiserver.definitions import complete_definition, definition_causes
from canary.sandbox.apiserver.kinds import Kind
from canary.sandbox.apiserver.rules import broken_rules
from canary.sandbox.apiserver.schema import Node, fill, pruned, unknown_fields
from canary.sandbox.apiserver.validation import builtin_causes, metadata_causes
from canary.sandbox.apiserver.violations import violations
from canary.sandbox.errors import Cause, Invalid, Undecodable
from canary.sandbox.objects import Object, finalizers_of, is_deleting, metadata, name_of, uid_of
from canary.sandbox.resources import CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, SERVICES
from canary.sandbox.store import Store

_STRICTNESS = ("Strict", "Warn", "Ignore", "")
# Fields that clients, Kubernetes' own included, may leave out of a status although the models call them required.
_UNREQUIRED = ("status",)
_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
)
_BLOCKING = {f"FieldValue{each}" for each in ("NotSupported", "Required", "TooLong", "TooMany", "TypeInvalid")}
_TWIN = "FieldValueDuplicate"


@dataclass(frozen=True, slots=True)
class Admission:
    store: Store

    def admitted(self, kind: Kind, obj: Object, old: Object | None, *, status: bool = False) -> Object:
        """Give the object as it may be stored. Raises Undecodable for wrong types, Invalid with every cause otherwise.

        `old` is what is stored, None at creation; `status` says that only the status is being written.
        """
        made = self._custom(kind, obj) if kind.custom else self._built_in(kind, obj, old)
        causes = [*self._causes(kind, made, old, status=status)]
        if causes:
            raise Invalid.of(kind.resource, name_of(made), causes)
        return made

    def _custom(self, kind: Kind, obj: Object) -> Object:
        made: Object = pruned(obj, kind.schema)
        made["metadata"] = canonical(metadata(made), _metadata_schema(), kind.resource)
        fill(made, kind.published)
        made["apiVersion"] = kind.stored_as
        return made

    def _built_in(self, kind: Kind, obj: Object, old: Object | None) -> Object:
        made = canonical(obj, kind.schema, kind.resource)
        fill_builtin(kind.resource, made)
        if kind.resource == SERVICES:
            self._place(made, old)
        if kind.resource == CUSTOM_RESOURCE_DEFINITIONS:
            complete_definition(made, self.store.now())
        return made

    def _place(self, service: Object, old: Object | None) -> None:
        taken = [each for each in self.store.list(SERVICES) if uid_of(each) != uid_of(service)]
        if old and not service["spec"].get("clusterIP") and service["spec"]["type"] != "ExternalName":
            service["spec"]["clusterIP"] = old["spec"].get("clusterIP")
        allocate_address(service, taken)
        allocate_node_ports(service, taken)

    def _causes(self, kind: Kind, made: Object, old: Object | None, *, status: bool) -> Iterator[Cause]:
        if old is None:
            yield from metadata_causes(kind.resource, made)
        else:
            yield from _late_finalizers(made, old)
        if kind.custom:
            yield from _custom_causes(kind, made, old)
        elif not status:
            yield from self._built_in_causes(kind, made, old)

    def _built_in_causes(self, kind: Kind, made: Object, old: Object | None) -> Iterator[Cause]:
        if kind.resource == CUSTOM_RESOURCE_DEFINITIONS:
            yield from definition_causes(made)
            return
        causes = [*builtin_causes(kind.resource, made, old)]
        yield from causes
        known = {cause.field for cause in causes}
        if kind.resource != NAMESPACES:
            body = {name: each for name, each in made.items() if name not in _UNREQUIRED}
            # Twins are refused above where Kubernetes refuses them; a variable may well be named twice.
            yield from (
                each for each in violations(body, kind.schema, old=old) if each.field not in known and each.reason != _TWIN
            )


def _custom_causes(kind: Kind, made: Object, old: Object | None) -> Iterator[Cause]:
    """The schema's word first: rules can't be asked about an object of the wrong shape."""
    causes = [*violations(made, kind.schema, old=old)]
    yield from causes
    if not kind.has_rules or kind.published is None:
        return
    if any(each.reason in _BLOCKING for each in causes):
        yield Cause(field="<nil>", reason="FieldValueInvalid", message=f"Invalid value: null: {_UNCHECKED}")
    else:
        yield from broken_rules(made, old, kind.published)


def unknown(kind: Kind, obj: Object, strictness: str) -> list[str]:
    """Give a warning for each unknown field. Raises Undecodable when they are refused (`Strict`)."""
    if strictness not in _STRICTNESS:
        raise Invalid(f'fieldValidation: Unsupported value: "{strictness}": supported values: "", "Ignore", "Strict", "Warn"')
    if strictness == "Ignore":
        return []
    found = [f'unknown field "{field}"' for field in unknown_fields(obj, kind.schema)]
    if found and strictness == "Strict":
        raise Undecodable(kind.resource, f"strict decoding error: {', '.join(found)}")
    return found


def _metadata_schema() -> Node:
    schema: Node = builtin_schema(CUSTOM_RESOURCE_DEFINITIONS)["properties"]["metadata"]
    return schema


def _late_finalizers(made: Object, old: Object) -> Iterator[Cause]:
    late = [each for each in finalizers_of(made) if each not in finalizers_of(old)]
    if is_deleting(old) and late:
        listed = ", ".join(f'"{each}"' for each in late)
        words = "no new finalizers can be added if the object is being deleted, found new finalizers"
        yield Cause(field="metadata.finalizers", reason="FieldValueForbidden", message=f"Forbidden: {words} []string{{{listed}}}")
