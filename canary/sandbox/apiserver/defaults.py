"""What Kubernetes fills into built-in objects when they are written.

The controller compares a Deployment's template with a ReplicaSet's as the server returns them, so the template's defaults
must be those of a real server, field by field.
"""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

from canary.sandbox.objects import Object, metadata, name_of, uid_of
from canary.sandbox.resources import Resource

_SERVICE_NETWORK = ipaddress.IPv4Network("10.96.0.0/16")


def fill_builtin(resource: Resource, obj: Object) -> None:
    """Put the kind's defaults into the object, in place."""
    if resource.key in _DEFAULTS:
        _DEFAULTS[resource.key](obj)


def _set(obj: Object, **defaults: Any) -> Object:
    for name, value in defaults.items():
        if obj.get(name) is None:
            obj[name] = value
    return obj


def _deployment(obj: Object) -> None:
    spec = _set(obj.setdefault("spec", {}), replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600, strategy={})
    strategy = _set(spec["strategy"], type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _set(_set(strategy, rollingUpdate={})["rollingUpdate"], maxSurge="25%", maxUnavailable="25%")
    _template(spec)
    obj.setdefault("status", {})


def _replica_set(obj: Object) -> None:
    _template(_set(obj.setdefault("spec", {}), replicas=1))
    obj.setdefault("status", {"replicas": 0})


def _job(obj: Object) -> None:
    spec = _set(obj.setdefault("spec", {}), backoffLimit=6, suspend=False, completionMode="NonIndexed")
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    _set(spec, parallelism=1, podReplacementPolicy="TerminatingOrFailed", manualSelector=False)
    if not spec["manualSelector"]:
        _select_by_uid(obj, spec)
    _template(spec)
    obj.setdefault("status", {})


def _select_by_uid(obj: Object, spec: Object) -> None:
    """A Job finds its pods by its uid, and labels them with it."""
    own = {"batch.kubernetes.io/controller-uid": uid_of(obj)}
    names = {"batch.kubernetes.io/job-name": name_of(obj), "controller-uid": uid_of(obj), "job-name": name_of(obj)}
    template = spec.setdefault("template", {}).setdefault("metadata", {})
    template["labels"] = {**(template.get("labels") or {}), **own, **names}
    spec["selector"] = {"matchLabels": own}
    meta = metadata(obj)
    meta["labels"] = meta.get("labels") or {**own, **names}


def _template(spec: Object) -> None:
    template = spec.setdefault("template", {})
    template.setdefault("metadata", {})
    _pod_spec(template.setdefault("spec", {}))


def _pod(obj: Object) -> None:
    spec = _pod_spec(obj.setdefault("spec", {}))
    _set(spec, enableServiceLinks=True, serviceAccountName="default", serviceAccount=spec.get("serviceAccountName", "default"))
    for container in _containers(spec):
        limits = container["resources"].get("limits")
        if limits:
            container["resources"]["requests"] = {**limits, **(container["resources"].get("requests") or {})}
    if "status" not in obj:
        wants = any(container["resources"] for container in _containers(spec))
        obj["status"] = {"phase": "Pending", "qosClass": "Burstable" if wants else "BestEffort"}


def _pod_spec(spec: Object) -> Object:
    _set(spec, restartPolicy="Always", terminationGracePeriodSeconds=30, dnsPolicy="ClusterFirst", securityContext={})
    _set(spec, schedulerName="default-scheduler")
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    for container in _containers(spec):
        _container(container)
    for volume in spec.get("volumes") or []:
        _volume(volume)
    return spec


def _containers(spec: Object) -> Iterable[Object]:
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]


def _container(container: Object) -> None:
    policy = "IfNotPresent" if _is_pinned(str(container.get("image") or "")) else "Always"
    _set(container, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File", imagePullPolicy=policy)
    _set(container, resources={})
    for port in container.get("ports") or []:
        _set(port, protocol="TCP")
    for variable in container.get("env") or []:
        if reference := (variable.get("valueFrom") or {}).get("fieldRef"):
            _set(reference, apiVersion="v1")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(name):
            _probe(container[name])
    for hook in (container.get("lifecycle") or {}).values():
        _get(hook)


def _is_pinned(image: str) -> bool:
    """Whether the image names a tag or digest other than `latest`."""
    last = image.rsplit("/", 1)[-1]
    return "@" in last or (":" in last and not last.endswith(":latest"))


def _probe(probe: Object) -> None:
    _set(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    _get(probe)
    if "grpc" in probe:
        _set(probe["grpc"], service="")


def _get(action: Object) -> None:
    if isinstance(action, dict) and action.get("httpGet"):
        _set(action["httpGet"], path="/", scheme="HTTP")


def _volume(volume: Object) -> None:
    for source in ("configMap", "secret", "downwardAPI", "projected"):
        if volume.get(source):
            _set(volume[source], defaultMode=420)
    if not volume.keys() - {"name"}:
        volume["emptyDir"] = {}
    if "hostPath" in volume:
        _set(volume["hostPath"], type="")


def _service(obj: Object) -> None:
    spec = _set(obj.setdefault("spec", {}), type="ClusterIP", sessionAffinity="None")
    for port in spec.get("ports") or []:
        _set(port, protocol="TCP")
        _set(port, targetPort=port.get("port"))
    if spec["type"] != "ExternalName":
        _set(spec, internalTrafficPolicy="Cluster", ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
    if spec["type"] in {"NodePort", "LoadBalancer"}:
        _set(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _set(spec, allocateLoadBalancerNodePorts=True)
    obj.setdefault("status", {"loadBalancer": {}})


def allocate_address(service: Object, taken: Iterable[Object]) -> None:
    """Give a Service the first free address, unless it has one, is headless, or is only a name."""
    spec = service["spec"]
    if spec["type"] != "ExternalName" and not spec.get("clusterIP"):
        used = {each["spec"].get("clusterIP") for each in taken}
        hosts = (str(host) for host in _SERVICE_NETWORK.hosts())
        spec["clusterIP"] = next(host for host in hosts if host not in used)
    if spec.get("clusterIP"):
        spec["clusterIPs"] = [spec["clusterIP"]]


def allocate_node_ports(service: Object, taken: Iterable[Object]) -> None:
    """Give each port of a NodePort or LoadBalancer Service a free node port."""
    if service["spec"]["type"] not in {"NodePort", "LoadBalancer"}:
        return
    used = {port.get("nodePort") for each in taken for port in each["spec"].get("ports") or []}
    free = (number for number in range(30000, 32768) if number not in used)
    for port in service["spec"].get("ports") or []:
        if not port.get("nodePort"):
            port["nodePort"] = next(free)


def _namespace(obj: Object) -> None:
    _set(obj.setdefault("spec", {}), finalizers=["kubernetes"])
    meta = metadata(obj)
    meta["labels"] = {**(meta.get("labels") or {}), "kubernetes.io/metadata.name": name_of(obj)}
    obj.setdefault("status", {"phase": "Active"})


def _slice(obj: Object) -> None:
    for port in obj.get("ports") or []:
        _set(port, name="", protocol="TCP")


def _secret(obj: Object) -> None:
    _set(obj, type="Opaque")


_DEFAULTS: dict[str, Callable[[Object], None]] = {
    "deployments.apps": _deployment,
    "replicasets.apps": _replica_set,
    "jobs.batch": _job,
    "pods": _pod,
    "services": _service,
    "namespaces": _namespace,
    "secrets": _secret,
    "endpointslices.discovery.k8s.io": _slice,
}
