"""The CustomResourceDefinitions of AnalysisTemplates; `canary install --crd-only` prints them beside the Canary's.

Any field of a template may be `{{args.name}}`, so what a field may hold is known only when arguments are filled in: the
definitions know the fields and explain them, and a field that is no text may be anything.
"""

from typing import Any

from analysis.scalars import RULES
from analysis.spec.templates import AnalysisTemplateSpec, Scope
from canary.api.crd import canary_crd
from canary.api.structural import Node, structural
from canary.api.templates import KINDS
from canary.k8s.names import GROUP, VERSION

_LONGEST = 4096
_ANY = "x-kubernetes-preserve-unknown-fields"
_DROPPED = frozenset({"default", "enum", "pattern", "minLength", "maxLength", RULES})


def template_crd(scope: Scope) -> dict[str, Any]:
    """The CRD of the templates of this scope, ready to be applied."""
    kind = KINDS[scope]
    plural = f"{kind.lower()}s"
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": [{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}],
        "schema": {"openAPIV3Schema": template_schema(scope)},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Cluster" if scope is Scope.CLUSTER else "Namespaced",
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "versions": [version],
        },
    }


def template_schema(scope: Scope) -> Node:
    """The structural schema of the whole object."""
    spec = structural(AnalysisTemplateSpec)
    fields = spec["properties"]
    where = "its namespace" if scope is Scope.NAMESPACE else "the cluster"
    return {
        "type": "object",
        "description": f"Metrics to judge by, for every Canary of {where} that names them in spec.analysis.templates.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": f"{GROUP}/{VERSION}"},
            "kind": {"type": "string", "description": KINDS[scope]},
            "metadata": {"type": "object"},
            "spec": {**spec, "properties": {name: node if name == "args" else _loose(node) for name, node in fields.items()}},
        },
    }


def definitions() -> tuple[dict[str, Any], ...]:
    """Every kind of ours, the Canary first."""
    return (canary_crd(), *(template_crd(scope) for scope in Scope))


def _loose(node: Node) -> Node:
    """The same fields, holding what they should or a text with a placeholder."""
    if node.get("type") not in {"object", "array", "string"}:
        return {_ANY: True, **{key: node[key] for key in ("description",) if key in node}}
    loose = {key: value for key, value in node.items() if key not in _DROPPED}
    if node["type"] == "string":
        return {**loose, "maxLength": _LONGEST}
    if "properties" in node:
        loose["properties"] = {name: _loose(inner) for name, inner in node["properties"].items()}
    for inner in ("items", "additionalProperties"):
        if inner in node:
            loose[inner] = _loose(node[inner])
    return loose
