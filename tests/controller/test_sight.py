"""One look: what counts as settled, held, owned, theirs."""

import re
from typing import Any

import pytest

from analysis.plan import Version
from canary.controller.caches import Caches
from canary.controller.sight import Sight, held_by_us, labelled, look, owned, settled, theirs
from canary.controller.sight import held as is_held
from canary.controller.targets import _pods_in, _subject
from canary.k8s.port import Obj
from canary.k8s.reflector import Reflector
from canary.k8s.resources import DEPLOYMENT, SERVICE, traffic_split
from canary.k8s.selection import Selection
from strategies.model import Phase, State
from tests.controller.objects import (
    a_canary,
    a_deployment,
    a_pair,
    a_replica_set,
    a_rollout,
    a_scene,
    a_service,
    a_sight,
    a_split,
    held,
    owner,
)
from tests.controller.shelf import Shelf


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, True),
        ({"observedGeneration": 0}, False),
        ({"replicas": 5}, False),
        ({"updatedReplicas": 3}, False),
        ({"availableReplicas": 3}, False),
    ],
)
def test_a_deployment_is_settled_when_all_of_its_pods_are_new_and_available(status: dict[str, int], expected: bool) -> None:
    deployment = a_deployment()
    deployment["status"] |= status
    assert settled(deployment) is expected


def test_a_deployment_that_nobody_has_looked_at_yet_is_not_settled() -> None:
    deployment = a_deployment()
    del deployment["status"]
    assert not settled(deployment)


def test_a_held_deployment_is_settled_whatever_its_pods_do() -> None:
    deployment = held(a_deployment())
    del deployment["status"]
    assert settled(deployment)


def test_a_hold_is_ours_by_its_mark() -> None:
    found = (a_deployment(), held(a_deployment(), by_us=False), held(a_deployment()))
    assert [(is_held(one), held_by_us(one)) for one in found] == [
        (False, False),
        (True, False),
        (True, True),
    ]


def test_what_is_ours_carries_our_owner_reference_not_just_our_label() -> None:
    scene = a_scene()
    assert (owned(None, scene), owned(a_service(), scene), owned(a_service(ours=True), scene)) == (False, False, True)
    assert (labelled(None, scene), labelled(a_service(), scene), labelled(a_service(ours=True), scene)) == (False, False, True)


def test_theirs_are_the_objects_that_we_label_and_never_what_we_made() -> None:
    assert [name for _, name, _ in theirs(a_sight(canary_leaf=a_service("reviews-canary", ours=True)))] == ["reviews", "reviews"]
    ours = a_pair(canary_leaf=a_service("reviews-v3", ours=True))
    assert sorted(name for _, name, _ in theirs(ours)) == ["reviews", "reviews-v2", "reviews-v2", "reviews-v3"]
    assert theirs(a_sight(deployment=None, apex=None)) == []


# -- which split is driven ----------------------------------------------------------------------------------------------


def split_in_sight(canary: Obj, *splits: Obj) -> tuple[str | None, list[str]]:
    """The name of the split that is driven, and those of the others on the apex."""
    shelf: Any = Shelf()
    caches = Caches(shelf, None, lambda _key, _fast: None)
    for resource, made in ((DEPLOYMENT, held(a_deployment())), (SERVICE, a_service(ours=True))):
        caches.labelled[resource].cache.put(made)
    versions = canary["spec"].get("versions", {})
    for name in versions.values():
        caches.labelled[DEPLOYMENT].cache.put(a_deployment(name))
        caches.labelled[SERVICE].cache.put(a_service(name))
    apex = {"apex": lambda split: [(split["metadata"]["namespace"], split["spec"]["service"])]}
    caches.splits = Reflector(shelf, Selection(resource=traffic_split("v1alpha2")), lambda _: None, indices=apex)
    for split in splits:
        caches.splits.cache.put(split)
    found = look(caches, a_scene(canary), canary, State())
    return (found.split and found.split["metadata"]["name"]), sorted(other["metadata"]["name"] for other in found.other_splits)


NAMED = {"router": "smi", "smi": {"trafficSplit": "chosen"}}
PAIR = {"stable": "reviews-v2", "canary": "reviews-v3"}


