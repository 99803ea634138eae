"""Strategic merge: what kubectl sends, and what must survive it."""

from typing import Any

import pytest

from canary.sandbox.apiserver.builtin import builtin_schema
from canary.sandbox.apiserver.strategic import strategic_merge
from canary.sandbox.errors import BadRequest
from canary.sandbox.resources import DEPLOYMENTS, SERVICES

LIVE = {
    "spec": {
        "template": {"spec": {"containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]}}
    }
}


def merged(pod: dict[str, Any], live: dict[str, Any] = LIVE) -> Any:
    made = strategic_merge(live, {"spec": {"template": {"spec": pod}}}, builtin_schema(DEPLOYMENTS))
    return made["spec"]["template"]["spec"]


def test_items_are_merged_by_their_key() -> None:
    made = merged({"containers": [{"name": "a", "image": "2", "env": [{"name": "Y", "value": "2"}]}]})
    env = [{"name": "Y", "value": "2"}, {"name": "X", "value": "1"}]
    assert made["containers"] == [{"name": "a", "image": "2", "env": env}, {"name": "b"}]


def test_null_removes_a_field_and_delete_an_item() -> None:
    made = merged({"containers": [{"name": "a", "image": None}, {"$patch": "delete", "name": "b"}]})
    assert made["containers"] == [{"name": "a", "env": [{"name": "X", "value": "1"}]}]


def test_a_list_can_be_replaced() -> None:
    assert merged({"containers": [{"name": "c"}, {"$patch": "replace"}]})["containers"] == [{"name": "c"}]


def test_lists_without_identity_are_replaced() -> None:
    live = {"spec": {"template": {"spec": {"containers": [{"name": "a", "args": ["1", "2"]}]}}}}
    assert merged({"containers": [{"name": "a", "args": ["3"]}]}, live)["containers"] == [{"name": "a", "args": ["3"]}]


def test_the_order_that_is_asked_for() -> None:
    order = [{"name": "b"}, {"name": "a"}]
    assert [each["name"] for each in merged({"$setElementOrder/containers": order})["containers"]] == ["b", "a"]


def test_sets_are_joined_and_taken_from() -> None:
    live = {"metadata": {"finalizers": ["a", "b"]}}
    schema = builtin_schema(SERVICES)
    assert strategic_merge(live, {"metadata": {"finalizers": ["c"]}}, schema)["metadata"]["finalizers"] == ["c", "a", "b"]
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}
    assert strategic_merge(live, patch, schema)["metadata"]["finalizers"] == ["b"]


def test_ports_of_a_service_are_known_by_number() -> None:
    live = {"spec": {"ports": [{"port": 80, "name": "http"}, {"port": 90, "name": "admin"}]}}
    made = strategic_merge(live, {"spec": {"ports": [{"port": 80, "targetPort": 8080}]}}, builtin_schema(SERVICES))
    assert made["spec"]["ports"] == [{"port": 80, "name": "http", "targetPort": 8080}, {"port": 90, "name": "admin"}]


@pytest.mark.parametrize(
    "patch", [{"spec": {"$patch": "bogus"}}, {"spec": {"$nonsense": 1}}, {"spec": {"ports": [{"name": "x"}]}}]
)
def test_what_makes_no_sense_is_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        strategic_merge({"spec": {}}, patch, builtin_schema(SERVICES))
