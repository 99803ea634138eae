"""What counts as a ready, an available and an active pod."""

from canary.sandbox.objects import Object, is_deleting
from canary.sandbox.workloads.conditions import condition_of, seconds_between


def is_finished(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


def is_active(pod: Object) -> bool:
    return not is_finished(pod) and not is_deleting(pod)


def is_ready(pod: Object) -> bool:
    found = condition_of(pod.get("status") or {}, "Ready")
    return found is not None and found["status"] == "True"


def seconds_to_available(pod: Object, minimum: int, now: str) -> float | None:
    """Seconds until a pod has been ready for long enough, 0 when it has; None while it isn't ready."""
    if not is_ready(pod):
        return None
    found = condition_of(pod["status"], "Ready")
    assert found is not None
    return max(0.0, minimum - seconds_between(found["lastTransitionTime"], now))
