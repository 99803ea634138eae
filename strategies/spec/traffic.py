"""How traffic is split."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from analysis.scalars import OBJECT_NAME, Duration, Section, refuse_one, section
from strategies.routers import NAMES, REPLICAS
from strategies.routers.smi import DIALECTS, GROUP

_API_VERSIONS = tuple(f"{GROUP}/{version}" for version in sorted(DIALECTS))


def _known_router(value: object) -> str:
    if not isinstance(value, str) or value not in NAMES:
        raise refuse_one(f"there is no router {value!r}: write one of {', '.join(NAMES)}")
    return value


def _known_version(value: object) -> str:
    if not isinstance(value, str) or value not in _API_VERSIONS:
        raise refuse_one(f"{value!r} is not a version of TrafficSplit: write one of {', '.join(_API_VERSIONS)}, or leave it out")
    return value


class SmiSpec(Section):
    """Settings of the router smi."""

    api_version: (
        Annotated[str, BeforeValidator(_known_version), WithJsonSchema({"type": "string", "enum": list(_API_VERSIONS)})] | None
    ) = None
    """The version of TrafficSplit to write. Default: the best that the cluster serves."""
    traffic_split: Annotated[str, Field(pattern=OBJECT_NAME, min_length=1, max_length=253)] | None = None
    """Name of the TrafficSplit; one that exists is adopted. Default: the apex's name."""


class TrafficSpec(Section):
    """How traffic is split."""

    model_config = section(
        ("!has(self.smi) || self.router == 'smi'", "smi holds settings of router smi: remove it, or use that router")
    )

    router: Annotated[str, BeforeValidator(_known_router), WithJsonSchema({"type": "string", "enum": list(NAMES)})]
    """What splits traffic. smi: a TrafficSplit, as Linkerd's. replicas: no mesh, the share of pods is the share of traffic."""
    smi: SmiSpec | None = None
    """Settings of the router smi."""
    drain: Duration = timedelta(seconds=30)
    """How long pods still finish their requests after their weight became 0, before they go."""
    keep: bool = False
    """Keep the split and the leaf services between rollouts."""

    @model_validator(mode="after")
    def _settings_fit(self) -> Self:
        if self.smi is not None and self.router != "smi":
            raise refuse_one("holds settings of router smi: remove it, or use that router", "smi")
        return self

    @property
    def mesh(self) -> bool:
        """Whether something splits traffic by weight; else the share of pods is the share of traffic."""
        return self.router != REPLICAS
