"""What is wrong with our objects before they reach a cluster: fields that are refused, and those that nobody would read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.spec import Scope, TemplateRef
from canary.api.refusals import InvalidCanary
from canary.api.templates import called, check_template
from canary.api.unknown import unknown_fields
from canary.api.v1alpha1 import Canary, parse_canary
from canary.cli.manifests import Manifest
from canary.errors import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A manifest and its faults; `canary` is None when there are any, and for a template.

    A Canary whose templates are at hand has their metrics in it; `missing` are the others, by which it is judged in a cluster.
    """

    manifest: Manifest
    canary: Canary | None = None
    faults: tuple[Cause, ...] = ()
    missing: tuple[str, ...] = ()


def check_all(manifests: Sequence[Manifest]) -> list[Checked]:
    """Every Canary and template among them, each Canary with the templates beside it; other objects are left out."""
    return [check(manifest, manifests) for manifest in manifests if manifest.is_canary or manifest.is_template]


def check(manifest: Manifest, shelf: Sequence[Manifest] = ()) -> Checked:
    """Read one Canary or template strictly; `shelf` holds the templates that are at hand."""
    unknown = unknown_fields(manifest.body)
    if manifest.is_template:
        return Checked(manifest=manifest, faults=(*check_template(manifest.body), *unknown))
    try:
        canary = parse_canary(manifest.body)
    except InvalidCanary as error:
        return Checked(manifest=manifest, faults=(*error.causes, *unknown))
    if unknown:
        return Checked(manifest=manifest, faults=unknown)
    return _resolved(Checked(manifest=manifest, canary=canary), shelf)


def fault_lines(checked: Iterable[Checked]) -> list[str]:
    """One line per fault: `file:document  field: sentence`."""
    return [f"{each.manifest.where}  {fault.field}: {fault.message}" for each in checked for fault in each.faults]


def warnings(manifests: Iterable[Manifest], checked: Sequence[Checked]) -> list[str]:
    """One line per thing that no cluster would refuse and nobody can want: `file:document  object: sentence`."""
    return [
        f"{each.where}  {each}: spec.paused is false, which lets go of what {canary.manifest} holds. Leave the field out, or "
        "every apply ships this template to everybody at once, as `canary promote` does."
        for each in manifests
        if each.body.get("kind") == "Deployment" and _unpaused(each)
        for canary in checked
        if _holds(canary, each)
    ]


def _unpaused(deployment: Manifest) -> bool:
    spec = deployment.body.get("spec")
    return isinstance(spec, Mapping) and spec.get("paused") is False


def _holds(checked: Checked, deployment: Manifest) -> bool:
    if checked.canary is None or checked.canary.spec.target is None:
        return False
    near = None in (deployment.namespace, checked.manifest.namespace) or deployment.namespace == checked.manifest.namespace
    return near and str(deployment) == f"Deployment {checked.canary.spec.target.deployment}"


def _resolved(checked: Checked, shelf: Sequence[Manifest]) -> Checked:
    canary = checked.canary
    assert canary is not None
    refs = canary.spec.analysis.templates
    missing = [called(ref) for ref in refs if _at_hand(ref, checked.manifest, shelf) is None]
    if missing:
        return replace(checked, missing=tuple(dict.fromkeys(missing)))
    try:
        spec = canary.spec.resolved(lambda ref: _at_hand(ref, checked.manifest, shelf) or {})
    except InvalidCanary as error:
        return replace(checked, canary=None, faults=error.causes)
    return replace(checked, canary=replace(canary, spec=spec))


def _at_hand(ref: TemplateRef, canary: Manifest, shelf: Sequence[Manifest]) -> dict[str, Any] | None:
    """The template that is meant. An object without a namespace may be meant for any: that is chosen when it is applied."""
    for each in shelf:
        near = ref.scope is Scope.CLUSTER or None in (each.namespace, canary.namespace) or each.namespace == canary.namespace
        if near and each.is_template and str(each) == called(ref):
            return dict(each.body)
    return None
