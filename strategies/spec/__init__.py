"""The resource's words for planning and routing, and the plan that they come to."""

from strategies.spec.calls import ExpectSpec, HookSpec, HttpSpec, JobSpec, Method, TestSpec
from strategies.spec.delivery import DELIVERY_RULES, DeliverySpec, plan_of
from strategies.spec.ladder import DEFAULT_LADDER, ExponentialSpec, LinearSpec, ProgressiveSpec, StepSpec, StrategySpec
from strategies.spec.scale import ScaleSpec
from strategies.spec.traffic import SmiSpec, TrafficSpec
from strategies.spec.workloads import ServiceSpec, TargetSpec, VersionsSpec

__all__ = [
    "DEFAULT_LADDER",
    "DELIVERY_RULES",
    "DeliverySpec",
    "ExpectSpec",
    "ExponentialSpec",
    "HookSpec",
    "HttpSpec",
    "JobSpec",
    "LinearSpec",
    "Method",
    "ProgressiveSpec",
    "ScaleSpec",
    "ServiceSpec",
    "SmiSpec",
    "StepSpec",
    "StrategySpec",
    "TargetSpec",
    "TestSpec",
    "TrafficSpec",
    "VersionsSpec",
    "plan_of",
]
