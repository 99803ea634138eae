"""A canary config of Kayenta's, as far as its judge reads one; where metrics come from is nobody's business here.

Kayenta takes what it doesn't know for a default (`direction: up` for either); here that is refused, at its field.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from analysis.plan import Direction, Effect, EffectSize, Rank
from analysis.scalars import Section, refuse, refuse_one, taken

JUDGE = "NetflixACAJudge-v1.0"

Finite = Annotated[float, Field(allow_inf_nan=False)]
Score = Annotated[float, Field(ge=0, le=100)]


class NanStrategy(StrEnum):
    """What becomes of points without a value: left out, or taken for zero."""

    REMOVE = "remove"
    REPLACE = "replace"


class OutlierStrategy(StrEnum):
    """What becomes of points far from the others."""

    KEEP = "keep"
    REMOVE = "remove"


class Outliers(Section):
    """Which points are far: beyond `outlier_factor` times the distance of the quartiles."""

    strategy: OutlierStrategy = OutlierStrategy.KEEP
    outlier_factor: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 3.0


class EffectSizes(Section):
    """How large a difference must be to be one, and to be critical."""

    measure: EffectSize = EffectSize.MEAN_RATIO
    allowed_increase: Finite | None = None
    allowed_decrease: Finite | None = None
    critical_increase: Finite | None = None
    critical_decrease: Finite | None = None


class MetricAnalysis(Section):
    """How one metric is judged."""

    direction: Direction = Direction.EITHER
    nan_strategy: NanStrategy = NanStrategy.REMOVE
    critical: bool = False
    must_have_data: bool = False
    muted: bool = False
    effect_size: EffectSizes = EffectSizes()
    outliers: Outliers = Outliers()

    def rank(self) -> Rank:
        """The settings of the rank test. Tolerance and confidence are fixed in Kayenta; one point is enough for it."""
        sizes = self.effect_size
        effect = Effect(
            measure=sizes.measure,
            allowed_increase=sizes.allowed_increase,
            allowed_decrease=sizes.allowed_decrease,
            critical_increase=sizes.critical_increase,
            critical_decrease=sizes.critical_decrease,
        )
        return Rank(direction=self.direction, tolerance=0.25, confidence=0.98, points=1, effect=effect)


class AnalysisConfigurations(Section):
    """Settings by the name of the analysis, of which there is one."""

    canary: MetricAnalysis = MetricAnalysis()


class KayentaMetric(Section):
    """One metric: the groups that it counts in, and how it is judged."""

    name: Annotated[str, Field(min_length=1)]
    groups: tuple[str, ...] = ()
    analysis_configurations: AnalysisConfigurations = AnalysisConfigurations()

    @property
    def analysis(self) -> MetricAnalysis:
        """How it is judged."""
        return self.analysis_configurations.canary


class Thresholds(Section):
    """The least scores of a pass and of a marginal result, out of 100."""

    passing: Annotated[Score, Field(alias="pass")] = 95.0
    marginal: Score = 75.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.marginal > self.passing:
            raise refuse_one(f"marginal {self.marginal:g} is above pass {self.passing:g}: lower marginal, or raise pass")
        return self


class Classifier(Section):
    """What groups weigh, in percent, and what scores mean."""

    group_weights: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(default_factory=dict)
    score_thresholds: Thresholds = Thresholds()


class Judge(Section):
    """Whose arithmetic is asked for."""

    name: str = JUDGE

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name != JUDGE:
            raise refuse_one(f'there is no judge "{name}" here: write {JUDGE}, or leave it out')
        return name


class CanaryConfig(Section):
    """A canary config: metrics, groups, weights, thresholds."""

    name: str = ""
    judge: Judge = Judge()
    metrics: Annotated[tuple[KayentaMetric, ...], Field(min_length=1)]
    classifier: Classifier = Classifier()

    @field_validator("metrics")
    @classmethod
    def _unique(cls, metrics: tuple[KayentaMetric, ...]) -> tuple[KayentaMetric, ...]:
        if objections := taken([metric.name for metric in metrics], "metric"):
            raise refuse(*objections)
        return metrics

    @property
    def by_name(self) -> Mapping[str, KayentaMetric]:
        """The metrics by their names."""
        return {metric.name: metric for metric in self.metrics}
