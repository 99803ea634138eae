"""Fields that the resource does not have: ignored by the controller, shown to people who lint or apply."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from analysis.spec import AnalysisTemplateSpec
from canary.api.refusals import path
from canary.api.structural import Node, structural
from canary.api.templates import KINDS
from canary.api.v1alpha1 import CanarySpec
from canary.errors import Cause


def unknown_fields(obj: Mapping[str, Any]) -> tuple[Cause, ...]:
    """A cause for every field of `spec` that is not known, with the nearest name that is; of templates as of Canaries."""
    model = AnalysisTemplateSpec if obj.get("kind") in KINDS.values() else CanarySpec
    return tuple(_unknown(obj.get("spec"), structural(model), ("spec",)))


def _unknown(value: Any, node: Node, at: tuple[str | int, ...]) -> Iterator[Cause]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, node.get("items", {}), (*at, index))
    elif isinstance(value, Mapping):
        known = node.get("properties", {})
        for name, inner in value.items():
            if "additionalProperties" in node:
                yield from _unknown(inner, node["additionalProperties"], (*at, name))
            elif name in known:
                yield from _unknown(inner, known[name], (*at, name))
            elif "x-kubernetes-preserve-unknown-fields" not in node and node.get("type") == "object":
                yield Cause(field=path("", (*at, name))[1:], message=_remedy(name, list(known)))


def _remedy(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    remedy = f"write {near[0]}" if near else f"remove it, or write one of {', '.join(known)}"
    return f"there is no such field: {remedy}"
