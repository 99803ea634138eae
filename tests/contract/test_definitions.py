"""CustomResourceDefinitions and the objects that they define: defaults, pruning, validation, rules, versions."""

from typing import Any

import pytest

from tests.contract.objects import WIDGETS, a_split, a_widget, widget_definition
from tests.contract.servers import World, a_name, outcome

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
UNCHECKED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


def widgets(world: World, *rest: str) -> str:
    return world.url(WIDGETS, "widgets", *rest)


def test_defaults_are_filled_in_and_unknown_fields_dropped(world: World) -> None:
    made = world.create(widgets(world), a_widget(parts=[{"name": "x", "odd": 1}], free={"any": {"thing": [1]}}, strange=True))
    assert made["spec"] == {
        "size": 1,
        "colour": "red",
        "model": "t",
        "replicas": 1,
        "deep": {"level": 5},
        "parts": [{"name": "x", "count": 3}],
        "free": {"any": {"thing": [1]}},
    }


def test_unknown_fields_are_warned_about(world: World) -> None:
    response = world.send("POST", widgets(world), a_widget(strange=True))
    assert (response.status_code, response.headers["Warning"]) == (201, '299 - "unknown field \\"spec.strange\\""')


def test_null_means_the_default_or_nothing(world: World) -> None:
    made = world.create(widgets(world), a_widget(colour=None, name=None, deep={"level": None}))
    assert (made["spec"]["colour"], made["spec"]["deep"], "name" in made["spec"]) == ("red", {"level": 5}, False)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            {"size": "x"},
            f'[spec.size: Invalid value: "string": spec.size in body must be of type integer: "string", {UNCHECKED}]',
        ),
        ({"size": 101}, "spec.size: Invalid value: 101: spec.size in body should be less than or equal to 100"),
        ({"least": 0}, "spec.least: Invalid value: 0: spec.least in body should be greater than or equal to 1"),
        ({"ratio": 0}, "spec.ratio: Invalid value: 0: spec.ratio in body should be greater than 0"),
        ({"colour": "blue"}, f'[spec.colour: Unsupported value: "blue": supported values: "red", "green", {UNCHECKED}]'),
        ({"name": "ABC"}, "spec.name: Invalid value: \"ABC\": spec.name in body should match '^[a-z]+$'"),
        ({"name": "a"}, 'spec.name: Invalid value: "a": spec.name in body should be at least 2 chars long'),
        ({"name": "abcdef"}, f"[spec.name: Too long: may not be more than 5 bytes, {UNCHECKED}]"),
        ({"tags": ["a", "b", "c", "d"]}, f"[spec.tags: Too many: 4: must have at most 3 items, {UNCHECKED}]"),
        ({"tags": ["a", "a"]}, 'spec.tags[1]: Duplicate value: "a"'),
        ({"parts": []}, "spec.parts: Invalid value: 0: spec.parts in body should have at least 1 items"),
        ({"parts": [{"count": 1}]}, f"[spec.parts[0].name: Required value, {UNCHECKED}]"),
        ({"parts": [{"name": "a"}, {"name": "a"}]}, 'spec.parts[1]: Duplicate value: {"name":"a"}'),
        ({"size": 3, "least": 5}, "spec: Invalid value: least must not be above size"),
        ({"left": "a", "right": "b"}, "spec: Invalid value: left or right, not both"),
        (
            {"port": True},
            f'[spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean", {UNCHECKED}]',
        ),
    ],
)
def test_what_a_schema_forbids_is_refused_in_kubernetes_words(world: World, spec: dict[str, Any], sentence: str) -> None:
    response = world.send("POST", widgets(world), a_widget(**spec))
    assert outcome(response) == (422, "Invalid", f'Widget.contract.example.com "one" is invalid: {sentence}')


@pytest.mark.parametrize("spec", [{"port": 80}, {"port": "http"}, {"ratio": 0.5}, {"size": 5, "least": 5}, {"left": "a"}])
def test_what_a_schema_allows_is_stored(world: World, spec: dict[str, Any]) -> None:
    made = world.create(widgets(world), a_widget(**spec))
    assert {name: made["spec"][name] for name in spec} == spec


def test_a_missing_field_is_named(world: World) -> None:
    body = {"apiVersion": WIDGETS, "kind": "Widget", "metadata": {"name": "one"}}
    assert "spec: Required value" in outcome(world.send("POST", widgets(world), body))[2]


def test_transition_rules_compare_with_what_is_stored(world: World) -> None:
    world.create(widgets(world), a_widget())
    refused = world.send("PATCH", widgets(world, "one"), {"spec": {"model": "x"}}, "application/merge-patch+json")
    assert outcome(refused)[2] == 'Widget.contract.example.com "one" is invalid: spec.model: Forbidden: model can\'t change'


