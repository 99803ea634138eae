"""What came of a rollout that was played: how it ended and when, by whose word, and each change of mind on the way."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from analysis.counts import Tally
from analysis.verdict import MetricVerdict, Verdict


class Ending(StrEnum):
    """What the plan made of the verdicts. `Running`: the counters ended before the plan did."""

    PROMOTED = "Promoted"
    ROLLED_BACK = "RolledBack"
    PAUSED = "Paused"
    RUNNING = "Running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of mind: of a metric (`what` is its verdict), or, where `metric` is None, of the plan (`what` is its reason).

    `step` counts from one, `weight` is the canary's share in percent from then on.
    """

    at: datetime
    metric: str | None
    what: str
    sentence: str
    step: int
    weight: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEnd:
    """A metric's last verdict and the events that it was based on."""

    verdict: MetricVerdict
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """How it ended. `verdict` is the judge's word that decided, `ending` what the plan made of it.

    `at` is when it ended or began to pause; where it goes on, the last moment that was played. `metrics` is empty where
    there was no look.
    """

    verdict: Verdict
    ending: Ending
    at: datetime
    reason: str
    sentence: str
    step: int
    weight: Decimal
    metrics: tuple[MetricEnd, ...]
    trace: tuple[Change, ...]
