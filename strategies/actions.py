"""The closed union of what a plan may ask the shell to do.

Each action states a wanted end, not a change: enacting it twice, or losing it and planning again, ends in the same place.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Role(StrEnum):
    """The two versions of a rollout."""

    STABLE = "stable"
    CANARY = "canary"


class Template(StrEnum):
    """Which pod template is to stand in the Deployment that is tried in place."""

    STABLE = "stable"  # what runs now
    TRIED = "tried"  # what the rollout promotes; a newer one is set aside, to be put back by Hold
    PREVIOUS = "previous"  # what ran before the last promotion


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """Put our finalizer on the Canary and our label on the workloads and the apex, so that the caches see them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCommand:
    """Give a bare command an id, so that its repetition after a crash can be told from a second command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Pause the Deployment's own rollout, mark it ours, and put back a template that was set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Let Kubernetes roll the Deployment to `template`, in one write."""

    template: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class PutTemplate:
    """Put `template` into the held Deployment without letting it roll."""

    template: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureLeaf:
    """The leaf Service of a side exists and selects exactly that version."""

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWeight:
    """The canary's share of traffic, in percent, is `canary`; the stable side has the rest."""

    canary: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureCanary:
    """The canary Deployment exists with the tried template and this many replicas."""

    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A side's Deployment has this many replicas."""

    role: Role
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCanary:
    """The canary Deployment that we made is deleted, in the foreground: it is gone only when its pods are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSplit:
    """The split that we made is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteLeaf:
    """A leaf Service that we made is deleted."""

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A test or hook runs, at most once under this id. `edge` is None for tests."""

    id: str
    name: str
    edge: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """Nothing of ours is left: the Deployment on the stable template and rolling by itself, labels gone, then the finalizer."""


Action = (
    Adopt
    | NameCommand
    | Hold
    | Release
    | PutTemplate
    | EnsureLeaf
    | SetWeight
    | EnsureCanary
    | Scale
    | DeleteCanary
    | DeleteSplit
    | DeleteLeaf
    | Run
    | Farewell
)
