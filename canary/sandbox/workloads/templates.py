"""Pod templates: when two are the same, the hash that names a ReplicaSet, and a pod made from one."""

import hashlib
import json

from canary.sandbox.objects import Object, copied, namespace_of
from canary.sandbox.workloads.owners import owner_reference

HASH_LABEL = "pod-template-hash"
# The letters that Kubernetes uses, from which no word can be spelled.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def same_template(one: Object, other: Object) -> bool:
    """Whether two templates are equal but for the hash label."""
    return without_hash(one) == without_hash(other)


def without_hash(template: Object) -> Object:
    meta = {name: value for name, value in (template.get("metadata") or {}).items() if name != "creationTimestamp"}
    labels = {name: value for name, value in (meta.get("labels") or {}).items() if name != HASH_LABEL}
    return {**template, "metadata": {**meta, "labels": labels}}


def hash_of(template: Object) -> str:
    """Ten letters that depend on the template alone."""
    digest = int.from_bytes(hashlib.sha256(json.dumps(without_hash(template), sort_keys=True).encode()).digest(), "big")
    letters = []
    for _ in range(10):
        digest, letter = divmod(digest, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "".join(letters)


def pod_from(template: Object, owner: Object, prefix: str) -> Object:
    """Make a pod of this template that the owner controls; its name gets a random end."""
    meta = copied(template.get("metadata") or {})
    kept = {name: meta[name] for name in ("labels", "annotations", "finalizers") if meta.get(name)}
    return {
        "metadata": {
            **kept,
            "generateName": f"{prefix[:57]}-",
            "namespace": namespace_of(owner),
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": copied(template["spec"]),
        "status": {"phase": "Pending"},
    }
