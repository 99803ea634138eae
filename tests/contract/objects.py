"""Manifests that several tests need, and the definition of Widget, a kind with everything that ours uses."""

from typing import Any

Object = dict[str, Any]

GROUP = "contract.example.com"
WIDGETS = f"{GROUP}/v1"


def a_deployment(name: str = "web", image: str = "nginx:1", **spec: Any) -> Object:
    """Two containers, so that a merge that replaces lists shows."""
    containers = [{"name": "app", "image": image, "ports": [{"containerPort": 80}]}, {"name": "side", "image": "busybox:1"}]
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers}}
    selector = {"matchLabels": {"app": name}}
    body = {"replicas": 2, "selector": selector, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": body}


def a_service(name: str = "web", **spec: Any) -> Object:
    body = {"selector": {"app": name}, "ports": [{"port": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": body}


def a_config_map(name: str = "settings", **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def a_widget(label: str = "one", **spec: Any) -> Object:
    return {"apiVersion": WIDGETS, "kind": "Widget", "metadata": {"name": label}, "spec": {"size": 1, **spec}}


def a_split(name: str, *weights: Any, version: str = "v1alpha2") -> Object:
    backends = [{"service": f"{name}-{index}", "weight": weight} for index, weight in enumerate(weights)]
    spec = {"service": name, "backends": backends}
    return {"apiVersion": f"split.smi-spec.io/{version}", "kind": "TrafficSplit", "metadata": {"name": name}, "spec": spec}


def widget_definition(group: str = GROUP) -> Object:
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "Colour", "type": "string", "jsonPath": ".spec.colour", "priority": 1},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
        "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {"spec": _SPEC, "status": _STATUS}}},
    }
    names = {"kind": "Widget", "plural": "widgets", "shortNames": ["wd"]}
    spec = {"group": group, "names": names, "scope": "Namespaced", "versions": [version]}
    metadata = {"name": f"widgets.{group}"}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata, "spec": spec}


_PART: Object = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 10}, "count": {"type": "integer", "default": 3}},
}
_SPEC: Object = {
    "type": "object",
    "description": "What the widget should be.",
    "required": ["size"],
    "x-kubernetes-validations": [
        {"rule": "!has(self.least) || self.least <= self.size", "message": "least must not be above size"},
        {
            "rule": "self.model == oldSelf.model",
            "message": "model can't change",
            "fieldPath": ".model",
            "reason": "FieldValueForbidden",
        },
        {"rule": "[has(self.left), has(self.right)].filter(given, given).size() <= 1", "message": "left or right, not both"},
    ],
    "properties": {
        "size": {"type": "integer", "maximum": 100, "description": "How large, in inches."},
        "least": {"type": "integer", "minimum": 1},
        "colour": {"type": "string", "enum": ["red", "green"], "default": "red"},
        "name": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 5},
        "model": {"type": "string", "default": "t"},
        "replicas": {"type": "integer", "default": 1},
        "ratio": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        "port": {"x-kubernetes-int-or-string": True},
        "left": {"type": "string"},
        "right": {"type": "string"},
        "tags": {"type": "array", "maxItems": 3, "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "parts": {
            "type": "array",
            "minItems": 1,
            "maxItems": 5,
            "items": _PART,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "deep": {"type": "object", "default": {}, "properties": {"level": {"type": "integer", "default": 5}}},
    },
}
_CONDITION: Object = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"type": "string"}, "status": {"type": "string"}},
}
_STATUS: Object = {
    "type": "object",
    "x-kubernetes-validations": [
        {
            "rule": "!has(oldSelf.epoch) || (has(self.epoch) && self.epoch >= oldSelf.epoch)",
            "message": "stale leader epoch",
        }
    ],
    "properties": {
        "replicas": {"type": "integer"},
        "epoch": {"type": "integer"},
        "conditions": {
            "type": "array",
            "items": _CONDITION,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        },
    },
}
