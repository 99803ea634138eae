"""What is concluded from objects, on every object that an API server accepts."""

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from canary.controller.observe import FOREIGN, leaf_selector
from canary.controller.revisions import revision_of
from canary.k8s.port import Obj
from strategies.actions import Role
from strategies.model import Command, Rollout, Stage, State, Traffic, Verb
from tests.controller.objects import (
    NOW,
    a_canary,
    a_deployment,
    a_pair,
    a_replica_set,
    a_scene,
    a_service,
    a_sight,
    a_slice,
    a_split,
    a_template,
    held,
    metadata,
    owner,
    seen,
)

V1, V2 = revision_of(a_template("v1")), revision_of(a_template("v2"))


def gone(obj: Obj) -> Obj:
    return {**obj, "metadata": {**obj["metadata"], "deletionTimestamp": "2026-01-05T09:00:00Z"}}


def test_at_rest_the_tried_version_is_the_stable_one() -> None:
    found = seen(a_sight())
    assert (found.tried, found.stable.revision, found.stable.image) == (V1, V1, "reviews:v1")
    assert (found.held, found.held_by_us, found.stable.settled, found.canary.found) == (True, True, True, False)


def test_another_template_in_the_held_deployment_is_what_is_tried() -> None:
    found = seen(a_sight(deployment=held(a_deployment(tag="v2"))))
    assert (found.tried, found.tried_image, found.stable.revision) == (V2, "reviews:v2", V1)


def test_a_default_that_a_newer_cluster_fills_in_starts_nothing() -> None:
    """Deployment and ReplicaSet both show it, so the running version keeps the name that the state has for it."""
    defaulted = a_replica_set()
    defaulted["spec"]["template"]["spec"]["hostUsers"] = True
    deployment = held(a_deployment())
    deployment["spec"]["template"]["spec"]["hostUsers"] = True
    found = seen(a_sight(deployment=deployment, sets=(defaulted,), stable_set=defaulted), State(stable=V1))
    assert (found.tried, found.stable.revision) == (V1, V1)


@pytest.mark.parametrize("part", ["status", "metadata.labels", "metadata.annotations", "spec.replicas"])
def test_a_deployment_may_lack_what_is_optional(part: str) -> None:
    deployment = held(a_deployment())
    holder = deployment
    *path, last = part.split(".")
    for name in path:
        holder = holder[name]
    holder.pop(last, None)
    assert seen(a_sight(deployment=deployment)).stable.found


def test_nothing_at_all_is_no_reason_to_stumble() -> None:
    found = seen(a_sight(deployment=None, apex=None, sets=(), stable_set=None))
    assert (found.stable.found, found.tried, found.held, found.traffic) == (False, None, True, Traffic())


def test_endpoints_count_only_ready_pods_of_that_version() -> None:
    slices = {
        "reviews-stable": [a_slice("reviews-hashv1-a", "reviews-hashv1-b", "reviews-hashv2-c"), a_slice("reviews-hashv1-a")],
        "reviews-canary": [a_slice("reviews-canary-x-1"), a_slice("reviews-canary-x-2", ready=False), a_slice("x", ready=None)],
    }
    rival = a_deployment("reviews-canary", "v2", pods=2)
    rival["metadata"]["ownerReferences"] = owner()
    found = seen(a_sight(slices=slices, rival=rival))
    assert (found.stable.endpoints, found.canary.endpoints) == (2, 1)


def test_slices_without_endpoints_or_targets_are_no_endpoints() -> None:
    slices: dict[str, list[Obj]] = {"reviews-stable": [{"endpoints": None}, {"endpoints": [{"addresses": ["10.0.0.1"]}]}]}
    assert seen(a_sight(slices=slices)).stable.endpoints == 0


def test_pods_of_a_deployment_with_a_long_name_are_recognised() -> None:
    """Kubernetes cuts the stem of a pod's name at 58 characters."""
    name = "n" * 56
    canary = a_canary(target={"deployment": name})
    running = a_replica_set(name=f"{name}-6b9f5d7c8d")
    rival = a_deployment(f"{name}-canary", "v2", pods=1)
    rival["metadata"]["ownerReferences"] = owner()
    slices = {
        "reviews-stable": [a_slice(f"{name}-6b9f5d7c8d-"[:58] + "x7k2p")],
        "reviews-canary": [a_slice(f"{name}-canary-5c9d8f7b6d-"[:58] + "q4w8z")],
    }
    sight = a_sight(canary, deployment=held(a_deployment(name)), rival=rival, sets=(running,), stable_set=running, slices=slices)
    found = seen(sight)
    assert (found.stable.endpoints, found.canary.endpoints) == (1, 1)


def test_a_canary_deployment_that_is_not_ours_is_not_the_canary() -> None:
    assert not seen(a_sight(rival=a_deployment("reviews-canary", "v2"))).canary.found


# -- leaves and splits --------------------------------------------------------------------------------------------------


def test_leaves_select_exactly_one_version() -> None:
    assert leaf_selector(a_sight(), Role.STABLE) == {"app": "reviews", "pod-template-hash": "hashv1"}
    assert leaf_selector(a_sight(), Role.CANARY) == {"app": "reviews", "canary.delivery/role": "canary"}
    assert leaf_selector(a_sight(stable_set=None), Role.STABLE) is None
    assert leaf_selector(a_pair(), Role.CANARY) == {"app": "reviews", "version": "v3"}


