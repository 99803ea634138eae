"""What every router is: a module that renders and reads traffic objects, and never touches a cluster.

`render` says which objects must be so for a split to be in force; `read` says what the objects that exist amount to;
`acknowledged` says whether the data plane has confirmed them, None where an API has no such word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

Manifest = Mapping[str, Any]


class RoutingError(Exception):
    """A split that this router cannot express. The sentence names object, field and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One apex over two leaves. `canary` is the canary leaf's share in percent; the stable leaf has the rest."""

    apex: str
    stable_leaf: str
    canary_leaf: str
    canary: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a router's object lives: its namespace and name, and the API version that the cluster serves."""

    namespace: str
    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a router can do beyond whole percents; asking for more is refused when the resource is applied."""

    fractions: bool = False
    headers: bool = False
    mirror: bool = False
    stickiness: bool = False


class Router(Protocol):
    """A dialect of traffic splitting."""

    name: str
    abilities: Abilities

    def render(self, split: Split, place: Place) -> Manifest: ...

    def read(self, found: Manifest, split: Split) -> Decimal | None: ...

    def acknowledged(self, found: Manifest) -> bool | None: ...


def preferred(served: Sequence[str], ours: Sequence[str]) -> str | None:
    """The first version of ours that the cluster serves, or None."""
    return next((version for version in ours if version in served), None)
