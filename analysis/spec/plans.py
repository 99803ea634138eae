"""From the resource to the values that a rollout is judged by. Percentages become fractions of one."""

from decimal import Decimal

from analysis.plan import (
    Builtin,
    BuiltinMeasure,
    CountsMeasure,
    Dialect,
    Effect,
    Judge,
    Measure,
    MetricPlan,
    Rank,
    Sequential,
    Threshold,
    ValueMeasure,
    Worse,
    share_alpha,
)
from analysis.scalars import HUNDRED
from analysis.spec.analysis import AnalysisSpec
from analysis.spec.judging import EffectSpec, RankSpec, ThresholdSpec
from analysis.spec.metric import SLOW, MetricSpec
from analysis.templates import settle
from analysis.verdict import Policy


def metric_plans(spec: AnalysisSpec, dialect: Dialect) -> tuple[MetricPlan, ...]:
    """What a rollout is judged by, templates apart; `dialect` is used where the resource names none."""
    plans = tuple(_plan(metric, spec, dialect) for metric in spec.own)
    return share_alpha(_fraction(spec.false_rollback_rate), plans)


def _plan(metric: MetricSpec, spec: AnalysisSpec, dialect: Dialect) -> MetricPlan:
    """A metric whose failure is ignored is a dry run: its missing data holds nobody either, unless the resource says so."""
    dry = metric.on_failure is Policy.IGNORE
    return MetricPlan(
        name=metric.name,
        measure=_measure(metric, spec, dialect),
        judge=_judge(metric),
        on_failure=metric.on_failure or spec.on_failure,
        on_no_data=metric.on_no_data or (Policy.IGNORE if dry else spec.on_no_data),
        on_error=metric.on_error or (Policy.IGNORE if dry else spec.on_error),
        no_data_after=metric.no_data_after or spec.no_data_after,
    )


def _measure(metric: MetricSpec, spec: AnalysisSpec, dialect: Dialect) -> Measure:
    provider = metric.provider or spec.provider
    if metric.builtin is not None:
        if provider is not None and provider.prometheus is not None:
            dialect = provider.prometheus.dialect or dialect
        above = (metric.above or SLOW) if metric.builtin is Builtin.SLOW_SHARE else None
        return BuiltinMeasure(builtin=metric.builtin, dialect=dialect, above=above)
    if metric.counts is not None:
        return CountsMeasure(bad=settle(metric.counts.bad, spec.interval), total=settle(metric.counts.total, spec.interval))
    assert metric.value is not None, "a metric has exactly one kind"
    return ValueMeasure(query=settle(metric.value, spec.interval))


def _judge(metric: MetricSpec) -> Judge:
    if metric.rank is not None:
        return _rank(metric.rank)
    return _threshold(metric.threshold, metric) if metric.threshold else _sequential(metric)


def _sequential(metric: MetricSpec) -> Sequential:
    limit = None if metric.limit is None else _fraction(metric.limit)
    if metric.worse is not None:
        return Sequential(limit=limit, worse=Worse(ratio=float(metric.worse.ratio), margin=_fraction(metric.worse.margin)))
    return Sequential(limit=limit) if limit is None else Sequential(limit=limit, worse=None)


def _threshold(bounds: ThresholdSpec, metric: MetricSpec) -> Threshold:
    unit = Decimal(1) if metric.value is not None else HUNDRED
    return Threshold(
        min=None if bounds.min is None else float(bounds.min / unit),
        max=None if bounds.max is None else float(bounds.max / unit),
        success_when=bounds.success_when,
        fail_when=bounds.fail_when,
        failures=bounds.failures,
        in_a_row=bounds.in_a_row,
        successes=bounds.successes,
        min_requests=bounds.min_requests,
    )


def _rank(spec: RankSpec) -> Rank:
    return Rank(
        direction=spec.direction,
        tolerance=_fraction(spec.tolerance),
        confidence=_fraction(spec.confidence),
        points=spec.points,
        every=spec.every,
        effect=Effect() if spec.effect is None else _effect(spec.effect),
    )


def _effect(spec: EffectSpec) -> Effect:
    return Effect(
        measure=spec.measure,
        allowed_increase=None if spec.increase is None else float(spec.increase),
        allowed_decrease=None if spec.decrease is None else float(spec.decrease),
    )


def _fraction(share: Decimal) -> float:
    return float(share / HUNDRED)
