"""Pod templates and the revisions that they are.

Whether two templates are the same is decided by comparing them as the API server returns them, never by a hash of ours: a
release of Kubernetes or of Canary that fills in one more default then starts no rollout. The hash only gives a revision its name.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from canary.k8s.names import CANARY_LABEL, ROLE_LABEL
from canary.k8s.port import Obj

POD_HASH = "pod-template-hash"
REVISION_ANNOTATION = "deployment.kubernetes.io/revision"
LONGEST_STEM = 58  # Kubernetes cuts a pod's name here before it adds five random characters
_OURS = (POD_HASH, ROLE_LABEL, CANARY_LABEL)


def bare(template: Mapping[str, Any]) -> Obj:
    """A pod template without the labels that Kubernetes and Canary add to it."""
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = {key: value for key, value in (metadata.get("labels") or {}).items() if key not in _OURS}
    return {**template, "metadata": metadata}


def revision_of(template: Mapping[str, Any]) -> str:
    """The name of a template: ten hexadecimal digits of its content."""
    canonical = json.dumps(bare(template), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:10]


def template_of(workload: Obj) -> Obj:
    """The pod template of a Deployment or ReplicaSet."""
    template: Obj = workload["spec"]["template"]
    return template


def image_of(template: Mapping[str, Any]) -> str:
    """The image of the first container, which is what people call the version."""
    containers = template.get("spec", {}).get("containers") or [{}]
    return str(containers[0].get("image", ""))


def pod_hash(replica_set: Obj) -> str:
    """Kubernetes' own name for the template of a ReplicaSet, as its pods carry it."""
    return str((replica_set["metadata"].get("labels") or {}).get(POD_HASH, ""))


def running(replica_sets: Sequence[Obj]) -> Obj | None:
    """The newest ReplicaSet that is meant to have pods; the newest at all when none is; None when there is none."""
    newest = sorted(replica_sets, key=_number, reverse=True)
    return next((found for found in newest if found["spec"].get("replicas")), newest[0] if newest else None)


def with_template(replica_sets: Sequence[Obj], template: Mapping[str, Any]) -> Obj | None:
    """The newest ReplicaSet with exactly this template."""
    wanted = bare(template)
    newest = sorted(replica_sets, key=_number, reverse=True)
    return next((found for found in newest if bare(template_of(found)) == wanted), None)


def named(replica_sets: Sequence[Obj], revision: str | None) -> Obj | None:
    """The ReplicaSet of this revision."""
    return next((found for found in replica_sets if revision_of(template_of(found)) == revision), None)


def _number(workload: Obj) -> int:
    text = (workload["metadata"].get("annotations") or {}).get(REVISION_ANNOTATION, "0")
    return int(text) if text.isdigit() else 0
