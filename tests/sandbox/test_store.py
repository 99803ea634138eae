"""The store's rules: versions, generations, conflicts, status, finalizers, garbage, watches."""

import pytest

from canary.sandbox.errors import AlreadyExists, Conflict, Expired, NotFound
from canary.sandbox.objects import Object, copied
from canary.sandbox.resources import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS, REPLICA_SETS
from canary.sandbox.store import FIRST_VERSION, Store


def a_deployment(name: str = "web", **metadata: object) -> Object:
    return {"metadata": {"name": name, "namespace": "shop", **metadata}, "spec": {"replicas": 1}}


def owned_by(owner: Object, name: str = "child", **more: object) -> Object:
    reference = {
        "apiVersion": "apps/v1",
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    return {"metadata": {"name": name, "namespace": "shop", "ownerReferences": [reference], **more}}


def names(store: Store, resource: object = REPLICA_SETS) -> list[str]:
    return [each["metadata"]["name"] for each in store.list(resource)]


def test_create_completes_the_metadata_and_gives_one_rising_version() -> None:
    store = Store()
    first, second = store.create(DEPLOYMENTS, a_deployment()), store.create(CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert (first["apiVersion"], first["kind"], first["metadata"]["generation"]) == ("apps/v1", "Deployment", 1)
    assert int(second["metadata"]["resourceVersion"]) == int(first["metadata"]["resourceVersion"]) + 1
    assert second["metadata"]["namespace"] == "default"
    assert "generation" not in second["metadata"]
    with pytest.raises(AlreadyExists, match=r'deployments\.apps "web" already exists'):
        store.create(DEPLOYMENTS, a_deployment())


def test_only_a_change_of_the_spec_raises_the_generation() -> None:
    store = Store()
    store.create(DEPLOYMENTS, a_deployment())
    labelled = store.mutate(DEPLOYMENTS, "shop", "web", lambda each: each["metadata"].update(labels={"a": "b"}))
    scaled = store.mutate(DEPLOYMENTS, "shop", "web", lambda each: each["spec"].update(replicas=3))
    assert (labelled["metadata"]["generation"], scaled["metadata"]["generation"]) == (1, 2)


def test_status_and_the_rest_are_written_apart() -> None:
    store = Store()
    store.create(DEPLOYMENTS, a_deployment())
    both = {"spec": {"replicas": 9}, "status": {"replicas": 1}}
    after_status = store.mutate(DEPLOYMENTS, "shop", "web", lambda each: each.update(both), status=True)
    assert (after_status["spec"], after_status["status"]) == ({"replicas": 1}, {"replicas": 1})
    both = {"spec": {"replicas": 9}, "status": {"replicas": 7}}
    after_spec = store.mutate(DEPLOYMENTS, "shop", "web", lambda each: each.update(both))
    assert (after_spec["spec"], after_spec["status"]) == ({"replicas": 9}, {"replicas": 1})


def test_a_stale_replace_conflicts_and_a_blind_one_wins() -> None:
    store = Store()
    stale = copied(store.create(DEPLOYMENTS, a_deployment()))
    store.mutate(DEPLOYMENTS, "shop", "web", lambda each: each["spec"].update(replicas=2))
    with pytest.raises(Conflict, match="the object has been modified"):
        store.replace(DEPLOYMENTS, stale)
    assert store.replace(DEPLOYMENTS, a_deployment())["spec"] == {"replicas": 1}


def test_a_write_that_changes_nothing_is_no_change() -> None:
    store = Store()
    made = store.create(DEPLOYMENTS, a_deployment())
    assert store.mutate(DEPLOYMENTS, "shop", "web", lambda _: None) is made
    assert store.version == int(made["metadata"]["resourceVersion"])


def test_snapshots_do_not_move() -> None:
    store = Store()
    made = store.create(DEPLOYMENTS, a_deployment())
    store.mutate(DEPLOYMENTS, "shop", "web", lambda each: each["spec"].update(replicas=2))
    assert made["spec"] == {"replicas": 1}


def test_list_selects_by_namespace_and_labels() -> None:
    store = Store()
    store.create(DEPLOYMENTS, a_deployment("b", labels={"app": "x"}))
    store.create(DEPLOYMENTS, a_deployment("a", labels={"app": "x", "tier": "y"}))
    store.create(DEPLOYMENTS, {"metadata": {"name": "c", "namespace": "other", "labels": {"app": "x"}}})
    assert [each["metadata"]["name"] for each in store.list(DEPLOYMENTS, "shop", {"app": "x"})] == ["a", "b"]
    assert [each["metadata"]["name"] for each in store.list(DEPLOYMENTS, labels={"tier": "y"})] == ["a"]


def test_a_finalizer_holds_a_deleted_object_until_it_is_taken_away() -> None:
    store = Store()
    store.create(DEPLOYMENTS, a_deployment(finalizers=["x/y"]))
    marked = store.delete(DEPLOYMENTS, "shop", "web")
    assert "deletionTimestamp" in marked["metadata"]
    store.mutate(DEPLOYMENTS, "shop", "web", lambda each: each["metadata"].update(finalizers=[]))
    assert store.get(DEPLOYMENTS, "shop", "web") is None
    with pytest.raises(NotFound, match=r'deployments\.apps "web" not found'):
        store.delete(DEPLOYMENTS, "shop", "web")


def test_children_go_with_their_last_owner() -> None:
    store = Store()
    one, two = store.create(DEPLOYMENTS, a_deployment("one")), store.create(DEPLOYMENTS, a_deployment("two"))
    shared = owned_by(one, "shared")
    shared["metadata"]["ownerReferences"] += owned_by(two)["metadata"]["ownerReferences"]
    store.create(REPLICA_SETS, shared)
    child = store.create(REPLICA_SETS, owned_by(one))
    store.create(PODS, owned_by(child, "grandchild"))
    store.delete(DEPLOYMENTS, "shop", "one")
    assert (names(store), names(store, PODS)) == (["shared"], [])
    store.delete(DEPLOYMENTS, "shop", "two")
    assert names(store) == []


def test_orphaned_children_stay_without_owner() -> None:
    store = Store()
    owner = store.create(DEPLOYMENTS, a_deployment())
    store.create(REPLICA_SETS, owned_by(owner))
    store.delete(DEPLOYMENTS, "shop", "web", propagation="Orphan")
    assert [each["metadata"].get("ownerReferences") for each in store.list(REPLICA_SETS)] == [None]


def test_a_foreground_deletion_waits_for_the_children() -> None:
    store = Store()
    owner = store.create(DEPLOYMENTS, a_deployment())
    store.create(REPLICA_SETS, owned_by(owner, finalizers=["x/y"]))
    held = store.delete(DEPLOYMENTS, "shop", "web", propagation="Foreground")
    assert held["metadata"]["finalizers"] == ["foregroundDeletion"]
    store.mutate(REPLICA_SETS, "shop", "child", lambda each: each["metadata"].update(finalizers=[]))
    assert (names(store), names(store, DEPLOYMENTS)) == ([], [])


def test_a_child_of_a_vanished_owner_vanishes() -> None:
    store = Store()
    owner = store.create(DEPLOYMENTS, a_deployment())
    store.delete(DEPLOYMENTS, "shop", "web")
    store.create(REPLICA_SETS, owned_by(owner))
    assert names(store) == []


def test_a_namespace_takes_its_objects_along_and_waits_for_the_held_ones() -> None:
    store = Store()
    store.create(NAMESPACES, {"metadata": {"name": "shop"}})
    store.create(DEPLOYMENTS, a_deployment("held", finalizers=["x/y"]))
    store.create(DEPLOYMENTS, a_deployment())
    assert store.delete(NAMESPACES, None, "shop")["status"] == {"phase": "Terminating"}
    assert names(store, DEPLOYMENTS) == ["held"]
    store.mutate(DEPLOYMENTS, "shop", "held", lambda each: each["metadata"].update(finalizers=[]))
    assert (names(store, DEPLOYMENTS), names(store, NAMESPACES)) == ([], [])


async def test_a_watch_replays_what_came_after_and_goes_on() -> None:
    store = Store()
    first = store.create(DEPLOYMENTS, a_deployment("first"))
    store.create(DEPLOYMENTS, a_deployment("second"))
    with store.watch(DEPLOYMENTS, since=int(first["metadata"]["resourceVersion"])) as watch:
        store.mutate(DEPLOYMENTS, "shop", "first", lambda each: each["spec"].update(replicas=2))
        store.delete(DEPLOYMENTS, "shop", "first")
        seen = [await anext(watch) for _ in range(3)]
    expected = [("ADDED", "second"), ("MODIFIED", "first"), ("DELETED", "first")]
    assert [(event.type.value, event.object["metadata"]["name"]) for event in seen] == expected
    assert seen[2].previous == seen[1].object


def test_a_watch_from_before_the_ring_has_expired() -> None:
    store = Store(ring=2)
    for name in "abcd":
        store.create(DEPLOYMENTS, a_deployment(name))
    store.watch(DEPLOYMENTS, since=FIRST_VERSION + 2)
    with pytest.raises(Expired, match="too old resource version"):
        store.watch(DEPLOYMENTS, since=FIRST_VERSION + 1)
    with pytest.raises(Expired):
        store.watch(CONFIG_MAPS, since=1)
