"""A Deployment's status: what its ReplicaSets add up to, and whether it is getting anywhere. Pure; time is an argument."""

from collections.abc import Sequence

from canary.sandbox.objects import Object, metadata, name_of
from canary.sandbox.workloads.conditions import condition, condition_of, seconds_between, with_condition
from canary.sandbox.workloads.rolling import limits_of, replicas_of

AVAILABLE, PROGRESSING = "Available", "Progressing"
DONE, TIMED_OUT = "NewReplicaSetAvailable", "ProgressDeadlineExceeded"
PAUSED, RESUMED = "DeploymentPaused", "DeploymentResumed"
DEFAULT_DEADLINE = 600


def deadline_of(deployment: Object) -> int:
    """Seconds without progress after which a rollout counts as stuck."""
    return int(deployment["spec"].get("progressDeadlineSeconds") or DEFAULT_DEADLINE)


def counted(deployment: Object, new: Object | None, everyone: Sequence[Object], now: str) -> Object:
    """The status with current numbers and the Available condition; other conditions as they were."""
    available = _sum(everyone, "availableReplicas")
    old = deployment.get("status") or {}
    status = {
        "observedGeneration": metadata(deployment)["generation"],
        "replicas": _sum(everyone, "replicas"),
        "updatedReplicas": _sum([new] if new else [], "replicas"),
        "readyReplicas": _sum(everyone, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(replicas_of(each) for each in everyone) - available),
    }
    conditions = with_condition(old.get("conditions") or [], _availability(deployment, available, now))
    kept = {name: value for name, value in status.items() if value or name == "observedGeneration"}
    return {**kept, "conditions": conditions}


def _sum(sets: Sequence[Object], name: str) -> int:
    return sum((each.get("status") or {}).get(name, 0) for each in sets)


def _availability(deployment: Object, available: int, now: str) -> Object:
    if available >= limits_of(deployment).fewest_available:
        message = "Deployment has minimum availability."
        return condition(AVAILABLE, "True", "MinimumReplicasAvailable", message, now)
    message = "Deployment does not have minimum availability."
    return condition(AVAILABLE, "False", "MinimumReplicasUnavailable", message, now)


def with_progress(deployment: Object, status: Object, new: Object | None, now: str) -> Object:
    """Judge a rollout that may move: complete, moving, or out of time."""
    old = deployment.get("status") or {}
    current = condition_of(old, PROGRESSING)
    settled = status.get("replicas", 0) == status.get("updatedReplicas", 0)
    if settled and current is not None and current["reason"] == DONE:
        return status
    subject = f'ReplicaSet "{name_of(new)}"' if new else f'Deployment "{name_of(deployment)}"'
    if is_complete(deployment, status):
        return _set(status, condition(PROGRESSING, "True", DONE, f"{subject} has successfully progressed.", now))
    if _moved(old, status):
        going = condition(PROGRESSING, "True", "ReplicaSetUpdated", f"{subject} is progressing.", now)
        return _set(status, going, refresh=True)
    if current is not None and _is_out_of_time(deployment, current, now):
        return _set(status, condition(PROGRESSING, "False", TIMED_OUT, f"{subject} has timed out progressing.", now))
    return status


def with_pause(deployment: Object, status: Object, now: str) -> Object:
    """Say that the deployment is paused, or that it was resumed, which both stop the clock."""
    current = condition_of(status, PROGRESSING)
    reason = current["reason"] if current else ""
    if reason == TIMED_OUT:
        return status
    if deployment["spec"].get("paused"):
        return _set(status, condition(PROGRESSING, "Unknown", PAUSED, "Deployment is paused", now))
    if reason == PAUSED:
        return _set(status, condition(PROGRESSING, "Unknown", RESUMED, "Deployment is resumed", now))
    return status


def is_complete(deployment: Object, status: Object) -> bool:
    wanted = replicas_of(deployment)
    return all(status.get(name, 0) == wanted for name in ("replicas", "updatedReplicas", "availableReplicas"))


def seconds_left(deployment: Object, now: str) -> float | None:
    """When to look whether the rollout is stuck; None when no clock is running."""
    current = condition_of(deployment.get("status") or {}, PROGRESSING)
    if current is None or current["reason"] in {DONE, TIMED_OUT, PAUSED}:
        return None
    # Timestamps have whole seconds: one more, or we would look a moment too early, and again and again.
    return max(0.0, deadline_of(deployment) - seconds_between(current["lastUpdateTime"], now)) + 1


def _set(status: Object, new: Object, *, refresh: bool = False) -> Object:
    return {**status, "conditions": with_condition(status["conditions"], new, refresh=refresh)}


def _moved(old: Object, new: Object) -> bool:
    def grew(name: str) -> bool:
        return bool(new.get(name, 0) > old.get(name, 0))

    def outdated(status: Object) -> int:
        return int(status.get("replicas", 0) - status.get("updatedReplicas", 0))

    return grew("updatedReplicas") or grew("readyReplicas") or grew("availableReplicas") or outdated(new) < outdated(old)


def _is_out_of_time(deployment: Object, current: Object, now: str) -> bool:
    if current["reason"] in {DONE, PAUSED}:
        return False
    return seconds_between(current["lastUpdateTime"], now) >= deadline_of(deployment)
