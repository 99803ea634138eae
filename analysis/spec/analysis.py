"""The resource's `analysis` as a whole."""

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from analysis.scalars import (
    BY_NAME,
    HUNDRED,
    Duration,
    Interval,
    Objection,
    PositiveDuration,
    PositivePercent,
    Section,
    refuse,
    refuse_one,
    section,
    taken,
)
from analysis.spec.fitness import unfit
from analysis.spec.metric import DEFAULT_METRICS, MetricSpec
from analysis.spec.provider import ProviderSpec
from analysis.spec.templates import TemplateRef
from analysis.verdict import Policy

MOST_METRICS = 20


class PromoteOn(StrEnum):
    """What a step asks of its metrics before it ends."""

    NO_HARM = "noHarm"
    EVIDENCE = "evidence"


_PROMETHEUS = "!has(self.provider) || has(self.provider.prometheus)"
_RULES = (
    (
        f"{_PROMETHEUS} || !has(self.metrics) || self.metrics.all(one, !has(one.builtin) || has(one.provider))",
        "builtin metrics are read from a Prometheus: write counts or values for this provider",
    ),
    (
        f"{_PROMETHEUS} || has(self.metrics) || (has(self.templates) && size(self.templates) > 0)",
        "the default metrics are read from a Prometheus: write metrics of your own for this provider",
    ),
)


class AnalysisSpec(Section):
    """How the canary is judged against stable from live metrics."""

    model_config = section(*_RULES)

    provider: ProviderSpec | None = None
    """Where metrics come from. Default: the controller's own provider."""
    interval: Interval = timedelta(seconds=15)
    """How often metrics are read, in whole seconds."""
    warmup: Duration = timedelta(seconds=60)
    """How long after its first traffic a canary is not judged yet: cold caches are not its fault. Failing most requests is."""
    false_rollback_rate: PositivePercent = Decimal(5)
    """Bound on the chance to roll back a healthy version, shared over all metrics of the rollout."""
    templates: Annotated[tuple[TemplateRef, ...], Field(max_length=10)] = ()
    """Reusable metrics: those of AnalysisTemplates and ClusterAnalysisTemplates, before the metrics of this Canary."""
    metrics: Annotated[tuple[MetricSpec, ...], Field(max_length=MOST_METRICS, json_schema_extra=BY_NAME)] | None = None
    """What is judged. Default, without templates: the share of failed requests, and of requests slower than 500ms. [] judges
    nothing, on purpose."""
    on_failure: Policy = Policy.ROLLBACK
    """What to do when a metric fails: rollback, pause, or ignore (measured and shown, never acted on)."""
    on_no_data: Policy = Policy.PAUSE
    """What to do when a metric has had no data for `noDataAfter`: pause, ignore or rollback."""
    on_error: Policy = Policy.PAUSE
    """What to do when the provider has not answered for `noDataAfter`: pause, ignore or rollback."""
    no_data_after: PositiveDuration = timedelta(minutes=5)
    """Patience with missing data and with a provider that is down."""
    promote_on: PromoteOn = PromoteOn.NO_HARM
    """noHarm: a step ends when nothing speaks against the canary. evidence: also demand proof that it is not worse."""

    @field_validator("metrics")
    @classmethod
    def _unique(cls, metrics: tuple[MetricSpec, ...] | None) -> tuple[MetricSpec, ...] | None:
        if objections := taken([metric.name for metric in metrics or ()], "metric"):
            raise refuse(*objections)
        return metrics

    @field_validator("false_rollback_rate")
    @classmethod
    def _some_rate(cls, rate: Decimal) -> Decimal:
        if rate > HUNDRED / 2:
            raise refuse_one("would roll back most healthy versions: write at most 50%")
        return rate

    @model_validator(mode="after")
    def _askable(self) -> Self:
        """Templates are looked at with the provider that they are asked of, once that is known."""
        if self.metrics is None and not self.templates and next(unfit(self.own, self.provider), None) is not None:
            raise refuse_one("has none by default for this provider: write counts or values of your own", "metrics")
        if objections := list(unfit(self.metrics or (), self.provider)):
            raise refuse(*(Objection(at=("metrics", *one.at), sentence=one.sentence) for one in objections))
        return self

    @property
    def judged(self) -> bool:
        """Whether any metric is judged at all."""
        return self.metrics != () or self.templates != ()

    @property
    def counted(self) -> bool:
        """Whether any metric counts requests; values have none to wait for."""
        return any(metric.value is None for metric in self.own)

    @property
    def own(self) -> tuple[MetricSpec, ...]:
        """The metrics of this Canary itself: by default two, but none beside templates."""
        if self.metrics is None:
            return () if self.templates else DEFAULT_METRICS
        return self.metrics