def test_a_rule_on_the_status_fences_old_writers_off(world: World) -> None:
    world.create(widgets(world), a_widget())
    assert world.patch(widgets(world, "one", "status"), {"status": {"epoch": 3}})["status"] == {"epoch": 3}
    refused = world.send("PATCH", widgets(world, "one", "status"), {"status": {"epoch": 2}}, "application/merge-patch+json")
    assert outcome(refused)[2] == 'Widget.contract.example.com "one" is invalid: status: Invalid value: stale leader epoch'


def test_versions_share_their_objects(world: World) -> None:
    old, new = (world.url(f"split.smi-spec.io/{version}", "trafficsplits") for version in ("v1alpha1", "v1alpha2"))
    world.create(old, a_split("web", "500m", 1, version="v1alpha1"))
    seen = world.get(f"{new}/web")
    assert seen["apiVersion"] == "split.smi-spec.io/v1alpha2"
    assert [each["weight"] for each in seen["spec"]["backends"]] == ["500m", 1]


def test_each_version_has_its_own_schema_but_old_values_may_stay(world: World) -> None:
    old, new = (world.url(f"split.smi-spec.io/{version}", "trafficsplits") for version in ("v1alpha1", "v1alpha2"))
    assert world.send("POST", new, a_split("web", "90")).status_code == 422
    world.create(old, a_split("web", "500m", version="v1alpha1"))
    assert world.patch(f"{new}/web", {"spec": {"service": "other"}})["spec"]["service"] == "other"


def test_a_traffic_split_has_no_status_subresource(world: World) -> None:
    url = world.url("split.smi-spec.io/v1alpha2", "trafficsplits")
    made = world.create(url, a_split("web", 1))
    assert world.send("PATCH", f"{url}/web/status", {"status": {}}, "application/merge-patch+json").status_code == 404
    changed = world.patch(f"{url}/web", {"spec": {"backends": [{"service": "web-1", "weight": 2}]}})
    assert (made["metadata"]["generation"], changed["metadata"]["generation"]) == (1, 2)


def test_a_definition_goes_with_its_objects(world: World) -> None:
    group = a_name("g") + ".example.com"
    definition = widget_definition(group)
    definition["spec"]["names"]["shortNames"] = []
    world.server.define(definition)
    name = definition["metadata"]["name"]
    assert world.server.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s").returncode == 0
    body = {**a_widget(), "apiVersion": f"{group}/v1"}
    assert world.kubectl("apply", "-f", "-", given=body) == f"widget.{group}/one created"
    deleted = world.server.kubectl("delete", "crd", name, "--timeout=30s")
    assert deleted.stdout.startswith(f'customresourcedefinition.apiextensions.k8s.io "{name}" deleted')
    assert world.server.client.get(f"/apis/{group}/v1/widgets").status_code == 404


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["properties", "spec", "properties", "x"], {"description": "no type"}, "type: Required value: must not be empty"),
        (["properties", "spec", "properties", "x"], {"type": "array"}, "items: Required value: must be specified"),
        (["properties", "spec", "properties", "x"], {"type": "string", "pattern": "["}, "must be a valid regular expression"),
        (["properties", "spec", "properties", "x"], {"type": "string", "default": 5}, "must be of type string"),
        (["properties", "spec", "x-kubernetes-validations"], [{"rule": "self.size =="}], "compilation failed"),
    ],
)
def test_a_schema_that_is_not_structural_is_refused(world: World, path: list[str], value: Any, sentence: str) -> None:
    definition = widget_definition(a_name("g") + ".example.com")
    at = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for step in path[:-1]:
        at[step] = dict(at[step])
        at = at[step]
    at[path[-1]] = value
    code, reason, message = outcome(world.send("POST", DEFINITIONS, definition))
    assert (code, reason) == (422, "Invalid")
    assert sentence in message


def a_canary(**spec: Any) -> dict[str, Any]:
    body = {"target": {"deployment": "web"}, "service": {"name": "web", "port": 80}, "traffic": {"router": "smi"}, **spec}
    kept = {name: each for name, each in body.items() if each is not None}
    return {"apiVersion": "canary.delivery/v1alpha1", "kind": "Canary", "metadata": {"name": "web"}, "spec": kept}


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({}, 201),
        ({"target": None, "versions": {"stable": "a", "canary": "b"}}, 201),
        ({"versions": {"stable": "a", "canary": "b"}}, 422),
        ({"target": None}, 422),
        ({"traffic": {"router": "unknown"}}, 422),
        ({"strategy": {"progressive": {"steps": [{"weight": 5, "hold": "1m"}, {"weight": 100}]}}}, 201),
        ({"strategy": {"progressive": {"steps": [{"weight": 25}, {"weight": 5}]}}}, 422),
        ({"strategy": {"progressive": {"steps": [{"weight": 5, "hold": "-1m"}]}}}, 422),
    ],
)
def test_our_own_definition_says_the_same_on_both(world: World, spec: dict[str, Any], code: int) -> None:
    response = world.send("POST", world.url("canary.delivery/v1alpha1", "canaries"), a_canary(**spec))
    assert response.status_code == code, response.text


def test_our_own_definition_can_be_explained(world: World) -> None:
    assert "FIELDS:" in world.kubectl("explain", "canary.spec.analysis")
