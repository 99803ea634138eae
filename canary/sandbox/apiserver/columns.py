"""What `kubectl get` shows of the built-in kinds: one tuple of columns for each, the wide ones last."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from canary.sandbox.apiserver.ages import age, human
from canary.sandbox.objects import Object, is_deleting, metadata, name_of
from canary.sandbox.resources import Resource


@dataclass(frozen=True, slots=True)
class Column:
    """`cell` gets the object and the time; `wide` ones only show with `-o wide`."""

    name: str
    cell: Callable[[Object, datetime], Any]
    type: str = "string"
    wide: bool = False


def _spec(obj: Object) -> Object:
    return obj.get("spec") or {}


def _status(obj: Object) -> Object:
    return obj.get("status") or {}


def _pod_spec(obj: Object) -> Object:
    template: Object = _spec(obj).get("template") or {}
    return _spec(template)


def _pairs(labels: Object | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or "<none>"


def _containers(spec: Object, field: str) -> str:
    return ",".join(str(each.get(field, "")) for each in spec.get("containers") or [])


def _selector(obj: Object, _: datetime) -> str:
    return _pairs((_spec(obj).get("selector") or {}).get("matchLabels"))


def _pod_ready(obj: Object, _: datetime) -> str:
    statuses = _status(obj).get("containerStatuses") or []
    ready = sum(bool(each.get("ready")) for each in statuses)
    return f"{ready}/{len(_spec(obj).get('containers') or [])}"


def _pod_status(obj: Object, _: datetime) -> str:
    if is_deleting(obj):
        return "Terminating"
    shown = _status(obj).get("reason") or _status(obj).get("phase") or "Unknown"
    for each in _status(obj).get("containerStatuses") or []:
        state = each.get("state") or {}
        reason = (state.get("waiting") or {}).get("reason") or (state.get("terminated") or {}).get("reason")
        shown = reason or shown
    return str(shown)


def _restarts(obj: Object, _: datetime) -> str:
    return str(sum(each.get("restartCount", 0) for each in _status(obj).get("containerStatuses") or []))


def _ports(obj: Object, _: datetime) -> str:
    shown = []
    for port in _spec(obj).get("ports") or []:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or "<none>"


def _deployment_ready(obj: Object, _: datetime) -> str:
    return f"{_status(obj).get('readyReplicas', 0)}/{_spec(obj).get('replicas', 0)}"


def _job_status(obj: Object, _: datetime) -> str:
    true = [each["type"] for each in _status(obj).get("conditions") or [] if each.get("status") == "True"]
    known = [each for each in ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet") if each in true]
    return "Terminating" if is_deleting(obj) else known[0] if known else "Running"


def _job_duration(obj: Object, now: datetime) -> str:
    start, end = _status(obj).get("startTime"), _status(obj).get("completionTime")
    if not start:
        return ""
    return human(datetime.fromisoformat(end) - datetime.fromisoformat(start)) if end else age(start, now)


def _seen(obj: Object, now: datetime) -> str:
    return age(obj.get("lastTimestamp") or obj.get("eventTime") or metadata(obj).get("creationTimestamp"), now)


def _object(obj: Object, _: datetime) -> str:
    involved = obj.get("involvedObject") or {}
    return f"{str(involved.get('kind', '')).lower()}/{involved.get('name', '')}"


def _slice_ports(obj: Object, _: datetime) -> str:
    return ",".join(str(each.get("port", "")) for each in obj.get("ports") or []) or "<unset>"


def _slice_addresses(obj: Object, _: datetime) -> str:
    found = [address for each in obj.get("endpoints") or [] for address in each.get("addresses") or []]
    return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") or "<unset>"


def _subsets(obj: Object, _: datetime) -> str:
    found = [
        f"{address.get('ip')}:{port.get('port')}"
        for each in obj.get("subsets") or []
        for address in each.get("addresses") or []
        for port in each.get("ports") or [{}]
    ]
    return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") or "<none>"


NAME = Column("Name", lambda obj, _: name_of(obj))
AGE = Column("Age", lambda obj, now: age(metadata(obj).get("creationTimestamp"), now))
_IMAGES = (
    Column("Containers", lambda obj, _: _containers(_pod_spec(obj), "name"), wide=True),
    Column("Images", lambda obj, _: _containers(_pod_spec(obj), "image"), wide=True),
    Column("Selector", _selector, wide=True),
)


def _number(name: str, read: Callable[[Object], Any]) -> Column:
    return Column(name, lambda obj, _: read(obj) or 0, "integer")


COLUMNS: dict[str, tuple[Column, ...]] = {
    "pods": (
        NAME, Column("Ready", _pod_ready), Column("Status", _pod_status), Column("Restarts", _restarts), AGE,
        Column("IP", lambda obj, _: _status(obj).get("podIP") or "<none>", wide=True),
        Column("Node", lambda obj, _: _spec(obj).get("nodeName") or "<none>", wide=True),
        Column("Nominated Node", lambda obj, _: _status(obj).get("nominatedNodeName") or "<none>", wide=True),
        Column("Readiness Gates", lambda _, __: "<none>", wide=True),
    ),
    "deployments.apps": (
        NAME, Column("Ready", _deployment_ready), _number("Up-to-date", lambda obj: _status(obj).get("updatedReplicas")),
        _number("Available", lambda obj: _status(obj).get("availableReplicas")), AGE, *_IMAGES,
    ),
    "replicasets.apps": (
        NAME, _number("Desired", lambda obj: _spec(obj).get("replicas")),
        _number("Current", lambda obj: _status(obj).get("replicas")),
        _number("Ready", lambda obj: _status(obj).get("readyReplicas")), AGE, *_IMAGES,
    ),
    "services": (
        NAME, Column("Type", lambda obj, _: _spec(obj).get("type")),
        Column("Cluster-IP", lambda obj, _: _spec(obj).get("clusterIP") or "<none>"),
        Column("External-IP", lambda obj, _: _spec(obj).get("externalName") or "<none>"), Column("Port(s)", _ports), AGE,
        Column("Selector", lambda obj, _: _pairs(_spec(obj).get("selector")), wide=True),
    ),
    "jobs.batch": (
        NAME, Column("Status", _job_status),
        Column("Completions", lambda obj, _: f"{_status(obj).get('succeeded', 0)}/{_spec(obj).get('completions', 1)}"),
        Column("Duration", _job_duration), AGE, *_IMAGES,
    ),
    "namespaces": (NAME, Column("Status", lambda obj, _: _status(obj).get("phase")), AGE),
    "configmaps": (NAME, _number("Data", lambda obj: len(obj.get("data") or {}) + len(obj.get("binaryData") or {})), AGE),
    "secrets": (
        NAME, Column("Type", lambda obj, _: obj.get("type")), _number("Data", lambda obj: len(obj.get("data") or {})), AGE,
    ),
    "serviceaccounts": (NAME, _number("Secrets", lambda obj: len(obj.get("secrets") or [])), AGE),
    "endpoints": (NAME, Column("Endpoints", _subsets), AGE),
    "events": (
        Column("Last Seen", _seen), Column("Type", lambda obj, _: obj.get("type")),
        Column("Reason", lambda obj, _: obj.get("reason")),
        Column("Object", _object), Column("Message", lambda obj, _: str(obj.get("message", "")).strip()),
    ),
    "endpointslices.discovery.k8s.io": (
        NAME, Column("AddressType", lambda obj, _: obj.get("addressType")), Column("Ports", _slice_ports),
        Column("Endpoints", _slice_addresses), AGE,
    ),
    "leases.coordination.k8s.io": (NAME, Column("Holder", lambda obj, _: _spec(obj).get("holderIdentity")), AGE),
    "customresourcedefinitions.apiextensions.k8s.io": (
        NAME, Column("Created At", lambda obj, _: metadata(obj).get("creationTimestamp"), "date"),
    ),
}  # fmt: skip


def columns_of(resource: Resource) -> tuple[Column, ...]:
    return COLUMNS.get(resource.key, (NAME, AGE))
