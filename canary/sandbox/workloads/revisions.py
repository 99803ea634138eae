"""The annotations between a Deployment and its ReplicaSets: revision numbers, and for which size each was sized."""

from canary.sandbox.objects import Object, metadata
from canary.sandbox.workloads.rolling import Limits

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MOST = "deployment.kubernetes.io/max-replicas"
_OWN = {REVISION, HISTORY, DESIRED, MOST, "kubectl.kubernetes.io/last-applied-configuration"}


def revision_of(obj: Object) -> int:
    """The number of a ReplicaSet's or a Deployment's revision; 0 when it has none yet."""
    return int((metadata(obj).get("annotations") or {}).get(REVISION) or 0)


def inherited(deployment: Object) -> dict[str, str]:
    """The Deployment's annotations that its ReplicaSets carry too."""
    return {name: value for name, value in (metadata(deployment).get("annotations") or {}).items() if name not in _OWN}


def with_revision(replica_set: Object, number: int, extra: dict[str, str]) -> None:
    """Number it, in place; a number that it had before goes into its history, as after `kubectl rollout undo`."""
    annotations = replica_set["metadata"].setdefault("annotations", {})
    before = annotations.get(REVISION)
    annotations.update(extra)
    if before == str(number):
        return
    if before:
        annotations[HISTORY] = ",".join([*filter(None, annotations.get(HISTORY, "").split(",")), before])
    annotations[REVISION] = str(number)


def sized_for(replica_set: Object, size: int, limits: Limits) -> None:
    """Set the number of pods, in place, and note what the Deployment wanted and allowed at that moment."""
    replica_set["spec"]["replicas"] = size
    annotations = replica_set["metadata"].setdefault("annotations", {})
    annotations |= {DESIRED: str(limits.replicas), MOST: str(limits.most)}
