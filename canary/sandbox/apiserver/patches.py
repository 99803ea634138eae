"""The patch formats that need no schema: JSON merge patch (RFC 7386) and JSON patch (RFC 6902)."""

from typing import Any

import jsonpatch

from canary.sandbox.errors import BadRequest, Invalid
from canary.sandbox.objects import Object, copied


def merge_patch(target: Any, patch: Any) -> Any:
    """Give the target with the patch merged in: null removes, lists are replaced."""
    if not isinstance(patch, dict):
        return copied(patch)
    made = dict(target) if isinstance(target, dict) else {}
    for name, each in patch.items():
        if each is None:
            made.pop(name, None)
        else:
            made[name] = merge_patch(made.get(name), each)
    return made


def json_patch(target: Object, operations: Any) -> Object:
    """Give the target after the operations. Raises BadRequest for what is no patch, Invalid for one that does not apply."""
    if not isinstance(operations, list):
        raise BadRequest(f"json: cannot unmarshal {type(operations).__name__} into Go value of type jsonpatch.Patch")
    try:
        made: Object = jsonpatch.apply_patch(target, operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise Invalid(f"the server rejected our request due to an error in our request: {error}") from error
    return made
