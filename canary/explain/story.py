"""The story of a rollout as it can be told: what was tried, what happened, who said what, why it ended and at what price."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from analysis.counts import Tally
from analysis.verdict import Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a step waited for. `ended` None: it still does."""

    reason: str
    sentence: str
    began: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A rung of the ladder that was entered; number 0 is the preparation. `passed`: the next one, or the promotion, followed."""

    number: int
    weight: Decimal
    began: datetime
    ended: datetime | None
    passed: bool
    waits: tuple[Wait, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """What a metric said from a moment on. `canary` and `stable` are words, `counts` the numbers where they are known."""

    at: datetime
    metric: str
    verdict: str
    sentence: str
    canary: str
    stable: str
    counts: Tally | None = None
    evidence: float | None = None
    bound: float | None = None
    ratio: str | None = None
    interval: Ratio | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a metric, for plots: counts so far, evidence and its bound."""

    at: datetime
    counts: Tally
    evidence: float | None
    bound: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric's changes of mind, its last word among them, and every look where the database has them."""

    name: str
    minds: tuple[Mind, ...]
    last: Mind
    looks: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. `subject` is empty for the controller's own decisions, else the metric, test, hook or person."""

    at: datetime
    subject: str
    what: str
    sentence: str
    weight: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """How fast a rollback was. `sign`: from when on the canary's share of bad events stayed above stable's; None if unknown.

    `decided` is the verdict that condemned it, or the decision; `zero` when weight 0 was written.
    """

    metric: str | None
    sign: datetime | None
    decided: datetime
    zero: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The canary's requests as one metric counted them, after the warm-up. `excess`: more bad ones than at stable's share."""

    metric: str
    requests: float
    bad: float
    excess: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All of it. `ended` and `outcome` are None while it runs; `author` says who changed the template, None where unknown.

    `missing` says what is not known and how to get it.
    """

    namespace: str
    canary: str
    id: str
    number: int
    revision: str
    image: str
    beside: str | None
    started: datetime
    ended: datetime | None
    outcome: str | None
    reason: str
    sentence: str
    steps: tuple[Step, ...]
    metrics: tuple[Metric, ...]
    events: tuple[Event, ...]
    rescue: Rescue | None
    served: tuple[Served, ...]
    weights: tuple[tuple[datetime, Decimal], ...]
    author: str | None = None
    missing: tuple[str, ...] = ()
