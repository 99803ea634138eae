"""The objects that we make, from whatever the user's own look like."""

from copy import deepcopy
from decimal import Decimal

import pytest

from canary.controller.manifests import canary_deployment, leaf_service, split
from canary.controller.revisions import revision_of
from canary.errors import Conflict, NotFound
from strategies.actions import Role
from tests.controller.objects import a_deployment, a_service, a_sight, a_split, held, owner

OURS = {"canary.delivery/canary": "reviews", "app.kubernetes.io/managed-by": "canary-delivery"}


def test_a_leaf_has_the_ports_of_its_apex_but_no_node_port() -> None:
    leaf = leaf_service(a_sight(), Role.STABLE)
    assert leaf["spec"] == {
        "selector": {"app": "reviews", "pod-template-hash": "hashv1"},
        "ports": [{"name": "http", "port": 9080, "targetPort": "http", "protocol": "TCP"}],
    }
    assert leaf["metadata"] == {
        "name": "reviews-stable",
        "namespace": "bookinfo",
        "labels": {**OURS, "canary.delivery/role": "stable"},
        "ownerReferences": owner(),
    }


def test_a_leaf_cannot_be_written_without_its_apex_or_its_version() -> None:
    with pytest.raises(NotFound, match="Service reviews is gone"):
        leaf_service(a_sight(apex=None), Role.STABLE)
    with pytest.raises(Conflict, match="before its version is known"):
        leaf_service(a_sight(stable_set=None), Role.STABLE)


def test_the_canary_deployment_is_told_from_the_running_one_by_its_role() -> None:
    made = canary_deployment(a_sight(deployment=held(a_deployment(tag="v2"))), 2)
    role = {"canary.delivery/role": "canary"}
    assert made["spec"]["selector"] == {"matchLabels": {"app": "reviews", **role}}
    assert made["spec"]["template"]["metadata"]["labels"] == {"app": "reviews", **role, "canary.delivery/canary": "reviews"}
    assert (made["metadata"]["name"], made["spec"]["replicas"], "paused" in made["spec"]) == ("reviews-canary", 2, False)


def test_it_has_the_revision_of_the_template_that_it_tries() -> None:
    deployment = held(a_deployment(tag="v2"))
    deployment["spec"]["template"]["metadata"].pop("creationTimestamp", None)
    made = canary_deployment(a_sight(deployment=deployment), 1)
    assert revision_of(made["spec"]["template"]) == revision_of(deployment["spec"]["template"])


def test_selectors_of_expressions_are_kept() -> None:
    deployment = held(a_deployment())
    expressions = [{"key": "app", "operator": "Exists"}]
    deployment["spec"]["selector"] = {"matchExpressions": expressions}
    made = canary_deployment(a_sight(deployment=deployment), 1)
    assert made["spec"]["selector"] == {"matchExpressions": expressions, "matchLabels": {"canary.delivery/role": "canary"}}


def test_making_it_changes_nothing_that_is_cached() -> None:
    sight = a_sight()
    before = deepcopy(sight)
    canary_deployment(sight, 3)
    leaf_service(sight, Role.CANARY)
    assert sight == before


def test_a_canary_of_a_deployment_that_is_gone_cannot_be_made() -> None:
    with pytest.raises(NotFound, match="Deployment reviews is gone"):
        canary_deployment(a_sight(deployment=None), 1)


def test_a_split_of_ours_is_owned_and_an_adopted_one_keeps_its_name_and_owner() -> None:
    made = split(a_sight(), Decimal("12.5"), "v1alpha2")
    assert (made["metadata"]["name"], made["metadata"]["ownerReferences"]) == ("reviews", owner())
    assert made["spec"]["backends"] == [
        {"service": "reviews-stable", "weight": 87.5},
        {"service": "reviews-canary", "weight": 12.5},
    ]
    adopted = split(a_sight(split=a_split(ours=False, name="theirs")), Decimal(0), "v1alpha2")
    assert adopted["metadata"] == {"name": "theirs", "namespace": "bookinfo"}


def test_a_leaf_may_have_several_ports_and_an_apex_without_any() -> None:
    bare = a_service()
    del bare["spec"]["ports"]
    assert leaf_service(a_sight(apex=bare), Role.CANARY)["spec"]["ports"] == []
