"""The `/scale` subresource (`autoscaling/v1`): the number of replicas, whatever the kind calls it."""

from typing import Any

from canary.sandbox.apiserver.calls import Call
from canary.sandbox.apiserver.jsonpath import found
from canary.sandbox.apiserver.kinds import ScalePaths
from canary.sandbox.apiserver.patches import json_patch, merge_patch
from canary.sandbox.apiserver.writes import JSON_PATCH, MERGE, STRATEGIC
from canary.sandbox.errors import BadRequest, Cause, Invalid, UnsupportedMediaType
from canary.sandbox.objects import Object, copied, metadata


def scale_of(obj: Object, paths: ScalePaths) -> Object:
    """Show an object as a Scale."""
    kept = {name: metadata(obj).get(name) for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")}
    status = {"replicas": _at(obj, paths.status_replicas) or 0}
    if selector := _at(obj, paths.selector) if paths.selector else None:
        status["selector"] = _text(selector)
    spec = {"replicas": _at(obj, paths.spec_replicas) or 0}
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": kept, "spec": spec, "status": status}


def scaled(call: Call, obj: Object, paths: ScalePaths) -> Object:
    """Give the object with the replicas that a PUT or PATCH of its Scale asks for. Raises Invalid for a negative number."""
    wanted = _wanted(call, scale_of(obj, paths))
    number = (wanted.get("spec") or {}).get("replicas", 0) if isinstance(wanted, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise BadRequest("Scale.spec.replicas must be a whole number")
    if number < 0:
        message = f"Invalid value: {number}: must be greater than or equal to 0"
        cause = Cause(field="spec.replicas", reason="FieldValueInvalid", message=message)
        raise Invalid.of(call.target.resource, call.target.name, [cause])
    made: Object = copied(obj)
    made["metadata"]["resourceVersion"] = (wanted.get("metadata") or {}).get("resourceVersion") or ""
    *parents, last = paths.spec_replicas.split(".")
    at = made
    for each in parents:
        at = at.setdefault(each, {})
    at[last] = number
    return made


def _wanted(call: Call, current: Object) -> Any:
    given = call.parsed()
    if call.method == "PUT":
        return given
    if call.content_type == JSON_PATCH:
        return json_patch(current, given)
    if call.content_type in {MERGE, STRATEGIC}:
        return merge_patch(current, given)
    raise UnsupportedMediaType(f"the sandbox's /scale accepts {JSON_PATCH}, {MERGE} and {STRATEGIC}")


def _at(obj: Object, path: str) -> Any:
    values = found(path, obj)
    return values[0] if values else None


def _text(selector: Any) -> str:
    if isinstance(selector, str):
        return selector
    return ",".join(f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items()))
