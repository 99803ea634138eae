"""The part of the resource that planning and routing read, and what it comes to: a plan."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from analysis.scalars import BY_NAME, Objection, Section, exactly_one, one_of, refuse, refuse_one, section, taken
from strategies.model import Plan, Step
from strategies.spec.calls import HookSpec, TestSpec
from strategies.spec.ladder import DEFAULT_LADDER, StepSpec, StrategySpec
from strategies.spec.scale import ScaleSpec
from strategies.spec.traffic import TrafficSpec
from strategies.spec.workloads import CANARY_SUFFIX, ServiceSpec, TargetSpec, VersionsSpec

JUDGED_REQUESTS = 10  # an analysis that measured nothing is not a pass
_NAMED_TESTS_EXIST = (
    "!has(self.strategy) || !has(self.strategy.progressive.steps) || self.strategy.progressive.steps.all(step,"
    " !has(step.tests) || step.tests.all(name, has(self.tests) && self.tests.exists(test, test.name == name)))"
)

DELIVERY_RULES = (
    one_of("target", "versions"),
    (
        "has(self.target) == has(oldSelf.target)",
        "target and versions can't take each other's place: delete this Canary and apply a new one",
    ),
    ("has(self.service) || self.traffic.router == 'replicas'", "give service: the router splits the traffic of a Service"),
    (
        _NAMED_TESTS_EXIST,
        "strategy.progressive.steps names a test that is not in tests: add it there, or remove it from the step",
    ),
)


class DeliverySpec(Section):
    """Everything about a delivery but its analysis."""

    model_config = section(*DELIVERY_RULES)

    target: TargetSpec | None = None
    """A Deployment that is tried in place: the template that you edit runs beside the one that serves."""
    versions: VersionsSpec | None = None
    """Two Deployments side by side, instead of target."""
    service: ServiceSpec | None = None
    """The Service that clients call. Optional with router replicas."""
    traffic: TrafficSpec
    """How traffic is split."""
    strategy: StrategySpec | None = None
    """How the new version is tried. Default: 5 % for 1m, 25 % for 5m, 50 % for 5m, 100 % for 10m."""
    scale: ScaleSpec = ScaleSpec()
    """How large the canary is."""
    tests: Annotated[tuple[TestSpec, ...], Field(max_length=20, json_schema_extra=BY_NAME)] = ()
    """Integration tests, run by the steps that name them."""
    hooks: Annotated[tuple[HookSpec, ...], Field(max_length=20, json_schema_extra=BY_NAME)] = ()
    """Calls at the edges of a rollout."""
    suspend: bool = False
    """Start no rollout, and take no further step in a running one. Rolling back is always possible."""

    @field_validator("tests")
    @classmethod
    def _own_test_names(cls, tests: tuple[TestSpec, ...]) -> tuple[TestSpec, ...]:
        if objections := taken([test.name for test in tests], "test"):
            raise refuse(*objections)
        return tests

    @field_validator("hooks")
    @classmethod
    def _own_hook_names(cls, hooks: tuple[HookSpec, ...]) -> tuple[HookSpec, ...]:
        if objections := taken([hook.name for hook in hooks], "hook"):
            raise refuse(*objections)
        return hooks

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        exactly_one(("target", "versions"), (self.target, self.versions))
        if self.service is None and self.traffic.mesh:
            raise refuse_one(f"is missing: router {self.traffic.router} splits the traffic of a Service; name it", "service")
        if objections := tuple(self._unknown_tests()):
            raise refuse(*objections)
        return self

    def _unknown_tests(self) -> Iterator[Objection]:
        names = [test.name for test in self.tests]
        listed = ", ".join(names) or "none"
        for index, step in enumerate(self.ladder()):
            for place, name in enumerate(step.tests):
                if name not in names:
                    at = ("strategy", "progressive", "steps", index, "tests", place)
                    yield Objection(
                        at=at, sentence=f'there is no test "{name}" in spec.tests ({listed}): add it there, or remove it'
                    )

    def ladder(self) -> tuple[StepSpec, ...]:
        """The steps, however they are given."""
        return (self.strategy.progressive if self.strategy else DEFAULT_LADDER).ladder()

    @property
    def stable_workload(self) -> str:
        """The Deployment that serves now."""
        if self.target:
            return self.target.deployment
        assert self.versions is not None, "exactly one of target and versions is given"
        return self.versions.stable

    @property
    def canary_workload(self) -> str:
        """The Deployment in which the new version is tried."""
        if self.target:
            return self.target.deployment + CANARY_SUFFIX
        assert self.versions is not None, "exactly one of target and versions is given"
        return self.versions.canary


def plan_of(spec: DeliverySpec, *, judged: bool, counted: bool, needs_proof: bool) -> Plan:
    """The plan that a new rollout pins.

    `judged`: any metric is configured; `counted`: one of them counts requests; `needs_proof`: steps end only on evidence.
    """
    floor = JUDGED_REQUESTS if counted else 0
    return Plan(
        steps=tuple(_step(step, floor) for step in spec.ladder()),
        mesh=spec.traffic.mesh,
        drain=spec.traffic.drain,
        keep=spec.traffic.keep,
        sizing=spec.scale.sizing(),
        judged=judged,
        needs_proof=needs_proof,
        tests=tuple(test.call() for test in spec.tests),
        hooks=tuple(hook.call() for hook in spec.hooks),
    )


def _step(step: StepSpec, floor: int) -> Step:
    return Step(
        weight=step.weight,
        hold=step.hold,
        min_requests=floor if step.min_requests is None else step.min_requests,
        tests=step.tests,
        approval=step.approval,
    )
