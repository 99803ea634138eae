"""The resource `Canary` of canary.delivery/v1alpha1: the slices of its packages put together, and how an object is read.

Fields that are not known are ignored here, so that a controller can read what a newer one has written; `canary.api.unknown`
finds them for people.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Self

from pydantic import ValidationError, model_validator

from analysis.plan import Dialect, MetricPlan
from analysis.scalars import Objection, refuse, section
from analysis.spec import AnalysisSpec, PromoteOn, metric_plans
from analysis.spec.fitness import unfit
from canary.api.identity import identity_causes
from canary.api.refusals import InvalidCanary, causes_of
from canary.api.templates import Find, resolve
from canary.k8s.names import COMMAND_ANNOTATION
from strategies.model import Plan
from strategies.spec import DELIVERY_RULES, DeliverySpec, plan_of

KIND = "Canary"

_SOMETHING_JUDGED = (
    "!has(self.analysis) || !has(self.analysis.metrics) || size(self.analysis.metrics) > 0"
    " || (has(self.analysis.templates) && size(self.analysis.templates) > 0)"
)
_COUNTS_WHAT_IT_WAITS_FOR = (
    f"{_SOMETHING_JUDGED} || !has(self.strategy) || !has(self.strategy.progressive.steps)"
    " || self.strategy.progressive.steps.all(step, !has(step.minRequests) || step.minRequests == 0)"
)
_RULES = (
    (
        _COUNTS_WHAT_IT_WAITS_FOR,
        "a step has minRequests, but analysis.metrics is empty, so none are counted: add a metric, or remove minRequests",
    ),
    (
        f"{_SOMETHING_JUDGED} || !has(self.analysis.promoteOn) || self.analysis.promoteOn != 'evidence'",
        "analysis.promoteOn evidence needs metrics: add a metric, or write noHarm",
    ),
)


class CanarySpec(DeliverySpec):
    """What is delivered, how, and how it is judged."""

    model_config = section(*DELIVERY_RULES, *_RULES)

    analysis: AnalysisSpec = AnalysisSpec()
    """How the canary is judged against stable from live metrics."""

    @model_validator(mode="after")
    def _counts_what_it_waits_for(self) -> Self:
        if objections := tuple(self._uncounted()):
            raise refuse(*objections)
        return self

    def _uncounted(self) -> Iterator[Objection]:
        if self.analysis.judged:
            return
        if self.analysis.promote_on is PromoteOn.EVIDENCE:
            sentence = "evidence needs metrics: add a metric to spec.analysis.metrics, or write noHarm"
            yield Objection(at=("analysis", "promoteOn"), sentence=sentence)
        for index, step in enumerate(self.ladder()):
            if step.min_requests:
                at = ("strategy", "progressive", "steps", index, "minRequests")
                sentence = "spec.analysis.metrics is empty, so no requests are counted: add a metric, or remove minRequests"
                yield Objection(at=at, sentence=sentence)

    def plan(self) -> Plan:
        """The plan that a new rollout pins."""
        analysis = self.analysis
        proof = analysis.promote_on is PromoteOn.EVIDENCE
        plan = plan_of(self, judged=analysis.judged, counted=analysis.counted, needs_proof=proof)
        return replace(plan, analysis=analysis.model_dump_json(by_alias=True, exclude_unset=True))

    def resolved(self, find: Find) -> "CanarySpec":
        """The same with the metrics of its templates in it. Raises InvalidCanary."""
        if not self.analysis.templates:
            return self
        return self.model_copy(update={"analysis": resolve(self.analysis, find)})

    def judged_as(self, pinned: str) -> "CanarySpec":
        """The same, judged as was pinned when the rollout began; only where to ask may be corrected under way.

        Raises InvalidCanary for what a version other than this one has pinned.
        """
        analysis = _read_analysis(pinned)
        live = self.analysis.provider
        if live is not None and next(unfit(analysis.own, live), None) is None:
            analysis = analysis.model_copy(update={"provider": live})
        return self.model_copy(update={"analysis": analysis})

    def metric_plans(self, dialect: Dialect | None = None) -> tuple[MetricPlan, ...]:
        """What a rollout is judged by; `dialect` is the controller's own, None: the one that goes with the router."""
        return metric_plans(self.analysis, dialect or (Dialect.LINKERD if self.traffic.mesh else Dialect.HTTP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One Canary as the API server has it. `command` is the annotation's raw text, None when there is none."""

    namespace: str
    name: str
    uid: str
    generation: int
    deleted: bool
    command: str | None
    spec: CanarySpec
    status: Mapping[str, Any]


def parse_canary(obj: Mapping[str, Any]) -> Canary:
    """Read an object; raises InvalidCanary with a cause for every field that is refused."""
    causes = list(identity_causes(obj, KIND, label=True))
    try:
        spec = _read_spec(json.dumps(obj.get("spec") or {}, sort_keys=True))
    except ValidationError as error:
        raise InvalidCanary((*causes, *causes_of(error, "spec"))) from None
    if causes:
        raise InvalidCanary(tuple(causes))
    metadata: Mapping[str, Any] = obj["metadata"]
    return Canary(
        namespace=metadata.get("namespace", "default"),
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        generation=metadata.get("generation", 0),
        deleted="deletionTimestamp" in metadata,
        command=(metadata.get("annotations") or {}).get(COMMAND_ANNOTATION),
        spec=spec,
        status=obj.get("status") or {},
    )


@lru_cache(maxsize=4096)
def _read_spec(text: str) -> CanarySpec:
    """Strict about types, as the API server is. Cached: a spec is read at every reconcile, and changes rarely."""
    return CanarySpec.model_validate_json(text, strict=True)


@lru_cache(maxsize=1024)
def _read_analysis(text: str) -> AnalysisSpec:
    try:
        return AnalysisSpec.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise InvalidCanary(tuple(causes_of(error, "status.rollout.plan.analysis"))) from None
