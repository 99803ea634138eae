from datetime import timedelta
from decimal import Decimal

from analysis.plan import Builtin, BuiltinMeasure, Dialect
from canary.api.unknown import unknown_fields
from canary.api.v1alpha1 import parse_canary
from canary.errors import Cause
from tests.api.bad_input import a_canary, steps


def test_the_smallest_resource_does_the_right_thing():
    spec = parse_canary(a_canary()).spec
    plan = spec.plan()
    ladder = [(step.weight, step.hold, step.min_requests) for step in plan.steps]
    minutes = [timedelta(minutes=count) for count in (1, 5, 5, 10)]
    assert [(Decimal(w), hold, 10) for w, hold in zip((5, 25, 50, 100), minutes, strict=True)] == ladder
    assert (spec.stable_workload, spec.canary_workload) == ("reviews", "reviews-canary")
    assert (plan.mesh, plan.judged, plan.needs_proof) == (True, True, False)
    assert [metric.name for metric in spec.metric_plans()] == ["errors", "slow"]


def test_builtin_metrics_speak_the_dialect_of_the_router_unless_told():
    def dialect(default: Dialect | None = None, **changes: object) -> Dialect:
        measure = parse_canary(a_canary(**changes)).spec.metric_plans(default)[0].measure
        assert isinstance(measure, BuiltinMeasure)
        assert measure.builtin is Builtin.ERROR_SHARE
        return measure.dialect

    own = {"provider": {"prometheus": {"dialect": "http"}}}
    assert dialect() == Dialect.LINKERD
    assert dialect(traffic={"router": "replicas"}) == Dialect.HTTP
    assert dialect(Dialect.HTTP) == Dialect.HTTP
    assert dialect(Dialect.LINKERD, analysis=own) == Dialect.HTTP


def test_metadata_is_read():
    obj = a_canary()
    obj["metadata"] |= {
        "uid": "42",
        "generation": 7,
        "annotations": {"canary.delivery/command": "rollback"},
        "deletionTimestamp": "2026-11-21T14:00:00Z",
    }
    canary = parse_canary(obj)
    assert (canary.namespace, canary.name, canary.uid, canary.generation) == ("default", "reviews", "42", 7)
    assert (canary.command, canary.deleted) == ("rollback", True)


def test_fields_of_a_newer_version_are_ignored_but_can_be_found():
    obj = a_canary(traffic={"router": "smi", "drian": "1m"}, strategy=steps({"weight": 5, "holt": "1m"}), mirror=True)
    assert Decimal(5) == parse_canary(obj).spec.plan().steps[0].weight
    assert (
        Cause(field="spec.traffic.drian", message="there is no such field: write drain"),
        Cause(field="spec.strategy.progressive.steps[0].holt", message="there is no such field: write hold"),
    ) == unknown_fields(obj)[:2]
    last = unknown_fields(obj)[2]
    assert last.field == "spec.mirror"
    assert last.message.startswith("there is no such field: remove it, or write one of target, versions, service")


def test_free_form_parts_may_hold_anything():
    template = {
        "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "b", "env": []}], "restartPolicy": "Never"}}}
    }
    tests = [{"name": "suite", "job": {"template": template}}]
    obj = a_canary(tests=tests)
    assert unknown_fields(obj) == ()
    job = parse_canary(obj).spec.tests[0].job
    assert job is not None
    assert template == job.template
