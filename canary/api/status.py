"""`State` to `.status` and back: what is written is what a restart reads, and reading it gives the same state again."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import ValidationError

from analysis.scalars import format_percent
from analysis.verdict import MetricVerdict, Policy, Verdict
from canary.api.conditions import conditions_of
from canary.api.ratio import format_ratio
from canary.api.refusals import causes_of
from canary.api.report import Report
from canary.api.status_fields import (
    CanaryStatus,
    MetricStatus,
    OutcomeStatus,
    PlanStatus,
    RolloutStatus,
    RunStatusLine,
    SideStatus,
    TrafficStatus,
)
from canary.errors import Invalid
from strategies.model import Call, Observation, Plan, Rollout, Side, Sizing, State, Step

HISTORY = 10
_RUNS = 20
_GRAVEST = (Verdict.FAIL, Verdict.ERROR, Verdict.NO_DATA, Verdict.INCONCLUSIVE, Verdict.CONTINUE, Verdict.PASS)

T = TypeVar("T")


class UnreadableStatus(Invalid):
    """Somebody else has written the status: it is not ours to read."""


def status_of(report: Report) -> dict[str, Any]:
    """The whole `.status` for this decision, JSON-able; absent fields are to be absent."""
    state, seen = report.decision.state, report.observation
    status = CanaryStatus(
        phase=state.phase,
        reason=report.decision.reason,
        message=report.decision.sentence,
        step=_step(state.rollout),
        weight=_weight(state.rollout, seen),
        verdict=_verdict(seen.verdicts),
        observed_generation=report.generation,
        stable=_stable(state, seen),
        canary=_canary(state, seen),
        previous=state.previous,
        rejected=state.rejected,
        rollouts=state.rollouts,
        rollout=None if state.rollout is None else _rollout(state.rollout),
        outcome=OutcomeStatus(reason=state.reason, message=state.sentence) if state.reason or state.sentence else None,
        traffic=_traffic(state.rollout, report),
        analysis=tuple(_metric(verdict) for verdict in seen.verdicts),
        tests=tuple(_runs(state.rollout, seen))[-_RUNS:],
        history=report.history[:HISTORY],
        conditions=conditions_of(report),
        command=report.command,
        last_command=state.last_command,
        leader_epoch=report.leader_epoch,
    )
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)


def read_status(status: Mapping[str, Any]) -> CanaryStatus:
    """A status as its fields; raises UnreadableStatus."""
    try:
        return CanaryStatus.model_validate(status)
    except ValidationError as error:
        causes = tuple(causes_of(error, "status"))
        sentence = "; ".join(f"{cause.field}: {cause.message}" for cause in causes)
        raise UnreadableStatus(f"The status can't be read: {sentence}", causes=causes) from None


def state_of(status: Mapping[str, Any]) -> State:
    """The state that a status holds; an empty status is the first state. Raises UnreadableStatus."""
    read = read_status(status)
    return State(
        phase=read.phase,
        reason=read.outcome.reason if read.outcome else "",
        sentence=read.outcome.message if read.outcome else "",
        stable=read.stable.revision,
        stable_workload=read.stable.workload,
        previous=read.previous,
        rejected=read.rejected,
        rollouts=read.rollouts,
        rollout=None if read.rollout is None else _pinned(read.rollout),
        last_command=read.last_command,
    )


def _rollout(rollout: Rollout) -> RolloutStatus:
    plan = PlanStatus.model_validate(rollout.plan, from_attributes=True)
    return RolloutStatus(**{**_values(Rollout, rollout), "plan": plan, "of": len(rollout.plan.steps)})


def _pinned(read: RolloutStatus) -> Rollout:
    plan = Plan(
        **{
            **_values(Plan, read.plan),
            "steps": tuple(_as(Step, step) for step in read.plan.steps),
            "sizing": _as(Sizing, read.plan.sizing),
            "tests": tuple(_as(Call, call) for call in read.plan.tests),
            "hooks": tuple(_as(Call, call) for call in read.plan.hooks),
        }
    )
    return Rollout(**{**_values(Rollout, read), "plan": plan})


def _values(kind: type, source: object) -> dict[str, Any]:
    return {field.name: getattr(source, field.name) for field in fields(kind)}


def _as(kind: type[T], source: object) -> T:
    return kind(**_values(kind, source))


def _step(rollout: Rollout | None) -> str | None:
    return None if rollout is None else f"{rollout.step}/{len(rollout.plan.steps)}"


def _weight(rollout: Rollout | None, seen: Observation) -> str | None:
    if rollout is None:
        return None
    return format_percent(rollout.weight if seen.traffic.canary is None else seen.traffic.canary)


def _verdict(verdicts: tuple[MetricVerdict, ...]) -> str | None:
    heard = {each.verdict for each in verdicts if each.policy is not Policy.IGNORE}
    return next((str(verdict) for verdict in _GRAVEST if verdict in heard), None)


def _side(side: Side, revision: str | None, workload: str | None) -> SideStatus:
    if not side.found or workload is None:
        return SideStatus(workload=workload, revision=revision)
    return SideStatus(workload=workload, revision=revision, image=side.image, replicas=side.wanted, ready=side.ready)


def _stable(state: State, seen: Observation) -> SideStatus:
    """Side by side, the version that serves after a promotion is the one that the resource still calls its canary."""
    side = seen.canary if state.stable_workload == seen.canary.workload else seen.stable
    return _side(side, state.stable, state.stable_workload)


def _canary(state: State, seen: Observation) -> SideStatus | None:
    if state.rollout is not None:
        side = _side(seen.canary, state.rollout.revision, state.rollout.canary_workload)
        return side.model_copy(update={"image": state.rollout.image})
    if seen.tried is None or seen.tried == state.stable:
        return None
    return SideStatus(revision=seen.tried, image=seen.tried_image or None)


def _traffic(rollout: Rollout | None, report: Report) -> TrafficStatus | None:
    traffic = report.observation.traffic
    if rollout is None and traffic.canary is None:
        return None
    return TrafficStatus(
        router=report.router,
        wanted=rollout.weight if rollout else 0,
        live=traffic.canary,
        acknowledged=traffic.acknowledged,
    )


def _metric(verdict: MetricVerdict) -> MetricStatus:
    return MetricStatus(
        metric=verdict.metric,
        verdict=str(verdict.verdict),
        stable=verdict.stable,
        canary=verdict.canary,
        requests=verdict.requests,
        evidence=_finite(verdict.evidence),
        bound=_finite(verdict.bound),
        ratio=None if verdict.ratio is None else format_ratio(verdict.ratio),
        since=verdict.since,
        sentence=verdict.sentence,
    )


def _finite(number: float | None) -> float | None:
    """JSON has no infinity; three digits are enough for people."""
    if number is None or math.isnan(number):
        return None
    return float(f"{max(-1e300, min(1e300, number)):.3g}")


def _runs(rollout: Rollout | None, seen: Observation) -> Iterator[RunStatusLine]:
    """Run ids read `rollout/step.attempt/edge/name`; what belongs to another rollout is not shown."""
    for run_id, result in seen.runs.items():
        head, _, rest = run_id.partition("/")
        parts = rest.split("/")
        if rollout is not None and head == rollout.id and len(parts) == 3:
            at, edge, name = parts
            yield RunStatusLine(name=name, edge=edge, at=at, status=str(result.status), sentence=result.sentence)
