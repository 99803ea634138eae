"""Templates: what they become with a Canary's arguments, and what is refused of them."""

import json
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from analysis.spec import AnalysisSpec, TemplateRef
from canary.api.refusals import InvalidCanary
from canary.api.templates import TemplateNotFound, check_template, resolve
from canary.api.v1alpha1 import CanarySpec, parse_canary
from canary.errors import NotFound
from canary.k8s.port import Obj
from tests.api.bad_input import a_canary

ARGS = "spec.analysis.templates[0].args"
THERE = "spec.analysis.templates[0]: AnalysisTemplate latency, spec.metrics"
ONLY = "only a number, a duration or a plain name can"
OR = "or have the template put quotes around the placeholder"
LATENCY: Obj = {
    "apiVersion": "canary.delivery/v1alpha1",
    "kind": "AnalysisTemplate",
    "metadata": {"name": "latency"},
    "spec": {
        "args": [
            {"name": "above", "value": "500ms"},
            {"name": "route"},
            {"name": "max", "value": "2.5"},
            {"name": "failures", "value": "3"},
        ],
        "metrics": [
            {"name": "slow", "builtin": "slow-share", "above": "{{args.above}}", "limit": "{{ args.max }}%"},
            {
                "name": "queue",
                "value": 'max(queue{pod=~"{{pods}}",route="{{args.route}}"})',
                "threshold": {"max": "{{args.max}}", "failures": "{{args.failures}}"},
            },
        ],
    },
}
ERRORS: Obj = {
    **LATENCY,
    "kind": "ClusterAnalysisTemplate",
    "metadata": {"name": "errors"},
    "spec": {"metrics": [{"name": "errors", "builtin": "error-share"}]},
}


def find(ref: TemplateRef, shelf: tuple[Obj, ...] = (LATENCY, ERRORS)) -> Obj:
    kind = {"Namespace": "AnalysisTemplate", "Cluster": "ClusterAnalysisTemplate"}[ref.scope]
    for obj in shelf:
        if (obj["kind"], obj["metadata"]["name"]) == (kind, ref.name):
            return obj
    raise NotFound(f"there is no {kind} {ref.name}: create it")


def analysis(**fields: Any) -> AnalysisSpec:
    return AnalysisSpec.model_validate_json(json.dumps(fields), strict=True)


def refusals(spec: AnalysisSpec, *shelf: Obj) -> list[str]:
    with pytest.raises(InvalidCanary) as refused:
        resolve(spec, lambda ref: find(ref, shelf or (LATENCY, ERRORS)))
    return [f"{cause.field}: {cause.message}" for cause in refused.value.causes]


def changed(template: Obj, **spec: Any) -> Obj:
    return {**deepcopy(template), "spec": {**deepcopy(template["spec"]), **spec}}


def test_arguments_become_what_the_fields_are() -> None:
    ref = {"name": "latency", "args": {"route": 'a"} or vector(1)', "above": "1s"}}
    slow, queue = resolve(analysis(templates=[ref]), find).own
    assert (slow.above.total_seconds() if slow.above else None, slow.limit) == (1, Decimal("2.5"))
    assert queue.value == 'max(queue{pod=~"{{pods}}",route="a\\"} or vector(1)"})'
    assert queue.threshold is not None
    assert (queue.threshold.max, queue.threshold.failures) == (Decimal("2.5"), 3)


def test_templates_come_before_the_canarys_own_metrics_in_the_order_of_their_names() -> None:
    refs = [{"name": "errors", "scope": "Cluster"}, {"name": "latency", "args": {"route": "a"}}]
    own = [{"name": "mine", "builtin": "error-share"}]
    found = resolve(analysis(templates=refs, metrics=own), find)
    assert ([metric.name for metric in found.own], found.templates) == (["errors", "slow", "queue", "mine"], ())
    assert [metric.name for metric in resolve(analysis(templates=refs[:1]), find).own] == ["errors"]


