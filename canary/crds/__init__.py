"""CustomResourceDefinitions that we bring along, for clusters and tests that don't have them from elsewhere.

SMI's TrafficSplit is written by us after the specification; which versions are served differs from one installer to the
next, so it is a table here. The YAML file beside this module is the default variant, for `kubectl apply -f`.
"""

from collections.abc import Sequence
from typing import Any

_GROUP = "split.smi-spec.io"
_QUANTITY: dict[str, Any] = {
    "x-kubernetes-int-or-string": True,
    "description": "The share, relative to the other backends: a Kubernetes quantity such as 90 or 500m.",
}
_NUMBER: dict[str, Any] = {
    "type": "number",
    "description": "The share, relative to the other backends; they need not add up to 100.",
}
_WEIGHTS = {"v1alpha1": _QUANTITY, "v1alpha2": _NUMBER, "v1alpha3": _NUMBER, "v1alpha4": _NUMBER}
_WITH_MATCHES = frozenset({"v1alpha3", "v1alpha4"})
_DEFAULT = ("v1alpha1", "v1alpha2")


def trafficsplit_crd(versions: Sequence[str] = _DEFAULT, storage: str | None = None) -> dict[str, Any]:
    """SMI's TrafficSplit with these versions served; `storage` is the version kept in etcd, by default the first.

    The default is what linkerd-smi installs: v1alpha1 (stored) and v1alpha2, and no conversion beyond the apiVersion.
    Raises `ValueError` for a version that the specification does not have and for a `storage` that is not served.
    """
    unknown = [each for each in versions if each not in _WEIGHTS]
    if unknown or not versions:
        raise ValueError(f"TrafficSplit has the versions {', '.join(_WEIGHTS)}; not {', '.join(unknown) or 'none'}.")
    stored = storage or versions[0]
    if stored not in versions:
        raise ValueError(f"TrafficSplit can't be stored as {stored}, which is not among {', '.join(versions)}.")
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"trafficsplits.{_GROUP}"},
        "spec": {
            "group": _GROUP,
            "names": {
                "kind": "TrafficSplit",
                "listKind": "TrafficSplitList",
                "plural": "trafficsplits",
                "singular": "trafficsplit",
                "shortNames": ["ts"],
            },
            "scope": "Namespaced",
            "conversion": {"strategy": "None"},
            "versions": [_version(each, stored=each == stored) for each in versions],
        },
    }


def _version(name: str, *, stored: bool) -> dict[str, Any]:
    return {
        "name": name,
        "served": True,
        "storage": stored,
        "additionalPrinterColumns": [
            {
                "name": "Service",
                "type": "string",
                "jsonPath": ".spec.service",
                "description": "The apex: the service that clients call.",
            }
        ],
        "schema": {"openAPIV3Schema": _schema(name)},
    }


def _schema(version: str) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "service": {"type": "string", "description": "The apex: the service that clients call."},
        "backends": {
            "type": "array",
            "description": "The leaves: services that the requests to the apex are split among.",
            "items": {
                "type": "object",
                "required": ["service", "weight"],
                "properties": {
                    "service": {"type": "string", "description": "The name of a leaf."},
                    "weight": dict(_WEIGHTS[version]),
                },
            },
        },
    }
    if version in _WITH_MATCHES:
        spec["matches"] = _matches()
    return {
        "type": "object",
        "required": ["spec"],
        "properties": {"spec": {"type": "object", "required": ["service", "backends"], "properties": spec}},
    }


def _matches() -> dict[str, Any]:
    return {
        "type": "array",
        "description": "Only requests that match one of these groups are split; others go to the apex.",
        "items": {
            "type": "object",
            "required": ["kind", "name"],
            "properties": {
                "apiGroup": {"type": "string", "description": "The API group of the referent."},
                "kind": {"type": "string", "enum": ["HTTPRouteGroup"]},
                "name": {"type": "string", "description": "The name of the HTTPRouteGroup."},
            },
        },
    }
