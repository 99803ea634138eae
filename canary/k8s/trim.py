"""What a cache keeps of an object: everything but what nobody here reads, since a thousand of each have to fit in memory."""

from collections.abc import Callable
from typing import Any

from canary.k8s.port import Obj

Trim = Callable[[Obj], Obj]

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def trim(obj: Obj) -> Obj:
    """Without the bookkeeping of field owners and kubectl's copy of the manifest, which are often the larger half."""
    metadata = {key: value for key, value in obj.get("metadata", {}).items() if key != "managedFields"}
    annotations = metadata.get("annotations")
    if annotations and _LAST_APPLIED in annotations:
        metadata["annotations"] = {key: value for key, value in annotations.items() if key != _LAST_APPLIED}
    return {**obj, "metadata": metadata}


def trim_pod(obj: Obj) -> Obj:
    """Identity, labels and state: enough to tell a ready pod from one that can't start, and why."""
    return trim({**obj, "spec": _only(obj, "spec", "nodeName"), "status": _only(obj, "status", *_POD_STATUS)})


_POD_STATUS = ("phase", "reason", "message", "podIP", "startTime", "conditions", "containerStatuses", "initContainerStatuses")


def _only(obj: Obj, part: str, *fields: str) -> dict[str, Any]:
    kept = obj.get(part) or {}
    return {field: kept[field] for field in fields if field in kept}
