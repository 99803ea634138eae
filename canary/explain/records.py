"""What was written down about one rollout, wherever it was found; everything oldest first."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from canary.store.evidence import Measurement
from canary.store.journal import CommandRecord, RolloutRecord
from canary.store.runs import RunRecord
from strategies.model import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One decision. Events know neither `phase` nor `step` nor `weight`; `actor` is the person who gave a command."""

    at: datetime
    reason: str
    sentence: str
    phase: Phase | None = None
    step: int | None = None
    weight: Decimal | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What one metric said last, in the words of the status: all that is known of it without the database."""

    metric: str
    verdict: str
    at: datetime
    sentence: str
    canary: str
    stable: str
    evidence: float | None = None
    bound: float | None = None
    ratio: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """`author`: who changed the template, in words. `missing`: in sentences, what is not known and how it can be got."""

    rollout: RolloutRecord
    said: tuple[Said, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    stands: tuple[Stand, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    commands: tuple[CommandRecord, ...] = ()
    author: str | None = None
    missing: tuple[str, ...] = ()
