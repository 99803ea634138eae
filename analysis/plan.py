"""What is measured and how it is judged: the values that a rollout's analysis is pinned to.

`analysis/spec.py` builds them from the resource, the controller adds the `Subject`. Shares are fractions of one
(0.01 is 1 %), times are `timedelta`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from analysis.verdict import Policy


class Version(StrEnum):
    """The two versions that a rollout compares."""

    STABLE = "stable"
    CANARY = "canary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose metrics are read: one Canary and the names by which its two versions are known to a metric provider.

    `stable_pods` and `canary_pods` are regular expressions that match whole pod names, in the dialect that RE2 and
    Python share, such as `reviews-6d4b75cb6d-.+`. `exact` are the versions whose expression is that of one ReplicaSet, so that
    no pod of another revision matches it.
    """

    namespace: str
    canary: str
    service: str
    stable_leaf: str
    canary_leaf: str
    stable_pods: str
    canary_pods: str
    stable_deployment: str
    canary_deployment: str
    exact: frozenset[Version] = frozenset()

    def leaf(self, version: Version) -> str:
        """The leaf Service of a version."""
        return self.stable_leaf if version is Version.STABLE else self.canary_leaf

    def pods(self, version: Version) -> str:
        """The regular expression of a version's pod names."""
        return self.stable_pods if version is Version.STABLE else self.canary_pods

    def deployment(self, version: Version) -> str:
        """The Deployment of a version."""
        return self.stable_deployment if version is Version.STABLE else self.canary_deployment


class Builtin(StrEnum):
    """The metrics that need no query of the user's."""

    ERROR_SHARE = "error-share"
    SLOW_SHARE = "slow-share"


class Dialect(StrEnum):
    """Whose metric names and labels a builtin metric is read from."""

    LINKERD = "linkerd"
    HTTP = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinMeasure:
    """Bad events out of all requests, read with grouped queries of ours. `above` is what `slow-share` calls slow, else None."""

    builtin: Builtin
    dialect: Dialect
    above: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsMeasure:
    """Bad events out of all events: two templates of instant vectors of raw counters, filled in once per version."""

    bad: str
    total: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueMeasure:
    """A template that gives one number per version."""

    query: str


Measure = BuiltinMeasure | CountsMeasure | ValueMeasure


CATASTROPHE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Worse:
    """What still counts as "not worse than stable": up to `ratio` times its share of bad events, or `margin` more."""

    ratio: float = 1.1
    margin: float = 0.00002


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequential:
    """Settings of the always-valid judge (reference: judgement §2.1, §2.2, §2.5, §4.1).

    `alpha` bounds this metric's chance to condemn a version that is not worse; see `share_alpha`. `worse` None compares
    nothing with stable, `limit` is an absolute bound on the share of bad events. "Not worse" is proven, with error
    probability `beta`, once it is clear that the share is less than `proof_margin` above stable's; where nothing is compared,
    once it is clear that the share stays below `limit`.
    """

    alpha: float = 0.05
    worse: Worse | None = field(default_factory=Worse)
    limit: float | None = None
    beta: float = 0.05
    proof_margin: float = 0.005

    @property
    def catastrophe(self) -> float:
        """The share of bad events that nobody waits for a second block for."""
        return CATASTROPHE if self.limit is None else min(10 * self.limit, 0.5 + self.limit / 2)

    def __post_init__(self) -> None:
        if not (0 < self.alpha < 1 and 0 < self.beta < 1):
            raise ValueError("alpha and beta are probabilities: more than 0 % and less than 100 %")
        if self.limit is not None and not 0 < self.limit < 1:
            raise ValueError("a limit on the share of bad events is more than 0 % and less than 100 %")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Settings of the fixed-threshold judge: bounds on the value, or conditions in CEL (see `judges.condition`).

    For counts the value is the canary's share of bad events (a fraction of one to `min` and `max`, percent to a condition)
    over at least `min_requests` events per check; for values it is the number itself, and `min_requests` has no meaning.
    The check that fails as number `failures` condemns the version, with `in_a_row` only if no good one came between.
    A step needs `successes` good checks in a row.
    """

    min: float | None = None
    max: float | None = None
    success_when: str | None = None
    fail_when: str | None = None
    failures: int = 1
    in_a_row: bool = False
    successes: int = 1
    min_requests: int = 1


class Direction(StrEnum):
    """Which way a value must not move."""

    INCREASE = "increase"
    DECREASE = "decrease"
    EITHER = "either"


class EffectSize(StrEnum):
    """How the size of a difference is measured.

    meanRatio: canary's mean out of stable's. cles: the chance that a point of the canary is above one of stable.
    """

    MEAN_RATIO = "meanRatio"
    CLES = "cles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How large a difference must be to be one, and to be critical; None is the size of no difference at all."""

    measure: EffectSize = EffectSize.MEAN_RATIO
    allowed_increase: float | None = None
    allowed_decrease: float | None = None
    critical_increase: float | None = None
    critical_decrease: float | None = None

    def bound(self, given: float | None) -> float:
        """What was given, or the size of no difference."""
        neutral = 1.0 if self.measure is EffectSize.MEAN_RATIO else 0.5
        return neutral if given is None else given


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """Settings of the rank test (reference: judgement §1.3).

    The canary is condemned when the interval of its shift against stable, at this `confidence`, lies beyond `tolerance` times
    the estimated shift, and the effect is large enough. Nothing is said before each version has so many `points`; `every` is the
    time from one to the next.
    """

    direction: Direction = Direction.EITHER
    tolerance: float = 0.25
    confidence: float = 0.98
    points: int = 20
    every: timedelta = timedelta(minutes=1)
    effect: Effect = field(default_factory=Effect)


Judge = Sequential | Threshold | Rank


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPlan:
    """One metric: how it is measured, how it is judged, and what its owner wants done about each bad verdict.

    A `ValueMeasure` can only be judged by a `Threshold` or a `Rank`, and a `Rank` can only judge one of those.
    `no_data_after` is the patience before `NoData` or `Error` asks for its policy.
    """

    name: str
    measure: Measure
    judge: Judge
    on_failure: Policy = Policy.ROLLBACK
    on_no_data: Policy = Policy.PAUSE
    on_error: Policy = Policy.PAUSE
    no_data_after: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        uncountable = isinstance(self.measure, ValueMeasure)
        if uncountable and isinstance(self.judge, Sequential):
            raise ValueError(f"{self.name}: a value has no events to count, so only a threshold or ranks can judge it")
        if isinstance(self.judge, Rank) and not uncountable:
            raise ValueError(f"{self.name}: counts are not ranked; give a value, or judge them by comparison or threshold")


def share_alpha(false_rollback_rate: float, plans: Sequence[MetricPlan]) -> tuple[MetricPlan, ...]:
    """Divides the bound on false rollbacks equally among the sequential metrics that can roll back (Bonferroni).

    Metrics that can't roll back spend nothing of it and are judged as strictly as the others.
    """
    sharers = sum(1 for plan in plans if isinstance(plan.judge, Sequential) and plan.on_failure is Policy.ROLLBACK)
    alpha = false_rollback_rate / max(sharers, 1)
    return tuple(
        replace(plan, judge=replace(plan.judge, alpha=alpha)) if isinstance(plan.judge, Sequential) else plan for plan in plans
    )
