"""What stands against a rollout: one world for each finding, and the sentence that names object, field and remedy."""

import pytest

from canary.controller.preflight import findings
from canary.controller.sight import Sight
from canary.k8s.names import CANARY_LABEL
from canary.k8s.port import Obj
from tests.controller.objects import a_canary, a_deployment, a_pair, a_service, a_sight, a_split, held, owner


def reasons(sight: Sight, *, version: str | None = "v1alpha2", provided: bool = True) -> list[str]:
    return [found.reason for found in findings(sight, version, provided=provided)]


def of_another(deployment: Obj) -> Obj:
    return {**deployment, "metadata": {**deployment["metadata"], "labels": {CANARY_LABEL: "other"}}}


def without(service: Obj, field: str) -> Obj:
    return {**service, "spec": {name: value for name, value in service["spec"].items() if name != field}}


def owned_by_another(split: Obj) -> Obj:
    return {**split, "metadata": {**split["metadata"], "ownerReferences": [{"kind": "Shop", "name": "x", "uid": "other"}]}}


def test_nothing_stands_against_a_plain_deployment_and_its_service() -> None:
    assert (reasons(a_sight()), reasons(a_pair())) == ([], [])


@pytest.mark.parametrize(
    ("sight", "expected"),
    [
        (a_sight(deployment=None), ["DeploymentNotFound"]),
        (a_sight(deployment=of_another(held(a_deployment()))), ["ClaimedByAnother"]),
        (a_sight(apex=None), ["ServiceNotFound"]),
        (a_sight(apex=without(a_service(), "ports")), ["PortNotFound"]),
        (a_sight(a_canary(service={"name": "reviews", "port": 1})), ["PortNotFound"]),
        (a_sight(apex=without(a_service(), "selector")), ["ServiceWithoutSelector"]),
        (a_sight(apex=a_service(app="ratings")), ["ServiceSelectsOthers"]),
        (a_sight(rival=a_deployment("reviews-canary")), ["NameTaken"]),
        (a_sight(stable_leaf=a_service("reviews-stable"), canary_leaf=a_service("reviews-canary")), ["NameTaken", "NameTaken"]),
        (a_sight(split=a_split(ours=False)), ["SplitConflict"]),
        (a_sight(other_splits=(a_split(name="other"),)), ["SplitConflict"]),
        (a_sight(split=a_split()), []),
        (a_sight(split=a_split(ours=False, service="ratings")), ["SplitOfAnotherApex"]),
        (a_pair(rival=None), ["DeploymentNotFound"]),
        (a_pair(split=a_split(ours=False, backends=[{"service": "reviews-v2", "weight": 1}])), []),
        (a_pair(split=a_split(ours=False)), ["SplitHasOtherBackends"]),
        (a_pair(split=a_split("x", 0, ours=False)), ["SplitUnreadable"]),
        (a_pair(split=owned_by_another(a_split(ours=False))), ["SplitOwnedByAnother"]),
        (a_pair(canary_leaf=without(a_service("reviews-v3"), "selector")), ["LeafWithoutSelector"]),
    ],
)
def test_each_finding_has_its_world(sight: Sight, expected: list[str]) -> None:
    assert reasons(sight) == expected


def test_a_pair_behind_a_service_that_leads_to_one_of_them_only_needs_a_split_that_stays() -> None:
    narrow = a_service(app="reviews", version="v2")
    assert reasons(a_pair(apex=narrow)) == ["ServiceSelectsOthers"]
    theirs = a_split(ours=False, backends=[{"service": "reviews-v2", "weight": 1}])
    assert reasons(a_pair(apex=narrow, split=theirs)) == []


def test_the_router_must_be_served_and_metrics_must_come_from_somewhere() -> None:
    assert reasons(a_sight(), version=None, provided=False) == ["RouterNotInstalled", "NoMetricProvider"]


def test_without_a_mesh_no_leaf_and_no_split_is_asked_for() -> None:
    sight = a_sight(a_canary(traffic={"router": "replicas"}), stable_leaf=a_service("reviews-stable"))
    assert reasons(sight, version=None) == []


def test_a_port_may_be_called_by_its_name() -> None:
    assert reasons(a_sight(a_canary(service={"name": "reviews", "port": "http"}))) == []


def test_a_sentence_names_field_object_and_remedy() -> None:
    found = findings(a_sight(apex=None), "v1alpha2", provided=True)[0]
    assert found.sentence == (
        "spec.service.name: there is no Service reviews in namespace bookinfo; create it or correct the name."
    )


def test_what_we_made_ourselves_is_never_in_our_way() -> None:
    rival = a_deployment("reviews-canary")
    rival["metadata"]["ownerReferences"] = owner()
    assert reasons(a_sight(rival=rival, stable_leaf=a_service("reviews-stable", ours=True), split=a_split())) == []
