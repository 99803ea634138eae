"""What judging a metric can come to, and what each outcome asks for.

This is the only part of `analysis` that the planner may see: a verdict with its numbers and its
sentence, never a query, a sample or a judge.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """The six outcomes. `NoData` and `Error` never become `Pass` or `Fail` by arithmetic."""

    PASS = "Pass"  # noqa: S105 - a verdict, not a password
    FAIL = "Fail"
    CONTINUE = "Continue"
    INCONCLUSIVE = "Inconclusive"
    NO_DATA = "NoData"
    ERROR = "Error"


class Policy(StrEnum):
    """What a metric's owner wants done about a verdict."""

    ROLLBACK = "rollback"
    PAUSE = "pause"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How many times stable's share of bad events the canary's is, with an interval that holds at every look at once.

    `estimate` is None while neither version has had a bad event or stable has had none; `high` is None where there is no end.
    """

    low: float
    estimate: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricVerdict:
    """One metric's verdict with the numbers that explain it.

    `since` is when the verdict last changed, so that policies with a patience (`noDataAfter`) need no state
    of their own. `requests` counts canary events over the whole rollout, `step_requests` since the step began.
    `evidence`, `bound` and `ratio` are None for judges that have no such number. `policy` is what to do about `Fail`,
    `NoData` or `Error`, already chosen for this verdict; for the others it is None, or `ignore` where the metric is a dry run.
    `waits` marks a `Continue` that no step may end on: the judge has yet to see a good check, or enough points.
    """

    metric: str
    verdict: Verdict
    sentence: str
    since: datetime
    policy: Policy | None = None
    patience_over: bool = True
    waits: bool = False
    stable: str = "-"
    canary: str = "-"
    requests: int = 0
    step_requests: int = 0
    evidence: float | None = None
    bound: float | None = None
    ratio: Ratio | None = None
