"""One look: what counts as settled, held, owned, theirs."""

import pytest

from canary.controller.sight import deferred, held_by_us, labelled, owned, settled, theirs
from canary.controller.sight import held as is_held
from tests.controller.objects import a_deployment, a_pair, a_scene, a_service, a_sight, held


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
    assert [(is_held(one), held_by_us(one), deferred(one)) for one in found] == [
        (False, False, False),
        (True, False, False),
        (True, True, False),
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
