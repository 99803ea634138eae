"""What is played: the plan that a rollout would pin, the metrics that would judge it, and when they are looked at.

Offline nobody approves anything and no test or hook runs: all of these are taken as passed, and `taken` says which.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from analysis.plan import Dialect, MetricPlan
from canary.api.v1alpha1 import CanarySpec
from strategies.model import Plan
from strategies.words import percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A plan that needs nothing but counters and time. `taken` names what is taken as passed, in words."""

    plan: Plan
    metrics: tuple[MetricPlan, ...]
    interval: timedelta
    warmup: timedelta
    taken: tuple[str, ...] = ()

    def only(self, names: Collection[str]) -> "Course":
        """The same course with these of its metrics, each judged as strictly as among all of them."""
        return replace(self, metrics=tuple(metric for metric in self.metrics if metric.name in names))


def course_of(spec: CanarySpec, dialect: Dialect | None = None) -> Course:
    """What a rollout of this spec would go through; `dialect` is the controller's own."""
    plan = spec.plan()
    steps = tuple(replace(step, tests=(), approval=False) for step in plan.steps)
    return Course(
        plan=replace(plan, steps=steps, tests=(), hooks=(), mesh=True),  # a share is a share, whatever splits it
        metrics=spec.metric_plans(dialect),
        interval=spec.analysis.interval,
        warmup=spec.analysis.warmup,
        taken=tuple(_taken(plan)),
    )


def _taken(plan: Plan) -> Iterator[str]:
    for test in dict.fromkeys(name for step in plan.steps for name in step.tests):
        yield f"test {test}"
    for hook in plan.hooks:
        yield f"hook {hook.name}"
    for step in plan.steps:
        if step.approval:
            yield f"approval at {percent(step.weight)}"
