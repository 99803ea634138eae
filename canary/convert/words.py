"""Small things that both translations have in common: names, durations, identity, and whether ours would take the result."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from analysis.scalars import format_duration
from canary.api.v1alpha1 import KIND
from canary.cli.checks import check
from canary.cli.manifests import Manifest
from canary.errors import Cause, Invalid
from canary.k8s.names import GROUP, VERSION
from canary.k8s.port import Obj

LONGEST = 40
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def word(text: str, default: str = "metric") -> str:
    """A name as ours must be: lower-case letters, digits and -, at most 40 characters."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", text)
    return re.sub(r"[^a-z0-9]+", "-", spaced.lower())[:LONGEST].strip("-") or default


def span(text: str, where: str) -> timedelta:
    """A duration of Go's. Raises Invalid."""
    parts = _PART.findall(text)
    if not parts or "".join(count + unit for count, unit in parts) != text:
        raise Invalid(f"{where} is {text!r}, which is no duration.")
    return timedelta(seconds=sum(float(count) * _UNITS[unit] for count, unit in parts))


def spell(length: timedelta) -> str:
    """A duration as ours are written."""
    return format_duration(length)


def a_canary(metadata: Obj, spec: Obj) -> Obj:
    """A Canary of ours."""
    return _of_kind(KIND, metadata, spec)


def a_template(kind: str, metadata: Obj, spec: Obj) -> Obj:
    """An AnalysisTemplate of ours, of this kind."""
    return _of_kind(kind, metadata, spec)


def metadata_of(obj: Mapping[str, Any]) -> Obj:
    """Name, namespace and labels: what is not the server's."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        raise Invalid(f"{obj.get('kind')}: metadata.name is missing.")
    return {key: metadata[key] for key in ("name", "namespace", "labels") if metadata.get(key)}


def called(obj: Mapping[str, Any]) -> str:
    """`Rollout reviews`."""
    return f"{obj.get('kind')} {metadata_of(obj)['name']}"


def faults(obj: Obj, shelf: Sequence[Obj] = ()) -> tuple[Cause, ...]:
    """What our own lint would say of a Canary, with the templates on the shelf, or of a template."""
    manifests = [Manifest(where="", body=each) for each in shelf]
    return check(Manifest(where="", body=obj), manifests).faults


def _of_kind(kind: str, metadata: Obj, spec: Obj) -> Obj:
    return {"apiVersion": f"{GROUP}/{VERSION}", "kind": kind, "metadata": metadata, "spec": spec}
