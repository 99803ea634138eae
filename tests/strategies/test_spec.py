from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from strategies.actions import Role
from strategies.model import Call, Edge, OnFailure, Plan, Sizing, Step
from strategies.spec import DeliverySpec, ServiceSpec, plan_of

SERVICE = {"name": "reviews", "port": 9080}


def delivery(**changes: Any) -> DeliverySpec:
    smallest = {"target": {"deployment": "reviews"}, "service": SERVICE, "traffic": {"router": "smi"}, **changes}
    return DeliverySpec.model_validate({name: value for name, value in smallest.items() if value is not None})


def plan(*, judged: bool = True, needs_proof: bool = False, **changes: Any) -> Plan:
    return plan_of(delivery(**changes), judged=judged, counted=judged, needs_proof=needs_proof)


def ladder(**progressive: Any) -> list[tuple[Decimal, timedelta]]:
    return [(step.weight, step.hold) for step in plan(strategy={"progressive": progressive}).steps]


def test_a_step_that_is_judged_asks_for_requests():
    given = {"strategy": {"progressive": {"steps": [{"weight": 5}, {"weight": 50, "minRequests": 0}]}}}
    assert [step.min_requests for step in plan(**given).steps] == [10, 0]
    assert [step.min_requests for step in plan(judged=False, **given).steps] == [0, 0]


def test_everything_a_step_can_say():
    step = {"weight": 12.5, "hold": "90s", "minRequests": 1000, "tests": ["smoke"], "approval": True}
    tests = [{"name": "smoke", "http": {"url": "http://reviews-canary:9080/health"}, "onFailure": "pause"}]
    found = plan(strategy={"progressive": {"steps": [step]}}, tests=tests)
    hold = timedelta(seconds=90)
    assert found.steps == (Step(weight=Decimal("12.5"), hold=hold, min_requests=1000, tests=("smoke",), approval=True),)
    assert found.tests == (Call(name="smoke", on_failure=OnFailure.PAUSE),)


def test_linear():
    minute = timedelta(minutes=1)
    assert ladder(linear={"from": 10, "to": 35, "by": 10}) == [(Decimal(weight), minute) for weight in (10, 20, 30, 35)]
    assert ladder(linear={"from": 50, "by": 50, "hold": "5m"}) == [(Decimal(w), 5 * minute) for w in (50, 100)]


def test_exponential():
    found = [weight for weight, _ in ladder(exponential={"from": 1, "factor": 3})]
    assert found == [Decimal(weight) for weight in (1, 3, 9, 27, 81, 100)]


def test_hooks():
    hook = {"name": "ticket", "when": ["beforeRollout", "onRollback"], "http": {"url": "https://tickets.example/hook"}}
    assert plan(hooks=[hook]).hooks == (Call(name="ticket", edges=(Edge.BEFORE_ROLLOUT, Edge.ON_ROLLBACK)),)


@pytest.mark.parametrize(
    ("scale", "sizing"),
    [
        ({}, Sizing()),
        ({"canary": "match"}, Sizing()),
        ({"canary": "full"}, Sizing(match=False, full=True)),
        ({"canary": 3}, Sizing(match=False, count=3)),
        ({"canary": "50%"}, Sizing(match=False, percent=Decimal(50))),
        ({"ready": "80%", "deadline": "2m"}, Sizing(ready=Decimal(80), deadline=timedelta(minutes=2))),
    ],
)
def test_sizes(scale: dict[str, Any], sizing: Sizing):
    assert plan(scale=scale).sizing == sizing


def test_traffic():
    found = plan(traffic={"router": "replicas", "drain": "0s", "keep": True})
    assert (found.mesh, found.drain, found.keep) == (False, timedelta(0), True)


def test_without_a_mesh_a_service_is_optional():
    assert delivery(service=None, traffic={"router": "replicas"}).service is None


def test_side_by_side_names_its_own_deployments():
    spec = delivery(target=None, versions={"stable": "reviews-v2", "canary": "reviews-v3"}, suspend=True)
    made = plan_of(spec, judged=False, counted=False, needs_proof=True)
    assert (spec.stable_workload, spec.canary_workload, spec.suspend) == ("reviews-v2", "reviews-v3", True)
    assert (made.needs_proof, made.judged) == (True, False)


def test_leaves_are_named_after_the_apex_unless_they_exist():
    plain = ServiceSpec.model_validate(SERVICE)
    assert (plain.leaf(Role.STABLE), plain.leaf(Role.CANARY)) == ("reviews-stable", "reviews-canary")
    own = ServiceSpec.model_validate({**SERVICE, "stable": "reviews-v2", "canary": "reviews-v3"})
    assert (own.leaf(Role.STABLE), own.leaf(Role.CANARY)) == ("reviews-v2", "reviews-v3")


def test_the_longest_names_still_fit():
    spec = delivery(target={"deployment": "d" * 56}, service={"name": "s" * 56, "port": 1})
    assert spec.service is not None
    assert {len(spec.canary_workload), *(len(spec.service.leaf(role)) for role in Role)} == {63}
