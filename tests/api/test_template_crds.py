"""The definitions of AnalysisTemplates: structural, explained, and true to the models in everything but what a field may hold."""

from importlib.resources import files

import pytest
import yaml

from analysis.spec import Scope
from canary.api.crd import canary_schema, crd_yaml
from canary.api.template_crds import definitions, template_crd, template_schema
from canary.k8s.port import Obj
from tests.api.structural_checks import nodes, unbounded, unstructural

ANYTHING = {"x-kubernetes-preserve-unknown-fields": True}


@pytest.mark.parametrize("scope", Scope)
def test_the_committed_file_is_current(scope: Scope) -> None:
    name = template_crd(scope)["metadata"]["name"]
    assert crd_yaml(template_crd(scope)) == files("canary.crds").joinpath(f"{name}.yaml").read_text(), (
        f"write it anew: python -m canary.api.template_crds {scope} > canary/crds/{name}.yaml"
    )
    assert template_crd(scope) == yaml.safe_load(crd_yaml(template_crd(scope)))


def test_the_schema_is_structural_bounded_and_explained() -> None:
    schema = template_schema(Scope.CLUSTER)
    spec = schema["properties"]["spec"]
    assert (list(unstructural(schema)), list(unbounded(spec))) == ([], [])
    silent = [path for path, node in nodes(spec) if "description" not in node and not path.endswith(("[]", "{}"))]
    assert silent == []


def test_a_metric_has_the_fields_that_it_has_in_a_canary() -> None:
    def fields(schema: Obj, *more: str) -> set[str]:
        for name in ("spec", *more, "metrics"):
            schema = schema["properties"][name]
        return {path for path, _ in nodes(schema)}

    assert fields(template_schema(Scope.NAMESPACE)) == fields(canary_schema(), "analysis")


def test_what_is_no_text_may_be_a_placeholder() -> None:
    metric = template_schema(Scope.NAMESPACE)["properties"]["spec"]["properties"]["metrics"]["items"]["properties"]
    bounds = metric["threshold"]["properties"]
    assert {**bounds["max"], "description": ""} == {**ANYTHING, "description": ""}
    assert {key: metric["above"][key] for key in metric["above"] if key != "description"} == {"type": "string", "maxLength": 4096}


def test_where_they_are_kept() -> None:
    found = {crd["spec"]["names"]["kind"]: crd["spec"]["scope"] for crd in definitions()}
    assert found == {"Canary": "Namespaced", "AnalysisTemplate": "Namespaced", "ClusterAnalysisTemplate": "Cluster"}
