"""The few protobuf bodies that kubectl insists on (`create namespace|deployment|configmap|…`, `auth can-i`), read field by field.

Only what is in the table is read; anything else is refused with the advice to use `kubectl apply`, rather than lost.
"""

import base64
from collections.abc import Iterator
from typing import Any

from canary.sandbox.errors import UnsupportedMediaType
from canary.sandbox.objects import Object

CONTENT_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"

# Each message's fields as `number name type`: `*` repeats, `map` is string to string, `blobs` string to bytes, `count`
# may be left out when 0, `-` is skipped because the server decides it, `none` is refused unless it is empty.
_DESCRIBED = {
    "Unknown": "1 typeMeta TypeMeta, 2 raw bytes, 3 contentEncoding string, 4 contentType string",
    "TypeMeta": "1 apiVersion string, 2 kind string",
    "ObjectMeta": "1 name string, 2 generateName string, 3 namespace string, 4 selfLink string, 5 uid string, "
    "6 resourceVersion string, 7 generation count, 8 creationTimestamp -, 11 labels map, 12 annotations map",
    "Namespace": "1 metadata ObjectMeta, 2 spec none, 3 status -",
    "ConfigMap": "1 metadata ObjectMeta, 2 data map, 3 binaryData blobs",
    "Secret": "1 metadata ObjectMeta, 2 data blobs, 3 type string, 4 stringData map",
    "ServiceAccount": "1 metadata ObjectMeta",
    "Deployment": "1 metadata ObjectMeta, 2 spec DeploymentSpec, 3 status -",
    "DeploymentSpec": "1 replicas int, 2 selector LabelSelector, 3 template PodTemplateSpec, 4 strategy none, "
    "5 minReadySeconds count, 7 paused none",
    "LabelSelector": "1 matchLabels map",
    "PodTemplateSpec": "1 metadata ObjectMeta, 2 spec PodSpec",
    "PodSpec": "2 containers *Container, 3 restartPolicy string, 6 dnsPolicy string, 8 serviceAccountName string, "
    "9 serviceAccount string, 10 nodeName string, 11 hostNetwork none, 12 hostPID none, 13 hostIPC none, "
    "14 securityContext none, 16 hostname none, 17 subdomain none, 19 schedulerName string, 24 priorityClassName none",
    "Container": "1 name string, 2 image string, 3 command *string, 4 args *string, 5 workingDir string, 6 ports *ContainerPort, "
    "8 resources none, 13 terminationMessagePath string, 14 imagePullPolicy string, 16 stdin none, 17 stdinOnce none, "
    "18 tty none, 20 terminationMessagePolicy string",
    "ContainerPort": "1 name string, 2 hostPort count, 3 containerPort int, 4 protocol string, 5 hostIP none",
    "SelfSubjectAccessReview": "1 metadata ObjectMeta, 2 spec AccessSpec, 3 status -",
    "AccessSpec": "1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes none",
    "ResourceAttributes": "1 namespace string, 2 verb string, 3 group string, 4 version string, 5 resource string, "
    "6 subresource string, 7 name string",
    "DeleteOptions": "1 gracePeriodSeconds int, 2 preconditions none, 4 propagationPolicy string, 5 dryRun *string",
}


def _read_table() -> dict[str, dict[int, tuple[str, str]]]:
    table: dict[str, dict[int, tuple[str, str]]] = {}
    for message, text in _DESCRIBED.items():
        fields = [each.split() for each in text.split(", ")]
        table[message] = {int(number): (name, kind) for number, name, kind in fields}
    return table


_MESSAGES = _read_table()


def decoded(body: bytes) -> Object:
    """Read a Kubernetes protobuf body. Raises UnsupportedMediaType for a kind or field that is not in the table."""
    if not body.startswith(_MAGIC):
        raise UnsupportedMediaType("the body of the request is no Kubernetes protobuf")
    envelope = _message("Unknown", body[len(_MAGIC) :])
    identity = envelope.get("typeMeta", {})
    kind = identity.get("kind", "")
    if kind not in _MESSAGES:
        raise _refused(f"a {kind or 'body without a kind'}")
    made = _message(kind, envelope.get("raw", b""))
    made.get("metadata", {}).pop("creationTimestamp", None)
    return {**identity, **made}


def _refused(what: str) -> UnsupportedMediaType:
    return UnsupportedMediaType(f"the sandbox cannot read {what} in protobuf; write a manifest and use kubectl apply")


def _message(name: str, data: bytes) -> Object:
    made: Object = {}
    for number, value in _fields(data):
        if number not in _MESSAGES[name]:
            raise _refused(f"field {number} of a {name}")
        field, kind = _MESSAGES[name][number]
        if kind == "none" and not _is_blank(value):
            raise _refused(f"{field} of a {name}")
        _store(made, field, kind, value)
    return made


def _is_blank(value: Any) -> bool:
    """Whether a field says nothing: zero, empty, or a message of such fields."""
    return not value if isinstance(value, int) else all(_is_blank(each) for _, each in _fields(value))


def _store(made: Object, field: str, kind: str, value: Any) -> None:
    if kind in {"-", "none"}:
        return
    if kind in {"map", "blobs"}:
        entry = dict(_fields(value))
        content = entry.get(2, b"")
        shown = base64.b64encode(content).decode() if kind == "blobs" else content.decode()
        made.setdefault(field, {})[entry.get(1, b"").decode()] = shown
    elif kind.startswith("*"):
        made.setdefault(field, []).append(_value(kind[1:], value))
    else:
        read = _value(kind, value)
        if read != "" and not (kind == "count" and read == 0):
            made[field] = read


def _value(kind: str, value: Any) -> Any:
    if kind == "string":
        return value.decode()
    return value if kind in {"int", "count", "bytes"} else _message(kind, value)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Field numbers with their values: whole numbers, or bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0:
            value, at = _varint(data, at)
            yield tag >> 3, value
        elif tag & 7 == 2:
            length, at = _varint(data, at)
            yield tag >> 3, data[at : at + length]
            at += length
        else:
            raise UnsupportedMediaType("the body of the request holds a protobuf wire type that the sandbox does not read")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data):
            raise UnsupportedMediaType("the protobuf body of the request ends too early")
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
