"""Conditions in an object's status, as the workload controllers keep them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from canary.sandbox.objects import Object


def parsed(timestamp: str) -> datetime:
    return datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def seconds_between(start: str, end: str) -> float:
    return (parsed(end) - parsed(start)).total_seconds()


def condition_of(status: Object, kind: str) -> Object | None:
    conditions: list[Object] = status.get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), None)


def condition(kind: str, status: str, reason: str, message: str, now: str) -> Object:
    """Make a condition that was updated, and changed, now."""
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": now,
        "lastTransitionTime": now,
    }


def with_condition(conditions: Sequence[Object], new: Object, *, refresh: bool = False) -> list[Object]:
    """Replace the condition of the same type; the same status and reason again changes nothing unless `refresh`."""
    old = next((each for each in conditions if each["type"] == new["type"]), None)
    if old is not None and (old["status"], old["reason"]) == (new["status"], new["reason"]) and not refresh:
        return list(conditions)
    if old is not None and old["status"] == new["status"]:
        new = {**new, "lastTransitionTime": old["lastTransitionTime"]}
    return [*(each for each in conditions if each["type"] != new["type"]), new]
