from datetime import timedelta
from typing import Any

import pytest

from analysis.plan import (
    Builtin,
    BuiltinMeasure,
    CountsMeasure,
    Dialect,
    Direction,
    Effect,
    EffectSize,
    MetricPlan,
    Rank,
    Sequential,
    Threshold,
    ValueMeasure,
    Worse,
)
from analysis.spec import AnalysisSpec, metric_plans
from analysis.verdict import Policy


def plans(**analysis: Any) -> tuple[MetricPlan, ...]:
    return metric_plans(AnalysisSpec.model_validate(analysis), Dialect.LINKERD)


def plan(**metric: Any) -> MetricPlan:
    [only] = plans(metrics=[{"name": "m", **metric}])
    return only


def sequential(**metric: Any) -> Sequential:
    judge = plan(**metric).judge
    assert isinstance(judge, Sequential)
    return judge


def test_by_default_errors_and_slowness_are_compared_with_stable():
    errors, slow = plans()
    assert errors.measure == BuiltinMeasure(builtin=Builtin.ERROR_SHARE, dialect=Dialect.LINKERD)
    above = timedelta(milliseconds=500)
    assert slow.measure == BuiltinMeasure(builtin=Builtin.SLOW_SHARE, dialect=Dialect.LINKERD, above=above)
    assert {errors.judge, slow.judge} == {Sequential(alpha=0.025)}
    assert (errors.on_failure, errors.on_no_data, errors.on_error) == (Policy.ROLLBACK, Policy.PAUSE, Policy.PAUSE)
    assert errors.no_data_after == timedelta(minutes=5)


def test_an_empty_list_judges_nothing_on_purpose():
    spec = AnalysisSpec.model_validate({"metrics": []})
    assert (metric_plans(spec, Dialect.HTTP), spec.judged, AnalysisSpec().judged) == ((), False, True)


def test_the_bound_on_false_rollbacks_is_shared_by_those_that_can_roll_back():
    both = [{"name": "a", "builtin": "error-share"}, {"name": "b", "builtin": "slow-share", "onFailure": "ignore"}]
    assert [each.judge for each in plans(falseRollbackRate="1%", metrics=both)] == [Sequential(alpha=0.01)] * 2


@pytest.mark.parametrize(
    ("metric", "worse", "limit"),
    [
        ({}, Worse(), None),
        ({"limit": "1%"}, None, 0.01),
        ({"worse": {}}, Worse(), None),
        ({"worse": {"ratio": 2, "margin": "0%"}, "limit": "0.5%"}, Worse(ratio=2.0, margin=0.0), 0.005),
    ],
)
def test_compared_bounded_or_both(metric: dict[str, Any], worse: Worse | None, limit: float | None):
    judge = sequential(builtin="error-share", **metric)
    assert (judge.worse, judge.limit) == (worse, limit)


def test_counts():
    measured = plan(counts={"bad": 'x{pod=~"{{pods}}"}', "total": 'y{pod=~"{{ pods }}"}'}).measure
    assert measured == CountsMeasure(bad='x{pod=~"{{pods}}"}', total='y{pod=~"{{ pods }}"}')


def test_a_value_is_judged_by_its_threshold():
    found = plan(value='max(heap{pod=~"{{pods}}"})', threshold={"max": 2e9, "failures": 3})
    assert found.measure == ValueMeasure(query='max(heap{pod=~"{{pods}}"})')
    assert found.judge == Threshold(max=2e9, failures=3)


def test_a_threshold_on_a_share_is_in_percent():
    found = plan(builtin="error-share", threshold={"max": 1, "failures": 5, "minRequests": 20})
    assert found.judge == Threshold(max=0.01, failures=5, min_requests=20)


def test_conditions_and_what_they_need_to_condemn():
    condition = {"successWhen": "result < 0.05", "failWhen": "result > 2 * stable", "failures": 3, "inARow": True, "successes": 2}
    expected = Threshold(
        success_when="result < 0.05", fail_when="result > 2 * stable", failures=3, in_a_row=True, successes=2, min_requests=1
    )
    assert plan(value="p99", threshold=condition).judge == expected
    assert plan(builtin="error-share", threshold=condition).judge == expected


def test_a_value_may_be_ranked():
    assert plan(value="p99", rank={"direction": "increase"}).judge == Rank(direction=Direction.INCREASE)
    effect = {"measure": "cles", "increase": 0.7, "decrease": 0.3}
    rank = {"direction": "either", "tolerance": "10%", "confidence": "99%", "points": 30, "every": "30s", "effect": effect}
    assert plan(value="p99", rank=rank).judge == Rank(
        direction=Direction.EITHER,
        tolerance=0.1,
        confidence=0.99,
        points=30,
        every=timedelta(seconds=30),
        effect=Effect(measure=EffectSize.CLES, allowed_increase=0.7, allowed_decrease=0.3),
    )


def test_a_metric_may_have_policies_of_its_own():
    analysis = {"onFailure": "pause", "onNoData": "rollback", "onError": "ignore", "noDataAfter": "1m"}
    metrics = [
        {"name": "a", "builtin": "error-share"},
        {
            "name": "b",
            "builtin": "error-share",
            "onFailure": "ignore",
            "onNoData": "pause",
            "onError": "rollback",
            "noDataAfter": "10m",
        },
    ]
    found = [(p.on_failure, p.on_no_data, p.on_error, p.no_data_after) for p in plans(**analysis, metrics=metrics)]
    assert found == [
        (Policy.PAUSE, Policy.ROLLBACK, Policy.IGNORE, timedelta(minutes=1)),
        (Policy.IGNORE, Policy.PAUSE, Policy.ROLLBACK, timedelta(minutes=10)),
    ]


def test_the_resource_may_name_its_dialect():
    [errors, _] = plans(provider={"prometheus": {"dialect": "http"}})
    assert errors.measure == BuiltinMeasure(builtin=Builtin.ERROR_SHARE, dialect=Dialect.HTTP)
