"""Schemas of the built-in kinds, read off the models of the `kubernetes` package when they are first needed.

The models know fields, types and descriptions; how lists merge and what a missing key defaults to is added here, because
strategic merge and server-side apply live on it.
"""

from functools import cache
from importlib import import_module
from typing import Any

from canary.sandbox.apiserver.schema import PRESERVE, Node
from canary.sandbox.apiserver.violations import INT_OR_STRING
from canary.sandbox.resources import BUILT_IN, Resource

REF = "#/components/schemas/"
_MODELS = {"Event": ("core_v1_event", "CoreV1Event")}

# Lists whose items have an identity, by model and field: the first key is also the key of strategic merge.
_BY_KEYS: dict[str, dict[str, tuple[str, ...]]] = {
    "V1PodSpec": {
        "containers": ("name",), "initContainers": ("name",), "ephemeralContainers": ("name",), "volumes": ("name",),
        "imagePullSecrets": ("name",), "hostAliases": ("ip",), "resourceClaims": ("name",),
        "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    },
    "V1Container": {
        "ports": ("containerPort", "protocol"), "env": ("name",),
        "volumeMounts": ("mountPath",), "volumeDevices": ("devicePath",),
    },
    "V1ServiceSpec": {"ports": ("port", "protocol")},
    "V1ServiceAccount": {"secrets": ("name",)},
    "V1ObjectMeta": {"ownerReferences": ("uid",)},
    "V1PodStatus": {"podIPs": ("ip",), "hostIPs": ("ip",), "conditions": ("type",)},
    **{
        f"V1{kind}Status": {"conditions": ("type",)}
        for kind in ("Deployment", "ReplicaSet", "Job", "Service", "Namespace", "Node", "CustomResourceDefinition")
    },
}  # fmt: skip
_SETS = {"V1ObjectMeta": {"finalizers"}}
_ATOMIC = {"V1LabelSelector", "V1ObjectReference", "V1LocalObjectReference", "V1SecretKeySelector", "V1ConfigMapKeySelector",
           "V1ObjectFieldSelector", "V1ResourceFieldSelector", "V1OwnerReference", "V1TypedLocalObjectReference"}  # fmt: skip
_ATOMIC_FIELDS = {"V1ServiceSpec": {"selector"}, "V1PodSpec": {"nodeSelector"}}
_PROTOCOLS = {"V1ContainerPort", "V1ServicePort"}
MICRO_TIME = "micro-time"
_MICRO_TIMES = {
    "V1LeaseSpec": {"acquireTime", "renewTime"},
    "CoreV1Event": {"eventTime"},
    "CoreV1EventSeries": {"lastObservedTime"},
}
_QUANTITIES = {"V1ResourceRequirements": {"limits", "requests"}, "V1VolumeResourceRequirements": {"limits", "requests"}}


@cache
def components() -> dict[str, Node]:
    """Every schema that the built-in kinds need, by name, with references between them as in an OpenAPI document."""
    found: dict[str, Node] = {}
    for resource in BUILT_IN:
        module, name = _model(resource)
        described = getattr(import_module(f"kubernetes.client.models.{module}"), name).model_json_schema(by_alias=True)
        found |= described.pop("$defs", {})
        found.setdefault(name, described)
    return {_component(name): _node(name, each) for name, each in found.items()}


@cache
def _linked() -> dict[str, Node]:
    """The same with every reference replaced by what it names."""
    made: dict[str, Node] = {name: {} for name in components()}
    for name, each in components().items():
        made[name].update(_follow(each, made))
    return made


def builtin_schema(resource: Resource) -> Node:
    return _linked()[component_of(resource)]


def component_of(resource: Resource) -> str:
    return _component(_model(resource)[1])


def _model(resource: Resource) -> tuple[str, str]:
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in resource.kind)
    return _MODELS.get(resource.kind, (f"v1{snake}", f"V1{resource.kind}"))


def _component(model: str) -> str:
    return "io.k8s." + (model.removeprefix("V1") if model != "CoreV1Event" else "Event")


def _follow(node: Any, made: dict[str, Node]) -> Any:
    if isinstance(node, dict):
        if "$ref" in node:
            return made[node["$ref"].removeprefix(REF)]
        return {key: _follow(each, made) for key, each in node.items()}
    return node


def _node(model: str, described: Node) -> Node:
    """Turn what pydantic says of one model into a structural schema."""
    if model == "V1JSONSchemaProps":
        return {"type": "object", PRESERVE: True, "description": "A structural schema."}
    node: Node = {"type": "object", "properties": {name: _field(each) for name, each in described.get("properties", {}).items()}}
    node |= {key: described[key] for key in ("required",) if key in described}
    node["description"] = str(described.get("description", "")).split("\n\nAttributes:")[0]
    if model in _ATOMIC:
        node["x-kubernetes-map-type"] = "atomic"
    if model in _PROTOCOLS:
        node["properties"]["protocol"]["default"] = "TCP"
    _annotate(model, node["properties"])
    return node


def _annotate(model: str, fields: dict[str, Node]) -> None:
    for name, keys in _BY_KEYS.get(model.replace("EphemeralContainer", "Container"), {}).items():
        if name in fields:
            fields[name] |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}
            fields[name] |= {"x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": keys[0]}
    for name in _SETS.get(model, ()):
        fields[name] |= {"x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge"}
    for name in _ATOMIC_FIELDS.get(model, ()):
        fields[name]["x-kubernetes-map-type"] = "atomic"
    for name in _MICRO_TIMES.get(model, ()):
        fields[name]["format"] = MICRO_TIME
    for name in _QUANTITIES.get(model, ()):
        fields[name]["additionalProperties"] = {INT_OR_STRING: True}


def _field(described: Node) -> Node:
    choices = [each for each in described.get("anyOf", []) if each.get("type") != "null"]
    words = {"description": described["description"]} if "description" in described else {}
    if {each.get("type") for each in choices} == {"integer", "string"}:
        return {**words, INT_OR_STRING: True}
    if choices:
        return {**words, **_field(choices[0])}
    if "$ref" in described:
        return {**words, "$ref": REF + _component(described["$ref"].rsplit("/", 1)[-1])}
    node: Node = {**words, **{key: described[key] for key in ("type", "format", "enum") if key in described}}
    if "items" in described:
        node["items"] = _field(described["items"])
    if isinstance(described.get("additionalProperties"), dict):
        node["additionalProperties"] = _field(described["additionalProperties"])
    elif node.get("type", "object") == "object":
        node[PRESERVE] = True
    return node
