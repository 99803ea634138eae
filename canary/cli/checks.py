"""What is wrong with a Canary before it reaches a cluster: the fields that are refused, and those that nobody would read."""

from collections.abc import Iterable
from dataclasses import dataclass

from canary.api.refusals import InvalidCanary
from canary.api.unknown import unknown_fields
from canary.api.v1alpha1 import Canary, parse_canary
from canary.cli.manifests import Manifest
from canary.errors import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A manifest and its faults; `canary` is None when there are any."""

    manifest: Manifest
    canary: Canary | None
    faults: tuple[Cause, ...] = ()


def check(manifest: Manifest) -> Checked:
    """Read one Canary strictly."""
    unknown = unknown_fields(manifest.body)
    try:
        canary = parse_canary(manifest.body)
    except InvalidCanary as error:
        return Checked(manifest=manifest, canary=None, faults=(*error.causes, *unknown))
    return Checked(manifest=manifest, canary=None if unknown else canary, faults=unknown)


def fault_lines(checked: Iterable[Checked]) -> list[str]:
    """One line per fault: `file:document  field: sentence`."""
    return [f"{each.manifest.where}  {fault.field}: {fault.message}" for each in checked for fault in each.faults]
