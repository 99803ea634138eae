from importlib.resources import files
from typing import Annotated

import pytest
import yaml
from pydantic import BaseModel, Field

from canary.api.crd import canary_crd, canary_crd_yaml, canary_schema
from canary.api.structural import NotStructural, structural
from tests.api.structural_checks import nodes, unbounded, unstructural


def test_the_committed_file_is_current():
    assert canary_crd_yaml() == files("canary.crds").joinpath("canaries.canary.delivery.yaml").read_text(), (
        "write it anew: python -m canary.api.crd > canary/crds/canaries.canary.delivery.yaml"
    )


def test_the_file_says_what_the_code_says():
    assert canary_crd() == yaml.safe_load(canary_crd_yaml())


def test_the_schema_is_structural():
    assert list(unstructural(canary_schema())) == []


def test_everything_in_the_spec_is_bounded():
    assert list(unbounded(canary_schema()["properties"]["spec"])) == []


def test_every_field_of_the_spec_is_explained():
    spec = canary_schema()["properties"]["spec"]
    inner = ("spec.tests[].job.template.",)  # Kubernetes' own
    assert [path for path, node in nodes(spec, "spec") if "description" not in node and not _is_item(path, inner)] == []


def _is_item(path: str, inner: tuple[str, ...]) -> bool:
    return path.endswith(("[]", "{}")) or path.startswith(inner)


def test_no_field_is_a_boolean_to_kubectl():
    # kubectl reads YAML 1.1, where an unquoted `on:` is the key `true`.
    booleans = {"on", "off", "yes", "no", "y", "n", "true", "false"}
    names = {name for _, node in nodes(canary_schema()) for name in node.get("properties", {})}
    assert booleans & {name.lower() for name in names} == set()


def test_every_rule_says_what_to_do():
    rules = [rule for _, node in nodes(canary_schema()) for rule in node.get("x-kubernetes-validations", ())]
    assert len(rules) > 15
    assert [rule for rule in rules if not rule["message"] or "\n" in rule["rule"]] == []


def test_defaults_are_spelt_as_people_write_them():
    defaults = {path: node["default"] for path, node in nodes(canary_schema()["properties"]["spec"]) if "default" in node}
    expected = {
        "traffic.drain": "30s",
        "traffic.keep": False,
        "scale.canary": "match",
        "scale.ready": "100%",
        "scale.deadline": "10m",
        "strategy.progressive.linear.to": 100,
        "analysis.interval": "15s",
        "analysis.falseRollbackRate": "5%",
        "analysis.onFailure": "rollback",
        "analysis.metrics[].worse.ratio": 1.1,
        "analysis.metrics[].worse.margin": "0.002%",
        "suspend": False,
    }
    assert expected == {path: defaults[path] for path in expected}


def test_printer_columns():
    columns = canary_crd()["spec"]["versions"][0]["additionalPrinterColumns"]
    assert [column["name"] for column in columns] == ["Phase", "Step", "Weight", "Verdict", "Message", "Age"]


class _Inner(BaseModel):
    size: int


class _Choice(BaseModel):
    one: int | str


class _Fixed(BaseModel):
    pair: tuple[int, str]


class _Optional(BaseModel):
    inner: _Inner | None = None
    share: Annotated[float, Field(gt=0)] = 1
    many: list[str] = []
    numbers: dict[str, int] = {}


def test_what_a_crd_cannot_say_is_an_error():
    with pytest.raises(NotStructural, match=r"_Choice\.one: a choice of 2 kinds"):
        structural(_Choice)
    with pytest.raises(NotStructural, match=r"_Fixed\.pair"):
        structural(_Fixed)


def test_what_may_be_absent_is_not_required_and_has_no_default():
    node = structural(_Optional)
    assert "required" not in node
    size = {"type": "integer", "format": "int64"}
    assert {"type": "object", "required": ["size"], "properties": {"size": size}} == node["properties"]["inner"]
    assert node["properties"]["many"] == {"type": "array", "items": {"type": "string"}}
    assert {"type": "object", "additionalProperties": size} == node["properties"]["numbers"]
    assert node["properties"]["share"] == {"type": "number", "default": 1, "minimum": 0, "exclusiveMinimum": True}
