"""Whose an object is: controller references, selectors, and adoption of orphans that a selector matches."""

from typing import Any

from canary.sandbox.objects import Object, is_deleting, labels_of, metadata, name_of, namespace_of, uid_of
from canary.sandbox.resources import Resource
from canary.sandbox.store import Store


def owner_reference(owner: Object) -> Object:
    """Name this object as the controller."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: Object) -> Object | None:
    """The reference to the one owner that manages the object; None for an orphan."""
    references: list[Object] = metadata(obj).get("ownerReferences") or []
    return next((each for each in references if each.get("controller")), None)


def is_controlled_by(obj: Object, owner: Object) -> bool:
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == uid_of(owner)


def selects(selector: dict[str, Any] | None, labels: dict[str, str]) -> bool:
    """Whether a LabelSelector matches; one without any term matches nothing, as controllers have it."""
    terms = (selector or {}).get("matchLabels") or {}
    expressions = (selector or {}).get("matchExpressions") or []
    if not terms and not expressions:
        return False
    return terms.items() <= labels.items() and all(_holds(each, labels) for each in expressions)


def _holds(expression: dict[str, Any], labels: dict[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case other:
            raise ValueError(f"{other!r} is no operator of a label selector")


def claimed(store: Store, resource: Resource, owner: Object) -> list[Object]:
    """List what the owner controls, oldest first, after adopting orphans that its selector matches."""
    found = []
    for each in store.list(resource, namespace_of(owner)):
        if is_controlled_by(each, owner):
            found.append(each)
        elif controller_of(each) is None and _may_adopt(owner, each):
            found.append(store.mutate(resource, namespace_of(each), name_of(each), lambda obj: _add_owner(obj, owner)))
    return sorted(found, key=_age)


def _may_adopt(owner: Object, orphan: Object) -> bool:
    if is_deleting(owner) or is_deleting(orphan):
        return False
    return selects(owner["spec"].get("selector"), labels_of(orphan))


def _add_owner(obj: Object, owner: Object) -> None:
    obj["metadata"].setdefault("ownerReferences", []).append(owner_reference(owner))


def _age(obj: Object) -> tuple[str, str]:
    return metadata(obj)["creationTimestamp"], name_of(obj)