def test_a_canary_with_templates_alone_is_judged() -> None:
    spec = parse_canary(a_canary(analysis={"templates": [{"name": "errors", "scope": "Cluster"}], "promoteOn": "evidence"})).spec
    assert (spec.plan().judged, spec.resolved(find).plan().steps[0].min_requests) == (True, 10)
    assert [plan.name for plan in spec.resolved(find).metric_plans()] == ["errors"]


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        (
            {"name": "latency"},
            f"{ARGS}.route: is missing, and AnalysisTemplate latency has no default for it: add it",
        ),
        (
            {"name": "latency", "args": {"route": "a", "abov": "1s"}},
            f"{ARGS}.abov: AnalysisTemplate latency has no such argument: write above",
        ),
        (
            {"name": "errors", "scope": "Cluster", "args": {"x": "1"}},
            f"{ARGS}.x: ClusterAnalysisTemplate errors has no such argument: remove it, or write one of none",
        ),
        (
            {"name": "latency", "args": {"route": "a", "above": "slow"}},
            f"{THERE}[0].above: 'slow' is not a duration: write it as 500ms, 30s, 5m, 1h30m or 1d",
        ),
        (
            {"name": "latency", "args": {"route": "a", "failures": "2.5"}},
            f"{THERE}[1].threshold.failures: 2.5 is not a whole number: write it without quotes and without a point",
        ),
        (
            {"name": "latency", "args": {"route": "a", "max": "2 or 3"}},
            f"{THERE}[0].limit: the argument max stands outside of quotes, where {ONLY}: '2 or 3' is none; correct it, {OR}",
        ),
    ],
)
def test_arguments_that_do_not_fit(ref: Obj, expected: str) -> None:
    assert refusals(analysis(templates=[ref])) == [expected]


def test_a_template_that_is_not_there_is_told_apart() -> None:
    with pytest.raises(TemplateNotFound) as refused:
        resolve(analysis(templates=[{"name": "latency", "scope": "Cluster"}]), find)
    assert [(cause.field, cause.message) for cause in refused.value.causes] == [
        ("spec.analysis.templates[0].name", "there is no ClusterAnalysisTemplate latency: create it")
    ]


def clashes() -> Iterator[tuple[AnalysisSpec, tuple[Obj, ...], str]]:
    both = [{"name": "errors", "scope": "Cluster"}, {"name": "errors", "scope": "Cluster"}]
    one = both[:1]
    same = '{} and ClusterAnalysisTemplate errors both have a metric "errors": rename one of them'
    yield analysis(templates=both), (ERRORS,), f"spec.analysis.templates[1]: {same.format('ClusterAnalysisTemplate errors')}"
    own = analysis(templates=one, metrics=[{"name": "errors", "builtin": "error-share"}])
    yield own, (ERRORS,), f"spec.analysis.metrics[0].name: {same.format('this Canary')}"
    many = analysis(templates=one, metrics=[{"name": f"m{number}", "builtin": "error-share"} for number in range(20)])
    yield many, (ERRORS,), "spec.analysis: has 21 metrics with those of its templates: leave at most 20"


@pytest.mark.parametrize(("spec", "shelf", "expected"), list(clashes()))
def test_what_is_sound_alone_and_cannot_be_together(spec: AnalysisSpec, shelf: tuple[Obj, ...], expected: str) -> None:
    assert refusals(spec, *shelf) == [expected]


def test_each_template_asks_where_it_says() -> None:
    here, there, own = ({"prometheus": {"address": f"http://{name}:9090"}} for name in ("here", "there", "own"))
    metrics = [{"name": "a", "builtin": "error-share"}, {"name": "b", "builtin": "error-share", "provider": there}]
    shelf = (changed(ERRORS, provider=here, metrics=metrics), LATENCY)
    refs = [{"name": "errors", "scope": "Cluster"}, {"name": "latency", "args": {"route": "a"}}]
    found = resolve(analysis(templates=refs, provider=own), lambda ref: find(ref, shelf))
    asked = [metric.provider.prometheus if metric.provider else None for metric in found.own]
    assert [each and each.address for each in asked] == ["http://here:9090", "http://there:9090", None, None]
    assert found.provider == analysis(provider=own).provider


def test_metrics_of_a_template_must_suit_the_canarys_provider() -> None:
    graphite = {"graphite": {"address": "http://graphite"}}
    spec = analysis(templates=[{"name": "errors", "scope": "Cluster"}], provider=graphite)
    expected = "is read from a Prometheus: name one in provider, or write counts or a value"
    assert refusals(spec) == [f"spec.analysis.metrics[errors].builtin: {expected}"]


@pytest.mark.parametrize("value", ["{{namespace}}", "a\nb", "a\x00"])
def test_a_value_that_no_query_could_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="holds"):
        analysis(templates=[{"name": "latency", "args": {"route": value}}])


