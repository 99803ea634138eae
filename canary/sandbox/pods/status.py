"""A pod's status at each point of its life. Pure: the pod as it was, what is now true of its containers, the time."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from canary.sandbox.objects import Object
from canary.sandbox.workloads.conditions import condition_of

HOST_IP = "10.0.0.1"


class Phase(StrEnum):
    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    """What all containers of a pod are doing: `state` and `last` in Kubernetes' words, such as `{"waiting": {...}}`."""

    state: dict[str, Any]
    last: dict[str, Any] | None = None
    ready: bool = False
    restarts: int = 0


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def running(now: str) -> dict[str, Any]:
    return {"running": {"startedAt": now}}


def terminated(code: int, started: str, now: str) -> dict[str, Any]:
    reason = "Error" if code else "Completed"
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": started, "finishedAt": now}}


def status_of(pod: Object, phase: Phase, containers: Containers, ip: str, now: str) -> Object:
    old = pod.get("status") or {}
    addressed = {"podIP": ip, "podIPs": [{"ip": ip}]} if ip else {}
    return {
        "phase": phase.value,
        "conditions": _conditions(old, phase, containers, now),
        "hostIP": HOST_IP,
        **addressed,
        "startTime": old.get("startTime") or now,
        "qosClass": old.get("qosClass", "BestEffort"),
        "containerStatuses": [_container(each, containers) for each in pod["spec"].get("containers") or []],
    }


def _conditions(old: Object, phase: Phase, containers: Containers, now: str) -> list[Object]:
    reason = "PodCompleted" if phase is Phase.SUCCEEDED else "ContainersNotReady"
    truths = {"PodScheduled": True, "Initialized": True, "ContainersReady": containers.ready, "Ready": containers.ready}
    conditions = []
    for kind, true in truths.items():
        status = str(true)
        before = condition_of(old, kind)
        since = before["lastTransitionTime"] if before is not None and before["status"] == status else now
        why = {} if true else {"reason": reason}
        conditions.append({"type": kind, "status": status, **why, "lastProbeTime": None, "lastTransitionTime": since})
    return conditions


def _container(container: Object, containers: Containers) -> Object:
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "ready": containers.ready,
        "started": "running" in containers.state,
        "restartCount": containers.restarts,
        "state": containers.state,
        "lastState": containers.last or {},
    }
