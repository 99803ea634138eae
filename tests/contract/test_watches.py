"""Lists and watches over plain HTTP: order, selection, expiry, bookmarks, initial events."""

from typing import Any

from tests.contract.objects import WIDGETS, a_config_map, a_deployment, a_widget
from tests.contract.servers import TABLE, World, outcome

Object = dict[str, Any]


def maps(world: World, *rest: str) -> str:
    return world.url("v1", "configmaps", *rest)


def seen(events: list[Object]) -> list[tuple[str, str]]:
    return [(each["type"], each["object"]["metadata"]["name"]) for each in events]


def labelled(name: str, **labels: str) -> Object:
    made = a_config_map(name, key="1")
    made["metadata"]["labels"] = labels
    return made


def test_a_watch_starts_exactly_after_the_list(world: World) -> None:
    world.create(maps(world), a_config_map("before"))
    version = world.get(maps(world))["metadata"]["resourceVersion"]
    world.create(maps(world), a_config_map("after"))
    world.patch(maps(world, "before"), {"data": {"key": "2"}})
    world.send("DELETE", maps(world, "after"), None)
    events = world.watch(maps(world), 3, resourceVersion=version)
    assert seen(events) == [("ADDED", "after"), ("MODIFIED", "before"), ("DELETED", "after")]
    versions = [int(each["object"]["metadata"]["resourceVersion"]) for each in events]
    assert versions == sorted(versions)


def test_a_watch_without_a_version_begins_with_what_is_there(world: World) -> None:
    for name in ("a", "b"):
        world.create(maps(world), a_config_map(name))
    assert sorted(seen(world.watch(maps(world), 2))) == [("ADDED", "a"), ("ADDED", "b")]
    assert sorted(seen(world.watch(maps(world), 2, resourceVersion="0"))) == [("ADDED", "a"), ("ADDED", "b")]


def test_objects_enter_and_leave_a_selection(world: World) -> None:
    version = world.get(maps(world))["metadata"]["resourceVersion"]
    world.create(maps(world), labelled("one", app="x"))
    world.create(maps(world), labelled("two", app="y"))
    world.patch(maps(world, "two"), {"metadata": {"labels": {"app": "x"}}})
    world.patch(maps(world, "one"), {"metadata": {"labels": {"app": "y"}}})
    events = world.watch(maps(world), 3, resourceVersion=version, labelSelector="app=x")
    assert seen(events) == [("ADDED", "one"), ("ADDED", "two"), ("DELETED", "one")]


def test_one_name_can_be_watched(world: World) -> None:
    version = world.get(maps(world))["metadata"]["resourceVersion"]
    for name in ("other", "mine"):
        world.create(maps(world), a_config_map(name))
    events = world.watch(maps(world), 1, resourceVersion=version, fieldSelector="metadata.name=mine")
    assert seen(events) == [("ADDED", "mine")]


def test_a_watch_ends_when_its_time_is_over(world: World) -> None:
    version = world.get(maps(world))["metadata"]["resourceVersion"]
    assert world.watch(maps(world), 1, resourceVersion=version, timeoutSeconds="1") == []


def test_a_version_from_long_ago_has_expired(world: World) -> None:
    url = world.url(WIDGETS, "widgets")
    world.server.await_page(f"{url}?resourceVersion=0")
    (event,) = world.watch(url, 1, resourceVersion="1")
    status = event["object"]
    assert (event["type"], status["kind"], status["code"], status["reason"]) == ("ERROR", "Status", 410, "Expired")
    assert status["message"].startswith("too old resource version: 1 (")


def test_initial_events_end_with_a_bookmark(world: World) -> None:
    world.create(maps(world), a_config_map("there"))
    asked = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    added, bookmark = world.watch(maps(world), 2, **asked)
    assert (added["type"], added["object"]["metadata"]["name"]) == ("ADDED", "there")
    meta = bookmark["object"]["metadata"]
    assert (bookmark["type"], meta["annotations"]) == ("BOOKMARK", {"k8s.io/initial-events-end": "true"})
    assert int(meta["resourceVersion"]) >= int(added["object"]["metadata"]["resourceVersion"])


def test_watching_all_namespaces(world: World) -> None:
    version = world.get("/api/v1/configmaps")["metadata"]["resourceVersion"]
    world.create(maps(world), labelled("here", space=world.namespace))
    events = world.watch("/api/v1/configmaps", 1, resourceVersion=version, labelSelector=f"space={world.namespace}")
    assert seen(events) == [("ADDED", "here")]


def test_changes_can_come_as_tables(world: World) -> None:
    world.create(world.url(WIDGETS, "widgets"), a_widget(size=4))
    table = world.get(world.url(WIDGETS, "widgets"), accept=TABLE)
    assert [each["name"] for each in table["columnDefinitions"]] == ["Name", "Size", "Ready", "Colour", "Age"]
    assert table["rows"][0]["cells"][:4] == ["one", 4, None, "red"]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


def test_lists_say_what_they_are_and_items_of_built_in_kinds_do_not(world: World) -> None:
    world.create(world.url("apps/v1", "deployments"), a_deployment())
    world.create(world.url(WIDGETS, "widgets"), a_widget())
    listed = world.get(world.url("apps/v1", "deployments"))
    assert (listed["kind"], listed["apiVersion"], "kind" in listed["items"][0]) == ("DeploymentList", "apps/v1", False)
    listed = world.get(world.url(WIDGETS, "widgets"))
    assert (listed["kind"], listed["items"][0]["kind"]) == ("WidgetList", "Widget")


def test_only_the_metadata_can_be_asked_for(world: World) -> None:
    world.create(maps(world), a_config_map("one", key="value"))
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    listed = world.get(maps(world), accept=accept)
    assert (listed["kind"], listed["items"][0]["kind"], "data" in listed["items"][0]) == (
        "PartialObjectMetadataList",
        "PartialObjectMetadata",
        False,
    )


def test_selectors_that_make_no_sense_are_refused(world: World) -> None:
    assert world.send("GET", maps(world), None, labelSelector="a in (").status_code == 400
    assert world.send("GET", maps(world), None, fieldSelector="data.key=1").status_code == 400
    assert world.send("GET", maps(world), None, resourceVersion="abc").status_code == 400


def test_what_is_not_served_is_not_found(world: World) -> None:
    client = world.server.client
    assert client.get("/apis/nothing.example.com/v1/things").status_code == 404
    assert outcome(client.get("/apis/apps/v1/nothings"))[:2] == (404, "NotFound")
    assert outcome(client.get(maps(world, "none"))) == (404, "NotFound", 'configmaps "none" not found')
    assert client.put(maps(world), json={}).status_code == 405
    assert client.get(maps(world), headers={"Accept": "text/html"}).status_code == 406


def test_discovery_in_both_forms(world: World) -> None:
    client = world.server.client
    old = client.get(f"/apis/{WIDGETS}").json()["resources"]
    assert [each["name"] for each in old] == ["widgets", "widgets/status", "widgets/scale"]
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    new = client.get("/apis", headers={"Accept": accept}).json()
    group = next(each for each in new["items"] if each["metadata"]["name"] == "split.smi-spec.io")
    assert [each["version"] for each in group["versions"]] == ["v1alpha2", "v1alpha1"]
    preferred = client.get("/apis/split.smi-spec.io").json()["preferredVersion"]
    assert preferred["version"] == "v1alpha2"