def test_a_selector_of_expressions_only_gives_a_leaf_the_labels_of_the_pods() -> None:
    rival = a_deployment("reviews-v3", "v3", labels={"version": "v3"})
    rival["spec"]["selector"] = {"matchExpressions": [{"key": "version", "operator": "In", "values": ["v3"]}]}
    assert leaf_selector(a_pair(rival=rival), Role.CANARY) == {"app": "reviews", "version": "v3"}


@pytest.mark.parametrize(
    ("leaf", "live"),
    [
        (None, False),
        (a_service("reviews-stable", ours=True, app="reviews", **{"pod-template-hash": "hashv1"}), True),
        (a_service("reviews-stable", ours=True, app="reviews", **{"pod-template-hash": "hashv0"}), False),
        (gone(a_service("reviews-stable", ours=True, app="reviews", **{"pod-template-hash": "hashv1"})), False),
    ],
)
def test_a_leaf_is_live_when_it_selects_its_version(leaf: Obj | None, live: bool) -> None:
    assert seen(a_sight(stable_leaf=leaf)).stable.leaf_live is live


def test_a_leaf_goes_on_counting_when_its_apex_is_gone() -> None:
    """Else a rollback would wait for a leaf that nobody can write."""
    leaf = a_service("reviews-stable", ours=True, app="reviews", **{"pod-template-hash": "hashv1"})
    assert seen(a_sight(stable_leaf=leaf, apex=None)).stable.leaf_live


@pytest.mark.parametrize(
    ("split", "traffic"),
    [
        (None, Traffic()),
        (a_split(), Traffic(canary=Decimal(5))),
        (a_split(1, 0), Traffic(canary=Decimal(0))),
        (a_split("900m", "100m"), Traffic(canary=Decimal(10))),
        (a_split(ours=False), Traffic(canary=Decimal(5), ours=False)),
        (gone(a_split()), Traffic()),
        (a_split(0, 0), Traffic(canary=FOREIGN)),
        (a_split("many", 0), Traffic(canary=FOREIGN)),
        (a_split(service="ratings"), Traffic(canary=FOREIGN)),
        (a_split(backends=None), Traffic(canary=FOREIGN)),
        (a_split(10**30, 0), Traffic(canary=Decimal(0))),
    ],
)
def test_what_a_split_amounts_to(split: Obj | None, traffic: Traffic) -> None:
    assert seen(a_sight(split=split)).traffic == traffic


# -- commands, deletion, adoption ---------------------------------------------------------------------------------------


def test_a_command_is_read_and_an_unreadable_one_is_a_problem() -> None:
    said = seen(a_sight(a_canary(annotations={"canary.delivery/command": "rollback"})))
    assert (said.command, said.command_problem) == (Command(verb=Verb.ROLLBACK), None)
    mumbled = seen(a_sight(a_canary(annotations={"canary.delivery/command": "rolback"})))
    assert (mumbled.command, (mumbled.command_problem or "")[:30]) == (None, 'There is no command "rolback":')


def test_a_canary_that_is_being_deleted_says_so() -> None:
    assert seen(a_sight(a_canary(deleted=True))).deleted


def test_adopted_means_a_finalizer_and_labels_on_what_is_theirs() -> None:
    labelled = a_service()
    labelled["metadata"]["labels"] = {"canary.delivery/canary": "reviews"}
    assert (seen(a_sight()).adopted, seen(a_sight(apex=labelled)).adopted) == (False, True)
    bare = a_canary()
    del bare["metadata"]["finalizers"]
    assert not seen(a_sight(bare, apex=labelled)).adopted


# -- side by side -------------------------------------------------------------------------------------------------------


def test_side_by_side_the_workload_is_part_of_the_revision() -> None:
    found = seen(a_pair())
    assert (found.tried or "").startswith("reviews-v3-")
    assert (found.held, found.stable.leaf_live, found.canary.leaf_ours) == (True, True, False)


def test_the_old_version_of_a_pair_can_come_back_before_it_has_gone() -> None:
    plan: Any = seen(a_pair()).intent.plan
    rollout = Rollout(
        id="c0ffee00-1",
        number=1,
        revision="r",
        image="i",
        stable_workload="reviews-v2",
        canary_workload="reviews-v3",
        plan=plan,
        started_at=NOW,
        entered_at=NOW,
        stage=Stage.SETTLING,
    )
    arrived = State(stable="r", stable_workload="reviews-v3", previous="old", rollout=rollout)
    sight = a_pair()
    found = seen(replace(sight, scene=a_scene(sight.canary, arrived)), arrived)
    assert (found.previous or "").startswith("reviews-v2-")


def test_a_pair_without_its_deployments_is_seen_as_such() -> None:
    found = seen(a_pair(deployment=None, rival=None))
    assert (found.stable.found, found.canary.found, found.tried) == (False, False, None)


def test_nothing_that_is_seen_is_changed() -> None:
    sight = a_sight(split=a_split(), rival={**a_deployment("reviews-canary"), "metadata": metadata("reviews-canary")})
    before = deepcopy(sight)
    seen(sight)
    assert sight == before