@pytest.mark.parametrize(
    ("canary", "splits", "expected"),
    [
        (a_canary(), [], (None, [])),
        (a_canary(), [a_split()], ("reviews", [])),
        (a_canary(), [a_split(ours=False, name="theirs")], (None, ["theirs"])),
        (a_canary(traffic=NAMED), [a_split(ours=False, name="chosen")], ("chosen", [])),
        (a_canary(traffic=NAMED), [a_split()], ("reviews", [])),  # renamed while a rollout ran
        (a_canary(traffic=NAMED), [a_split(ours=False, name="chosen", service="ratings")], ("chosen", [])),
        (a_canary(versions=PAIR), [a_split(ours=False, name="theirs")], ("theirs", [])),
        (a_canary(versions=PAIR, traffic=NAMED), [a_split(ours=False, name="theirs")], (None, ["theirs"])),
    ],
)
async def test_the_split_that_is_driven(canary: Obj, splits: list[Obj], expected: tuple[str | None, list[str]]) -> None:
    assert split_in_sight(canary, *splits) == expected


# -- whose pods are whose -----------------------------------------------------------------------------------------------


def its_canary(tag: str = "v2") -> Obj:
    """Our Deployment of the version that is tried, as of its first revision."""
    made = a_deployment("reviews-canary", tag)
    return made | {"metadata": made["metadata"] | {"ownerReferences": owner()}}


def a_set_of(deployment: Obj, tag: str) -> Obj:
    name = deployment["metadata"]["name"]
    made = a_replica_set(tag, name=f"{name}-hash{tag}")
    return made | {"metadata": made["metadata"] | {"ownerReferences": [{"uid": f"uid-{name}", "controller": True}]}}


def during_a_rollout(*read: tuple[Obj, str]) -> Sight:
    """v2 is tried in our canary Deployment; of which Deployments ReplicaSets have been read, by tags."""
    shelf: Any = Shelf()
    caches = Caches(shelf, None, lambda _key, _fast: None)
    deployment, rival = held(a_deployment()), its_canary()
    for made in (deployment, rival):
        caches.labelled[DEPLOYMENT].cache.put(made)
    for owner_, tag in read:
        caches._sets[owner_["metadata"]["uid"]] = ("", [a_set_of(owner_, tag)])
    state = State(phase=Phase.PROGRESSING, rollout=a_rollout())
    return look(caches, a_scene(state=state), a_canary(), state)


STABLE, TRIED = a_deployment(), its_canary()


async def test_the_replica_sets_of_both_deployments_are_read_during_a_rollout() -> None:
    unread = [
        [each["metadata"]["name"] for each in during_a_rollout(*read).unread]
        for read in ((), ((STABLE, "v1"),), ((STABLE, "v1"), (TRIED, "v2")))
    ]
    assert unread == [["reviews", "reviews-canary"], ["reviews-canary"], []]


async def test_versions_are_measured_by_the_pods_of_their_replica_sets() -> None:
    known = _subject(during_a_rollout((STABLE, "v1"), (TRIED, "v2")))
    assert (known.stable_pods, known.canary_pods, known.exact) == (
        "reviews-hashv1-[a-z0-9]+",
        "reviews-canary-hashv2-[a-z0-9]+",
        frozenset(Version),
    )
    unknown = _subject(during_a_rollout((STABLE, "v1")))
    assert (unknown.canary_pods, unknown.exact) == ("reviews-canary-[a-z0-9]+-[a-z0-9]+", frozenset({Version.STABLE}))


def test_side_by_side_no_replica_set_is_known() -> None:
    assert _subject(a_pair()).exact == frozenset()


@pytest.mark.parametrize(
    ("name", "pod"),
    [
        ("reviews-canary-7f8d9c6b5", "reviews-canary-7f8d9c6b5-abcde"),
        (f"{'r' * 50}-7f8d9c6b5", f"{'r' * 50}-7f8d9c6abcde"),  # cut within the hash
        ("r" * 70, f"{'r' * 58}abcde"),
    ],
)
def test_pods_of_a_long_name_are_found_by_what_is_left_of_it(name: str, pod: str) -> None:
    assert re.fullmatch(_pods_in({"metadata": {"name": name}}), pod)
