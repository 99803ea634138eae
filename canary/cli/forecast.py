"""What a Canary will do, in a line per step: for people who have just written one."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from analysis.plan import BuiltinMeasure, CountsMeasure, Direction, MetricPlan, Rank, Sequential, Threshold, ValueMeasure
from analysis.scalars import format_duration, format_percent
from canary.api.v1alpha1 import Canary, CanarySpec
from strategies.model import Step
from strategies.words import plural


def forecast(canary: Canary) -> list[str]:
    """The lines; they promise nothing about a cluster, which has not been asked."""
    spec = canary.spec
    return [
        f"  tries   {_tries(spec)}",
        f"  traffic {_traffic(spec)}",
        *_ladder(spec),
        *_judged(spec),
        f"  then    {_ending(spec)}",
    ]


def _tries(spec: CanarySpec) -> str:
    if spec.target is not None:
        return f"each new pod template of Deployment {spec.stable_workload}, in {spec.canary_workload}"
    return f"Deployment {spec.canary_workload} beside {spec.stable_workload}"


def _traffic(spec: CanarySpec) -> str:
    apex = f"Service {spec.service.name}:{spec.service.port}" if spec.service else "the pods of both versions"
    how = "split by weight" if spec.traffic.mesh else "split by the number of pods"
    return f"{apex}, {how} (router {spec.traffic.router})"


def _ladder(spec: CanarySpec) -> Iterator[str]:
    for number, step in enumerate(spec.plan().steps, start=1):
        head = "  steps " if number == 1 else " " * 8
        yield f"{head}  {number}. {', '.join(_conditions(step))}"


def _conditions(step: Step) -> Iterator[str]:
    yield f"{format_percent(step.weight)} for {format_duration(step.hold)}" if step.hold else format_percent(step.weight)
    if step.min_requests:
        yield f"at least {plural(step.min_requests, 'request')}"
    if step.tests:
        yield f"{'test' if len(step.tests) == 1 else 'tests'} {' '.join(step.tests)}"
    if step.approval:
        yield "then waits for `canary advance`"


def _judged(spec: CanarySpec) -> Iterator[str]:
    plans = spec.metric_plans()
    if not plans and not spec.analysis.templates:
        yield "  judged  by nothing: analysis.metrics is empty"
        return
    warmup = f", from {format_duration(spec.analysis.warmup)} after its first traffic" if spec.analysis.warmup else ""
    yield f"  judged  every {format_duration(spec.analysis.interval)}{warmup}"
    for plan in plans:
        yield f"          {plan.name}: {_measure(plan)}, {_bounds(plan)}, else {plan.on_failure}"


def _measure(plan: MetricPlan) -> str:
    match plan.measure:
        case BuiltinMeasure(above=timedelta() as above):
            return f"share of requests slower than {format_duration(above)}"
        case BuiltinMeasure():
            return "share of failed requests"
        case CountsMeasure():
            return "share of bad events"
        case ValueMeasure():
            return "a value"


def _bounds(plan: MetricPlan) -> str:
    match plan.judge:
        case Sequential() as judge:
            return " and ".join(_compared(judge))
        case Threshold() as judge:
            return ", ".join([" and ".join(_allowed(judge, plan)), *_patience(judge)])
        case Rank() as judge:
            return (
                f"{_RANKED[judge.direction]} stable by rank, from {judge.points} points {format_duration(judge.every)} apart on"
            )


_RANKED = {
    Direction.INCREASE: "not higher than",
    Direction.DECREASE: "not lower than",
    Direction.EITHER: "neither higher nor lower than",
}


def _compared(judge: Sequential) -> Iterator[str]:
    if judge.worse is not None:
        yield "not worse than stable"
    if judge.limit is not None:
        yield f"at most {_share(judge.limit)}"


def _allowed(judge: Threshold, plan: MetricPlan) -> Iterator[str]:
    shown = "{:.6g}".format if isinstance(plan.measure, ValueMeasure) else _share
    if judge.min is not None:
        yield f"at least {shown(judge.min)}"
    if judge.max is not None:
        yield f"at most {shown(judge.max)}"
    if judge.success_when is not None:
        yield f"good when {judge.success_when}"
    if judge.fail_when is not None:
        yield f"failed when {judge.fail_when}"


def _share(part: float) -> str:
    return format_percent(Decimal(f"{part * 100:.6g}"))


def _patience(judge: Threshold) -> Iterator[str]:
    if judge.failures > 1:
        yield f"{judge.failures} failed checks {'in a row' if judge.in_a_row else 'in all'} condemn"
    if judge.successes > 1:
        yield f"a step needs {judge.successes} good ones in a row"


def _ending(spec: CanarySpec) -> str:
    drain = format_duration(spec.traffic.drain)
    if spec.target is not None:
        return (
            f"Deployment {spec.stable_workload} rolls to the new template; on a failure weight 0 at once, pods go {drain} later"
        )
    return (
        f"{spec.stable_workload} is scaled to 0; on a failure weight 0 at once, pods of {spec.canary_workload} go {drain} later"
    )
