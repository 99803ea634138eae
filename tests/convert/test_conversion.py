"""Whole files of Flagger and Argo Rollouts: ours takes what comes out, and no field is passed over in silence."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.cli.checks import check_all
from canary.cli.manifests import Manifest, parse_manifests
from canary.convert.conversion import convert
from canary.convert.notes import Loss, Translation
from canary.errors import Invalid
from canary.k8s.port import Obj

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.yaml"))
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in SAMPLES}
KINDS = {"Canary", "MetricTemplate", "Rollout", "AnalysisTemplate", "ClusterAnalysisTemplate"}
AS_THEY_ARE = (
    "template",
    "selector",
    "metadata",
    "labels",
    "job",
    "kayenta",
    "experiment",
    "templateVariables",
    "provider.headers",
)
NOT_LOOKED_INTO = (
    "alerts",
    "sessionAffinity",
    "match",
    "retries",
    "antiAffinity",
    "setHeaderRoute",
    "scaleDown",
    "autoscalerRef",
)


def sample(name: str) -> list[Obj]:
    return [dict(found.body) for found in parse_manifests(TEXTS[name], name)]


def translated(name: str) -> Translation:
    return convert(sample(name))


def faults(found: Translation) -> list[str]:
    checked = check_all([Manifest(where=about, body=obj) for about, obj in found.objects])
    return [f"{each.manifest}: {cause.field}: {cause.message}" for each in checked for cause in each.faults]


def ours(found: Translation, kind: str, name: str) -> Obj:
    return next(obj["spec"] for _, obj in found.objects if (obj["kind"], obj["metadata"]["name"]) == (kind, name))


def said(found: Translation, loss: Loss) -> set[str]:
    return {f"{note.about} {note.field}" for note in found.notes if note.loss is loss}


@pytest.mark.parametrize("name", TEXTS)
def test_our_own_lint_takes_what_comes_out(name: str) -> None:
    found = translated(name)
    assert (faults(found), bool(found.objects)) == ([], True)
    assert all(note.sentence.endswith(".") and note.field for note in found.notes)


@pytest.mark.parametrize(
    ("name", "whole"), [("flagger-linkerd", True), ("argo-smi", True), ("flagger-istio", False), ("argo-odd", False)]
)
def test_whether_something_was_left_out_is_known(name: str, whole: bool) -> None:
    assert translated(name).whole is whole


def test_a_canary_of_flaggers() -> None:
    found = ours(translated("flagger-linkerd"), "Canary", "podinfo")
    rungs = [(step["weight"], step["hold"], step["tests"]) for step in found["strategy"]["progressive"]["steps"]]
    assert rungs == [(10, "30s", ["acceptance", "load-test"]), *((weight, "30s", ["load-test"]) for weight in (20, 30, 40, 50))]
    assert (found["target"], found["service"], found["traffic"]) == (
        {"deployment": "podinfo"},
        {"name": "podinfo", "port": 9898},
        {"router": "smi"},
    )
    assert [(hook["name"], hook["when"], hook.get("onFailure")) for hook in found["hooks"]] == [
        ("gate", ["beforePromotion"], "pause"),
        ("event", ["onEvent"], None),
    ]
    assert found["analysis"] == {
        "interval": "30s",
        "templates": [{"name": "not-found-percentage", "args": {"direction": "inbound", "max": "5", "failures": "5"}}],
        "metrics": [
            {"name": "request-success-rate", "builtin": "error-share", "limit": "1%"},
            {"name": "request-duration", "builtin": "slow-share", "above": "500ms", "limit": "1%"},
        ],
    }


def test_a_metric_template_of_flaggers() -> None:
    found = ours(translated("flagger-linkerd"), "AnalysisTemplate", "not-found-percentage")
    assert [(arg["name"], arg.get("value")) for arg in found["args"]] == [
        ("direction", None),
        ("interval", "1m"),
        ("max", None),
        ("failures", "1"),
    ]
    [metric] = found["metrics"]
    assert 'deployment="{{deployment}}"' in metric["value"]
    assert 'direction="{{args.direction}}"}[{{args.interval}}]' in metric["value"]


def test_a_rollout_of_argos() -> None:
    found = translated("argo-smi")
    canary = ours(found, "Canary", "guestbook")
    assert canary["strategy"]["progressive"]["steps"] == [
        {"weight": 20, "hold": "5m"},
        {"weight": 40, "hold": "20m"},  # ten minutes, and three measurements five minutes apart
        {"weight": 60, "hold": "0s", "approval": True},
        {"weight": 80, "hold": "0s"},
    ]
    assert (canary["service"], canary["scale"], canary["analysis"]["interval"], canary["analysis"]["warmup"]) == (
        {"name": "guestbook", "port": 8088},
        {"deadline": "300s"},
        "1m",
        "30s",
    )
    assert canary["analysis"]["templates"] == [
        {"name": "success-rate", "args": {"service-name": "guestbook-canary.demo.svc.cluster.local"}},
        {"name": "latency", "scope": "Cluster", "args": {"app": "guestbook", "namespace": "demo"}},
    ]
    assert ours(found, "Deployment", "guestbook")["template"] == sample("argo-smi")[0]["spec"]["template"]


def test_templates_of_argos() -> None:
    found = translated("argo-smi")
    [rate] = ours(found, "AnalysisTemplate", "success-rate")["metrics"]
    assert rate["threshold"] == {"min": 0.95, "failures": 4}
    p99, memory = ours(found, "ClusterAnalysisTemplate", "latency")["metrics"]
    assert (p99["threshold"], p99["onNoData"]) == ({"max": "{{args.max-seconds}}"}, "ignore")
    assert (memory["name"], memory["threshold"], memory["onFailure"]) == ("trial-memory", {"max": 2_000_000_000}, "ignore")


def test_what_was_left_out_is_named_by_object_and_field() -> None:
    assert {
        "Canary shop spec.provider",
        "Canary shop spec.analysis.match",
        "Canary shop spec.analysis.alerts",
        "Canary shop spec.analysis.metrics[3].templateRef",
        "Canary shop spec.analysis.webhooks[0]",
        "MetricTemplate datadog spec.provider",
        "AlertProvider on-call spec",
    } <= said(translated("flagger-istio"), Loss.LEFT_OUT)
    assert {
        "Rollout preview spec.strategy.blueGreen",
        "Rollout steps spec.strategy.canary.steps[6].setWeight",
        "AnalysisTemplate odd spec.metrics[1]",
        "AnalysisTemplate odd spec.metrics[4].provider.job",
        "Experiment trial spec",
    } <= said(translated("argo-odd"), Loss.LEFT_OUT)


def test_what_measures_both_versions_as_one_is_named() -> None:
    assert {
        "AnalysisTemplate success-rate spec.metrics[0].provider",
        "ClusterAnalysisTemplate latency spec.metrics[0].provider",
    } <= said(translated("argo-smi"), Loss.DIFFERS)


def test_an_analysis_that_could_not_be_kept_leaves_nobody_unjudged() -> None:
    assert "analysis" not in ours(translated("argo-odd"), "Canary", "preview")


def test_metrics_of_one_name_in_two_templates_are_told_apart() -> None:
    objects = sample("argo-smi")
    twin = deepcopy(objects[1])
    twin["metadata"]["name"] = "other"
    found = convert([*objects, twin])
    names = [ours(found, "AnalysisTemplate", name)["metrics"][0]["name"] for name in ("success-rate", "other")]
    assert names == ["success-rate-success-rate", "other-success-rate"]


# -- nothing in silence -----------------------------------------------------------------------------------------------------


def mappings(value: Any, path: str = "") -> Iterator[tuple[str, Obj]]:
    """Every object within one, but for what is taken over whole."""
    if isinstance(value, dict):
        yield path, value
        for name, inner in value.items():
            at = f"{path}.{name}".lstrip(".")
            if not any(at.endswith(word) for word in (*AS_THEY_ARE, *NOT_LOOKED_INTO)):
                yield from mappings(inner, at)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from mappings(item, f"{path}[{index}]")


PLACES = [
    (name, index, path)
    for name in TEXTS
    for index, obj in enumerate(sample(name))
    if obj["kind"] in KINDS
    for path, _ in mappings(obj["spec"], "spec")
]


@pytest.mark.parametrize(("name", "index", "path"), PLACES)
def test_no_field_is_passed_over(name: str, index: int, path: str) -> None:
    objects = sample(name)
    dict(mappings(objects[index]["spec"], "spec"))[path]["surprise"] = "!"
    before, after = translated(name), convert(objects)
    fields = {note.field for note in set(after.notes) - set(before.notes)}
    assert f"{path}.surprise" in fields or any(path.startswith(note.field) for note in before.notes if note.loss is Loss.LEFT_OUT)


STRANGE = st.sampled_from([None, 5, -1, 2.5, "", "x", "{{args.x}}", "5m", True, [], {}, [1], [{}], {"a": 1}])


@given(st.sampled_from(PLACES), st.integers(0, 20), STRANGE)
def test_whatever_a_field_holds_it_is_translated_left_out_or_refused(place: tuple[str, int, str], which: int, value: Any) -> None:
    name, index, path = place
    objects = sample(name)
    fields = dict(mappings(objects[index]["spec"], "spec"))[path]
    if not fields:
        return
    fields[sorted(fields)[which % len(fields)]] = value
    try:
        found = convert(objects)
    except Invalid as error:
        assert error.sentence.endswith(".")  # noqa: PT017 - one of two good ends
        return
    assert faults(found) == []
