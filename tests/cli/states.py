"""A Canary in the states that the command line has to show: as the API server returns it."""

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 21, 14, 10, 5, tzinfo=UTC)
OLD, NEW = "6d4b75cb6d", "a1b2c3d4e5"

STEPS = [
    {"weight": 5, "hold": "1m"},
    {"weight": 25, "hold": "5m", "minRequests": 1000, "tests": ["smoke"]},
    {"weight": 50, "hold": "5m", "approval": True},
    {"weight": 100, "hold": "10m"},
]
PLAN = {
    "steps": STEPS,
    "mesh": True,
    "drain": "30s",
    "keep": False,
    "sizing": {"match": True, "full": False, "ready": 100, "deadline": "10m"},
    "judged": True,
    "needsProof": False,
    "stepDeadline": "1h",
}


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat().replace("+00:00", "Z")


def a_canary(status: dict[str, Any] | None = None, *, name: str = "reviews", annotations: dict | None = None) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "bookinfo", "generation": 2, "creationTimestamp": ago(hours=3), "resourceVersion": "7"}
    spec = {
        "target": {"deployment": "reviews"},
        "service": {"name": "reviews", "port": 9080},
        "traffic": {"router": "smi"},
    }
    obj = {
        "apiVersion": "canary.delivery/v1alpha1",
        "kind": "Canary",
        "metadata": {**metadata, **({"annotations": annotations} if annotations else {})},
        "spec": spec,
    }
    return obj if status is None else {**obj, "status": {"observedGeneration": 2, **status}}


def a_rollout(revision: str = NEW, **fields: Any) -> dict[str, Any]:
    return {
        "id": "0a1b-3",
        "number": 3,
        "revision": revision,
        "image": "reviews:v2",
        "stableWorkload": "reviews",
        "canaryWorkload": "reviews-canary",
        "startedAt": ago(seconds=200),
        "stage": "Stepping",
        "step": 2,
        "of": 4,
        "attempt": 1,
        "stepStartedAt": ago(seconds=100),
        "weight": 25,
        "liveAt": ago(seconds=90),
        "replicas": 4,
        "reverting": False,
        "byHand": False,
        "paused": False,
        "why": "",
        "sentence": "",
        "plan": PLAN,
        **fields,
    }


def idle(revision: str = OLD, **fields: Any) -> dict[str, Any]:
    return {
        "phase": "Idle",
        "reason": "Idle",
        "message": f"{revision} serves; nothing new to try.",
        "stable": {"workload": "reviews", "revision": revision, "image": "reviews:v1", "replicas": 4, "ready": 4},
        "rollouts": 2,
        **fields,
    }


def progressing(revision: str = NEW, **fields: Any) -> dict[str, Any]:
    return {
        **idle(),
        "phase": "Progressing",
        "reason": "Holding",
        "message": "Holds 25 % for 5m.",
        "step": "2/4",
        "weight": "25%",
        "verdict": "Continue",
        "canary": {"workload": "reviews-canary", "revision": revision, "image": "reviews:v2", "replicas": 2, "ready": 1},
        "rollouts": 3,
        "rollout": a_rollout(revision),
        "traffic": {"router": "smi", "wanted": 25, "live": 25, "acknowledged": True},
        **fields,
    }


def paused(**fields: Any) -> dict[str, Any]:
    message = "Waits for approval at 50 %: `canary advance` goes on, `canary rollback` goes back."
    return progressing(**{"phase": "Paused", "reason": "WaitingForApproval", "message": message, **fields})


def promoted(revision: str = NEW, **fields: Any) -> dict[str, Any]:
    line = a_line(revision, "Promoted", f"{revision} is promoted.")
    return {
        **idle(revision, rollouts=3),
        "phase": "Promoted",
        "reason": "Promoted",
        "message": f"{revision} is promoted.",
        "history": [line],
        **fields,
    }


def rolled_back(revision: str = NEW, **fields: Any) -> dict[str, Any]:
    sentence = "Canary fails 30 % of 52 requests, stable 0 % of 400: over the limit of 5 %."
    return {
        **idle(rollouts=3),
        "phase": "RolledBack",
        "reason": "AnalysisFailed",
        "message": sentence,
        "canary": {"revision": revision, "image": "reviews:v2"},
        "rejected": revision,
        "history": [a_line(revision, "RolledBack", sentence)],
        **fields,
    }


def superseded(revision: str = NEW, newer: str = "ffffffffff") -> dict[str, Any]:
    """The rollout of `revision` ended because `newer` came; that one is under way now."""
    line = a_line(revision, "Superseded", f"Revision {newer} came while {revision} was tried.")
    return {**progressing(newer, rollout=a_rollout(newer, number=4), rollouts=4), "history": [line]}


def a_line(revision: str, outcome: str, sentence: str, number: int = 3) -> dict[str, Any]:
    return {
        "number": number,
        "revision": revision,
        "image": "reviews:v2",
        "outcome": outcome,
        "startedAt": ago(minutes=12),
        "endedAt": ago(minutes=10),
        "sentence": sentence,
    }


def a_condition(kind: str, status: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "reason": "ServiceNotFound",
        "message": "there is no Service",
        "observedGeneration": 2,
        "lastTransitionTime": ago(minutes=1),
    }
