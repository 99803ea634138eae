"""What the world looks like after each action, and what is never touched."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from canary.controller.revisions import revision_of
from canary.controller.sight import Sight
from canary.errors import AlreadyExists, Conflict, NotFound
from canary.k8s.resources import DEPLOYMENT
from strategies.actions import (
    Action,
    Adopt,
    DeleteCanary,
    DeleteLeaf,
    DeleteSplit,
    EnsureCanary,
    EnsureLeaf,
    Farewell,
    Hold,
    NameCommand,
    PutTemplate,
    Release,
    Role,
    SetWeight,
    Template,
)
from strategies.model import Command, Plan, Rollout, State, Verb
from tests.controller.objects import (
    NOW,
    a_canary,
    a_deployment,
    a_pair,
    a_replica_set,
    a_service,
    a_sight,
    a_split,
    a_template,
    held,
    owner,
)
from tests.controller.shelf import Shelf, holding

V1, V2 = revision_of(a_template("v1")), revision_of(a_template("v2"))
COMMAND = "canary.delivery/command"


def a_rollout(revision: str = V2) -> Rollout:
    return Rollout(
        id="c0ffee00-1",
        number=1,
        revision=revision,
        image="reviews:v2",
        stable_workload="reviews",
        canary_workload="reviews-canary",
        plan=Plan(steps=()),
        started_at=NOW,
        entered_at=NOW,
    )


TRYING = State(stable=V1, stable_workload="reviews", rollout=a_rollout())


def trying(**found: Any) -> Sight:
    return a_sight(**{"deployment": held(a_deployment(tag="v2")), **found})


async def after(sight: Sight, *actions: Action, state: State = TRYING, command: Command | None = None) -> Shelf:
    shelf = holding(sight)
    for action in actions:
        await shelf.hands().enact(action, sight, state, command)
    return shelf


def deployment(shelf: Shelf) -> tuple[bool, str, dict[str, str]]:
    """Held? Which template? Which annotations?"""
    found = shelf.objects["Deployment", "reviews"]
    return found["spec"].get("paused", False), revision_of(found["spec"]["template"]), found["metadata"].get("annotations", {})


async def test_hold_pauses_and_marks() -> None:
    shelf = await after(a_sight(deployment=a_deployment()), Hold())
    assert deployment(shelf) == (True, V1, {"canary.delivery/held": "true"})


async def test_a_release_of_the_tried_template_only_lets_go() -> None:
    assert deployment(await after(trying(), Release(template=Template.TRIED))) == (False, V2, {})


async def test_a_newer_template_is_set_aside_and_comes_back_with_the_hold() -> None:
    rival = a_deployment("reviews-canary", "v2")
    rival["metadata"]["ownerReferences"] = owner()
    sight = a_sight(deployment=held(a_deployment(tag="v3")), rival=rival)
    shelf = await after(sight, Release(template=Template.TRIED))
    assert deployment(shelf)[:2] == (False, V2)
    released = replace(sight, deployment=shelf.objects["Deployment", "reviews"])
    again = await after(released, Hold())
    assert deployment(again) == (True, revision_of(a_template("v3")), {"canary.delivery/held": "true"})


async def test_a_release_of_the_stable_template_puts_it_back_in_one_write() -> None:
    assert deployment(await after(trying(), Release(template=Template.STABLE))) == (False, V1, {})


async def test_the_previous_template_is_put_into_a_deployment_that_stays_held() -> None:
    sight = trying(sets=(a_replica_set("v1"), a_replica_set("v0", pods=0, number=0)))
    back = replace(TRYING, rollout=a_rollout(revision_of(a_template("v0"))))
    shelf = await after(sight, PutTemplate(template=Template.PREVIOUS), state=back)
    assert deployment(shelf)[:2] == (True, revision_of(a_template("v0")))


async def test_a_template_that_is_nowhere_any_more_is_named() -> None:
    lost = replace(TRYING, rollout=a_rollout("0000000000"))
    with pytest.raises(NotFound, match="has the template of revision 0000000000 any more"):
        await after(trying(), PutTemplate(template=Template.PREVIOUS), state=lost)


async def test_a_write_that_comes_second_is_a_conflict() -> None:
    sight, shelf = trying(), holding(trying())
    await shelf.hands().enact(Release(template=Template.STABLE), sight, TRYING, None)
    with pytest.raises(Conflict):
        await shelf.hands().enact(Release(template=Template.STABLE), sight, TRYING, None)


# -- what is not ours ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sight", "action"),
    [
        (trying(stable_leaf=a_service("reviews-stable", app="shop")), EnsureLeaf(role=Role.STABLE)),
        (a_pair(canary_leaf=a_service("reviews-v3", app="shop")), EnsureLeaf(role=Role.CANARY)),
        (trying(split=a_split(ours=False, service="ratings")), SetWeight(canary=Decimal(0))),
        (trying(rival=a_deployment("reviews-canary", "v9")), EnsureCanary(replicas=1)),
    ],
)
async def test_an_object_of_somebody_else_is_never_taken_over(sight: Sight, action: Action) -> None:
    shelf = holding(sight)
    before = dict(shelf.objects)
    with pytest.raises(AlreadyExists, match=r"was not made by this Canary|is left alone"):
        await shelf.hands().enact(action, sight, TRYING, None)
    assert shelf.objects == before


async def test_a_leaf_that_has_not_been_looked_up_yet_is_not_written() -> None:
    with pytest.raises(Conflict, match="not been looked up"):
        await after(trying(unknown=("Service reviews-stable",)), EnsureLeaf(role=Role.STABLE))


async def test_a_canary_of_another_template_is_not_made() -> None:
    with pytest.raises(Conflict, match="no longer has the template"):
        await after(a_sight(), EnsureCanary(replicas=1))


async def test_an_adopted_split_keeps_its_metadata() -> None:
    sight = trying(split=a_split(ours=False))
    shelf = await after(sight, SetWeight(canary=Decimal(25)))
    found = shelf.objects["TrafficSplit", "reviews"]
    assert ("ownerReferences" in found["metadata"], [each["weight"] for each in found["spec"]["backends"]]) == (False, [75, 25])


async def test_what_is_gone_already_is_deleted_without_a_word() -> None:
    sight = trying()
    shelf = await after(sight, DeleteCanary(), DeleteSplit(), DeleteLeaf(role=Role.STABLE))
    assert shelf.objects == holding(sight).objects


# -- coming and going ----------------------------------------------------------------------------------------------------


async def test_adoption_marks_what_is_theirs_and_adds_our_finalizer_to_others() -> None:
    canary = a_canary()
    canary["metadata"]["finalizers"] = ["example.com/other"]
    shelf = await after(a_sight(canary, deployment=a_deployment()), Adopt())
    assert shelf.objects["Canary", "reviews"]["metadata"]["finalizers"] == ["example.com/other", "canary.delivery/release"]
    marks = [shelf.objects[kind, "reviews"]["metadata"]["labels"] for kind in ("Deployment", "Service")]
    assert marks == [{"canary.delivery/canary": "reviews"}] * 2


async def test_farewell_leaves_a_plain_deployment_on_the_stable_template() -> None:
    sight = trying()
    shelf = await after(sight, Farewell(), state=State(stable=V1))
    assert deployment(shelf) == (False, V1, {})
    assert shelf.objects["Canary", "reviews"]["metadata"]["finalizers"] == []
    assert "canary.delivery/canary" not in shelf.objects["Deployment", "reviews"]["metadata"].get("labels", {})


async def test_farewell_lets_nobody_elses_pause_go() -> None:
    shelf = await after(a_sight(deployment=held(a_deployment(tag="v2"), by_us=False)), Farewell(), state=State(stable=V1))
    assert deployment(shelf) == (True, V2, {})


async def test_farewell_to_a_deployment_that_never_ran_lets_it_run() -> None:
    shelf = await after(trying(sets=(), stable_set=None), Farewell(), state=State(stable=V1))
    assert deployment(shelf) == (False, V2, {})


async def test_farewell_where_everything_is_gone_still_lets_the_canary_go() -> None:
    shelf = await after(a_sight(deployment=None, apex=None, sets=(), stable_set=None), Farewell(), state=State())
    assert shelf.objects["Canary", "reviews"]["metadata"]["finalizers"] == []


async def test_farewell_leaves_the_leaves_of_a_split_that_stays() -> None:
    leaf = a_service("reviews-stable", ours=True, app="reviews", **{"pod-template-hash": "hashv1"})
    shelf = await after(a_sight(stable_leaf=leaf, split=a_split(100, 0, ours=False)), Farewell(), state=State(stable=V1))
    left = shelf.objects["Service", "reviews-stable"]
    assert (left["spec"]["selector"], "ownerReferences" in left["metadata"]) == ({"app": "reviews"}, False)
    assert left["metadata"]["labels"] == {}


async def test_farewell_takes_our_label_off_the_pairs_of_earlier_rollouts() -> None:
    sight, old = a_pair(), a_deployment("reviews-v1", labels={"version": "v1"})
    old["metadata"]["labels"] = {"canary.delivery/canary": "reviews", "team": "a"}
    shelf = holding(sight)
    shelf.objects["Deployment", "reviews-v1"] = old
    hands = shelf.hands()
    hands.caches.labelled[DEPLOYMENT].cache.put(old)
    await hands.enact(Farewell(), sight, State(), None)
    assert shelf.objects["Deployment", "reviews-v1"]["metadata"]["labels"] == {"team": "a"}


# -- commands -------------------------------------------------------------------------------------------------------------


async def test_a_bare_command_gets_an_id_and_keeps_its_word() -> None:
    shelf = await after(a_sight(a_canary(annotations={COMMAND: "pause"})), NameCommand(), command=Command(verb=Verb.PAUSE))
    said = shelf.objects["Canary", "reviews"]["metadata"]["annotations"][COMMAND]
    assert (said.startswith('{"verb": "pause", "id": "'), '"who": "unknown"' in said) == (True, True)


async def test_only_the_command_that_was_answered_is_taken_away() -> None:
    answered = a_sight(a_canary(annotations={COMMAND: "pause"}))
    shelf = holding(answered)
    await shelf.hands().clear_command(answered)
    assert shelf.objects["Canary", "reviews"]["metadata"]["annotations"] == {}
    shelf = holding(a_sight(a_canary(annotations={COMMAND: "rollback"})))
    with pytest.raises(Conflict):
        await shelf.hands().clear_command(answered)
    assert shelf.objects["Canary", "reviews"]["metadata"]["annotations"] == {COMMAND: "rollback"}
