"""Whose versions are tried, and the Service in front of them.

Every derived name (`<deployment>-canary`, `<service>-stable`) must still be a DNS label of at most 63 characters, hence 56.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from analysis.scalars import DNS_LABEL, SERVICE_NAME, Section, refuse_one, section
from strategies.actions import Role

STABLE_SUFFIX = "-stable"
CANARY_SUFFIX = "-canary"
LONGEST_BASE = 63 - len(CANARY_SUFFIX)

_Workload = Annotated[str, Field(pattern=DNS_LABEL, min_length=1, max_length=63)]
_Service = Annotated[str, Field(pattern=SERVICE_NAME, min_length=1, max_length=63)]
_THREE_NAMES = (
    "(has(self.stable) ? self.stable : self.name + '-stable') != (has(self.canary) ? self.canary : self.name + '-canary')"
    " && (!has(self.stable) || self.stable != self.name) && (!has(self.canary) || self.canary != self.name)"
)


class TargetSpec(Section):
    """One Deployment, tried in place: the template that you edit runs beside the one that serves."""

    model_config = section(
        (
            "self.deployment == oldSelf.deployment",
            "target.deployment can't change: delete this Canary, which gives the Deployment back, and apply a new one",
        )
    )

    deployment: Annotated[str, Field(pattern=DNS_LABEL, min_length=1, max_length=LONGEST_BASE)]
    """Name of the Deployment, at most 56 characters; its template is tried in a Deployment of this name with `-canary`."""


class VersionsSpec(Section):
    """Two Deployments of your own, side by side."""

    model_config = section(("self.stable != self.canary", "stable and canary are one Deployment: name two, or use target"))

    stable: _Workload
    """Name of the Deployment that serves now."""
    canary: _Workload
    """Name of the Deployment that is tried; the next rollout names the next pair."""

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.stable == self.canary:
            raise refuse_one(f"is the same Deployment as stable ({self.stable}): name two, or use target", "canary")
        return self


class ServiceSpec(Section):
    """The apex: the Service that clients call."""

    model_config = section(
        (
            _THREE_NAMES,
            "name, stable and canary must be three Services: give the leaves names of their own, or leave them out",
        )
    )

    name: Annotated[str, Field(pattern=SERVICE_NAME, min_length=1, max_length=LONGEST_BASE)]
    """Name of the Service, at most 56 characters."""
    port: Annotated[int, Field(ge=1, le=65535)]
    """The port of it that is split."""
    stable: _Service | None = None
    """The leaf Service of the stable version. Default: the apex's name with `-stable`, made and removed by us."""
    canary: _Service | None = None
    """The leaf Service of the canary. Default: the apex's name with `-canary`, made and removed by us."""

    @model_validator(mode="after")
    def _three(self) -> Self:
        if len({self.name, self.leaf(Role.STABLE), self.leaf(Role.CANARY)}) < 3:
            raise refuse_one(
                "name, stable and canary must be three Services: give the leaves names of their own, or leave them out"
            )
        return self

    def leaf(self, role: Role) -> str:
        """The leaf Service of a version."""
        if role is Role.STABLE:
            return self.stable or self.name + STABLE_SUFFIX
        return self.canary or self.name + CANARY_SUFFIX
