"""The resource's `analysis`: which metrics are judged, how, and what is done about each verdict.

Checked here as far as one can without a provider; `metric_plans` gives the values that a rollout is judged by.
"""

from analysis.spec.analysis import AnalysisSpec, PromoteOn
from analysis.spec.judging import EffectSpec, RankSpec, ThresholdSpec, WorseSpec
from analysis.spec.metric import DEFAULT_METRICS, CountsSpec, MetricSpec
from analysis.spec.plans import metric_plans
from analysis.spec.provider import AuthSpec, PrometheusSpec, ProviderSpec, SecretName
from analysis.spec.templates import AnalysisTemplateSpec, ArgumentSpec, Scope, TemplateRef

__all__ = [
    "DEFAULT_METRICS",
    "AnalysisSpec",
    "AnalysisTemplateSpec",
    "ArgumentSpec",
    "AuthSpec",
    "CountsSpec",
    "EffectSpec",
    "MetricSpec",
    "PrometheusSpec",
    "PromoteOn",
    "ProviderSpec",
    "RankSpec",
    "Scope",
    "SecretName",
    "TemplateRef",
    "ThresholdSpec",
    "WorseSpec",
    "metric_plans",
]
