"""What Kubernetes refuses of built-in objects, as far as people run into it: names, labels, selectors, containers, ports."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from canary.sandbox.errors import Cause
from canary.sandbox.objects import Object, labels_of, metadata, name_of
from canary.sandbox.resources import Resource

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_VALUE = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_PART = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

_START = "must start and end with an alphanumeric character"
_USED = "regex used for validation is"
_SAYS = {
    _LABEL: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    f"{_START} (e.g. 'my-name',  or '123-abc', {_USED} '{_LABEL}')",
    _SUBDOMAIN: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
    f"{_START} (e.g. 'example.com', {_USED} '{_SUBDOMAIN}')",
    _VALUE: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
    f"{_START} (e.g. 'MyValue',  or 'my_value',  or '12345', {_USED} '{_VALUE}')",
    _PART: "name part must consist of alphanumeric characters, '-', '_' or '.', and "
    f"{_START} (e.g. 'MyName',  or 'my.name',  or '123-abc', {_USED} '{_PART}')",
}
_NAMES = {"services": (_LABEL, 63), "namespaces": (_LABEL, 63), "jobs.batch": (_SUBDOMAIN, 63)}


def invalid(path: str, value: Any, sentence: str) -> Cause:
    shown = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Cause(field=path, reason="FieldValueInvalid", message=f"Invalid value: {shown}: {sentence}")


def required(path: str, sentence: str = "") -> Cause:
    return Cause(field=path, reason="FieldValueRequired", message="Required value" + (f": {sentence}" if sentence else ""))


def _duplicate(path: str, value: Any) -> Cause:
    return Cause(field=path, reason="FieldValueDuplicate", message=f"Duplicate value: {json.dumps(value)}")


def unsupported(path: str, value: Any, known: Sequence[str]) -> Cause:
    listed = ", ".join(json.dumps(each) for each in known)
    return Cause(
        field=path, reason="FieldValueNotSupported", message=f"Unsupported value: {json.dumps(value)}: supported values: {listed}"
    )


def metadata_causes(resource: Resource, obj: Object) -> Iterator[Cause]:
    """What is wrong with the name and the labels, of any kind."""
    pattern, most = _NAMES.get(resource.key, (_SUBDOMAIN, 253))
    yield from _name("metadata.name", name_of(obj), pattern, most)
    yield from _labels("metadata.labels", labels_of(obj))


def builtin_causes(resource: Resource, obj: Object, old: Object | None) -> Iterator[Cause]:
    """What is wrong with a built-in object after defaulting; `old` is what is stored, None at creation."""
    match resource.key:
        case "deployments.apps":
            yield from _workload(obj, old)
            yield from _strategy(obj["spec"]["strategy"])
        case "replicasets.apps":
            yield from _workload(obj, old)
        case "jobs.batch":
            yield from _template(obj["spec"], ("OnFailure", "Never"))
            yield from _immutable("spec.template", obj, old)
        case "pods":
            yield from _pod_spec("spec", obj["spec"])
        case "services":
            yield from _service(obj["spec"])
            yield from _keeps_address(obj, old)
        case "events":
            involved = (obj.get("involvedObject") or {}).get("namespace") or "default"
            if involved != metadata(obj)["namespace"]:
                yield invalid("involvedObject.namespace", involved, "does not match event.namespace")
        case "leases.coordination.k8s.io":
            seconds = (obj.get("spec") or {}).get("leaseDurationSeconds")
            if seconds is not None and seconds <= 0:
                yield invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")


def _name(path: str, name: str, pattern: str, most: int) -> Iterator[Cause]:
    if len(name) > most:
        yield invalid(path, name, f"must be no more than {most} {'bytes' if most == 253 else 'characters'}")
    if not re.fullmatch(pattern, name):
        yield invalid(path, name, _SAYS[pattern])


def _labels(path: str, labels: dict[str, str]) -> Iterator[Cause]:
    for key, value in labels.items():
        prefix, _, name = key.rpartition("/")
        if not re.fullmatch(_PART, name) or (prefix and not re.fullmatch(_SUBDOMAIN, prefix)):
            yield invalid(path, key, _SAYS[_PART])
        if len(name) > 63:
            yield invalid(path, key, "name part must be no more than 63 bytes")
        if not re.fullmatch(_VALUE, value):
            yield invalid(path, value, _SAYS[_VALUE])
        if len(value) > 63:
            yield invalid(path, value, "must be no more than 63 bytes")


def _workload(obj: Object, old: Object | None) -> Iterator[Cause]:
    spec = obj["spec"]
    if spec["replicas"] < 0:
        yield invalid("spec.replicas", spec["replicas"], "must be greater than or equal to 0")
    selector = spec.get("selector") or {}
    labels = metadata(spec["template"]).get("labels") or {}
    if not selector:
        yield required("spec.selector")
    elif not (selector.get("matchLabels") or {}).items() <= labels.items():
        yield invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    yield from _immutable("spec.selector", obj, old)
    yield from _template(spec, ("Always",))


def _immutable(path: str, obj: Object, old: Object | None) -> Iterator[Cause]:
    field = path.removeprefix("spec.")
    if old is not None and obj["spec"].get(field) != (old.get("spec") or {}).get(field):
        yield invalid(path, obj["spec"].get(field), "field is immutable")


def _template(spec: Object, policies: Sequence[str]) -> Iterator[Cause]:
    yield from _labels("spec.template.metadata.labels", metadata(spec["template"]).get("labels") or {})
    policy = spec["template"]["spec"]["restartPolicy"]
    if policy not in policies:
        yield unsupported("spec.template.spec.restartPolicy", policy, policies)
    yield from _pod_spec("spec.template.spec", spec["template"]["spec"])


def _strategy(strategy: Object) -> Iterator[Cause]:
    if strategy["type"] not in {"Recreate", "RollingUpdate"}:
        yield unsupported("spec.strategy.type", strategy["type"], ("Recreate", "RollingUpdate"))
    rolling = strategy.get("rollingUpdate")
    if rolling and strategy["type"] == "Recreate":
        words = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        yield Cause(field="spec.strategy.rollingUpdate", reason="FieldValueForbidden", message=words)
    elif rolling and all(rolling.get(name) in {0, "0%"} for name in ("maxSurge", "maxUnavailable")):
        path = "spec.strategy.rollingUpdate.maxUnavailable"
        yield invalid(path, rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0")


def _pod_spec(path: str, spec: Object) -> Iterator[Cause]:
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    volumes = {each.get("name") for each in spec.get("volumes") or []}
    names: set[str] = set()
    for group in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(group) or []):
            at = f"{path}.{group}[{index}]"
            yield from _container(at, container, volumes)
            if container.get("name") in names:
                yield _duplicate(f"{at}.name", container["name"])
            names.add(container.get("name", ""))


def _container(path: str, container: Object, volumes: set[str]) -> Iterator[Cause]:
    if not container.get("name"):
        yield required(f"{path}.name")
    else:
        yield from _name(f"{path}.name", container["name"], _LABEL, 63)
    if not container.get("image"):
        yield required(f"{path}.image")
    for index, port in enumerate(container.get("ports") or []):
        yield from _port(f"{path}.ports[{index}].containerPort", port.get("containerPort", 0))
        if port["protocol"] not in {"TCP", "UDP", "SCTP"}:
            yield unsupported(f"{path}.ports[{index}].protocol", port["protocol"], ("SCTP", "TCP", "UDP"))
    for index, variable in enumerate(container.get("env") or []):
        if not variable.get("name"):
            yield required(f"{path}.env[{index}].name")
    for index, mount in enumerate(container.get("volumeMounts") or []):
        if mount.get("name") not in volumes:
            words = f"Not found: {json.dumps(mount.get('name'))}"
            yield Cause(field=f"{path}.volumeMounts[{index}].name", reason="FieldValueNotFound", message=words)


def _port(path: str, number: int) -> Iterator[Cause]:
    if number == 0:
        yield required(path)
    elif not 0 < number < 65536:
        yield invalid(path, number, "must be between 1 and 65535, inclusive")


def _service(spec: Object) -> Iterator[Cause]:
    ports = spec.get("ports") or []
    if spec["type"] not in {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"}:
        yield unsupported("spec.type", spec["type"], ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"))
    if not ports and spec["type"] != "ExternalName" and spec.get("clusterIP") != "None":
        yield required("spec.ports")
    yield from _labels("spec.selector", spec.get("selector") or {})
    names: set[str] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        number = port.get("port", 0)
        if not 0 < number < 65536:
            yield invalid(f"{path}.port", number, "must be between 1 and 65535, inclusive")
        target = port.get("targetPort", number)
        if isinstance(target, int) and not 0 < target < 65536:
            yield invalid(f"{path}.targetPort", target, "must be between 1 and 65535, inclusive")
        name = port.get("name", "")
        if name:
            yield from _name(f"{path}.name", name, _LABEL, 63)
        if len(ports) > 1 and not name:
            yield required(f"{path}.name")
        elif name in names:
            yield _duplicate(f"{path}.name", name)
        names.add(name)


def _keeps_address(obj: Object, old: Object | None) -> Iterator[Cause]:
    stored = (old or {}).get("spec") or {}
    wanted = obj["spec"].get("clusterIP")
    if stored.get("clusterIP") and wanted != stored["clusterIP"] and "ExternalName" not in {obj["spec"]["type"], stored["type"]}:
        yield invalid("spec.clusterIPs[0]", [wanted], "may not change once set")
