"""The definitions of AnalysisTemplates: structural, explained, and true to the models in everything but what a field may hold."""

import pytest
import stamina

from analysis.spec import Scope
from canary.api.crd import canary_schema
from canary.api.template_crds import definitions, template_crd, template_schema
from canary.errors import NotServed
from canary.k8s.client import Client
from canary.k8s.port import Obj
from canary.k8s.resources import ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE, CUSTOM_RESOURCE_DEFINITION, Resource
from tests.api.structural_checks import nodes, unbounded, unstructural

ANYTHING = {"x-kubernetes-preserve-unknown-fields": True}


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


@stamina.retry(on=NotServed, attempts=None, timeout=20, wait_initial=0.02, wait_max=0.2)
async def served(client: Client, scope: Scope) -> Resource:
    """Apply the definition, and come back when the API server serves its resource."""
    resource = {Scope.NAMESPACE: ANALYSIS_TEMPLATE, Scope.CLUSTER: CLUSTER_ANALYSIS_TEMPLATE}[scope]
    await client.apply(CUSTOM_RESOURCE_DEFINITION, template_crd(scope))
    await client.list(resource)
    return resource


@pytest.mark.parametrize("scope", Scope)
async def test_api_servers_take_the_definition_and_keep_a_template_as_it_was_written(cluster: Client, scope: Scope) -> None:
    resource = await served(cluster, scope)
    metrics = [
        {"name": "slow-{{args.max}}", "builtin": "slow-share", "above": "{{args.above}}", "limit": "{{args.max}}%"},
        {"name": "heap", "value": "x", "threshold": {"max": "{{args.max}}", "failures": 3, "min": 0.5}},
    ]
    spec = {"args": [{"name": "above", "value": "1s"}, {"name": "max"}], "metrics": metrics}
    placed = {"name": "kept"} if scope is Scope.CLUSTER else {"name": "kept", "namespace": "default"}
    made = await cluster.apply(resource, {"metadata": placed, "spec": spec})
    assert made["spec"] == spec
    await cluster.delete(resource, "kept", namespace=placed.get("namespace"))