# -- a template by itself -------------------------------------------------------------------------------------------------


def faults(template: Obj) -> list[str]:
    return [f"{cause.field}: {cause.message}" for cause in check_template(template)]


def test_a_sound_template() -> None:
    assert (faults(LATENCY), faults(ERRORS)) == ([], [])


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({**LATENCY, "metadata": {"name": "Latency"}}, "metadata.name: "),
        (
            {**LATENCY, "apiVersion": "argoproj.io/v1alpha1"},
            "apiVersion: is 'argoproj.io/v1alpha1': write canary.delivery/v1alpha1",
        ),
        (changed(LATENCY, args=[{"name": "a"}, {"name": "a"}]), 'spec.args[1].name: there is another argument called "a"'),
        (changed(LATENCY, metrics=[]), "spec.metrics: is empty"),
        (changed(LATENCY, args=[]), "spec.metrics[0].above: {{args.above}} is not among the template's arguments (none)"),
        (
            changed(LATENCY, args=[{"name": "above", "value": "5"}, {"name": "route"}, {"name": "max"}, {"name": "failures"}]),
            "spec.metrics[0].above: 5 has no unit: write 5s for seconds or 5m for minutes",
        ),
        (
            changed(ERRORS, metrics=[{"name": "x", "value": 'x{pod="{{pod}}"}', "threshold": {"max": 1}}]),
            "spec.metrics[0].value: The placeholder {{pod}} is unknown",
        ),
        ({**ERRORS, "spec": 5}, "spec: 5 is not an object"),
    ],
)
def test_what_is_wrong_with_a_template_is_known_before_anyone_names_it(template: Obj, expected: str) -> None:
    found = faults(template)
    assert found[0].startswith(expected)


def test_fields_that_wait_for_an_argument_are_judged_when_it_comes() -> None:
    waiting = changed(LATENCY, args=[{"name": name} for name in ("above", "route", "max", "failures")])
    assert faults(waiting) == []


# -- pinned ---------------------------------------------------------------------------------------------------------------


def test_what_was_pinned_is_what_a_rollout_is_judged_by_whatever_becomes_of_the_template() -> None:
    ref = {"name": "latency", "args": {"route": "a"}}
    began = parse_canary(a_canary(analysis={"templates": [ref], "interval": "30s", "falseRollbackRate": "1%"})).spec.resolved(
        find
    )
    pinned = began.plan().analysis
    assert pinned is not None
    later = parse_canary(a_canary(analysis={"interval": "5s", "metrics": []})).spec
    assert later.judged_as(pinned).analysis == began.analysis


@pytest.mark.parametrize(
    "metric",
    [
        {"name": "errors", "builtin": "error-share", "worse": {"ratio": 1.5, "margin": "0.01%"}, "limit": "2%"},
        {"name": "slow", "builtin": "slow-share", "above": "250ms", "worse": {"ratio": 2}},
        {"name": "p99", "value": "p99", "rank": {"direction": "increase", "effect": {"increase": 1.2, "decrease": 0.8}}},
        {"name": "heap", "value": "heap", "threshold": {"max": 2e9, "min": 0.5, "failures": 3}},
    ],
)
def test_every_number_of_a_metric_survives_being_pinned(metric: dict[str, Any]) -> None:
    began = parse_canary(a_canary(analysis={"metrics": [metric]})).spec
    pinned = began.plan().analysis
    assert pinned is not None
    assert parse_canary(a_canary()).spec.judged_as(pinned).analysis == began.analysis


def test_where_metrics_come_from_may_be_corrected_under_way() -> None:
    def given(address: str) -> CanarySpec:
        return parse_canary(a_canary(analysis={"provider": {"prometheus": {"address": address}}})).spec

    pinned = given("http://wrong:9090").plan().analysis
    assert pinned is not None
    right = given("http://right:9090")
    assert right.judged_as(pinned).analysis.provider == right.analysis.provider
    assert parse_canary(a_canary()).spec.judged_as(pinned).analysis == given("http://wrong:9090").analysis
    graphite = {"provider": {"graphite": {"address": "http://graphite"}}, "metrics": []}
    unfit = parse_canary(a_canary(analysis=graphite)).spec
    assert unfit.judged_as(pinned).analysis == given("http://wrong:9090").analysis
