import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from canary.errors import Conflict, Forbidden, Gone, NotFound, NotServed, Throttled, TimedOut, Unavailable
from canary.k8s.client import Client, connect
from canary.k8s.port import EventType, Propagation, ServedGroup, WatchEvent
from canary.k8s.resources import CANARY, CUSTOM_RESOURCE_DEFINITION, POD, SELF_SUBJECT_ACCESS_REVIEW
from canary.k8s.wire import Call
from tests.k8s.conftest import a_kubeconfig
from tests.k8s.scripted import SILENCE, Answer, Scripted, Stream, a_bookmark, a_list, a_pod, an_event, status, status_object

MINUTE = timedelta(minutes=1)
PODS = "/api/v1/namespaces/shop/pods"
MANAGER = {"fieldManager": "canary-delivery"}

Do = Callable[[Client], Awaitable[object]]


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        (lambda c: c.get(POD, "a", namespace="shop"), ("GET", f"{PODS}/a", {}, "application/json", None)),
        (lambda c: c.create(POD, a_pod("a", 0)), ("POST", PODS, MANAGER, "application/json", a_pod("a", 0))),
        (
            lambda c: c.apply(POD, {"metadata": {"name": "a", "namespace": "shop"}}),
            (
                "PATCH",
                f"{PODS}/a",
                {**MANAGER, "force": "true"},
                "application/apply-patch+yaml",
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "shop"}},
            ),
        ),
        (
            lambda c: c.merge_patch(POD, "a", {"x": None}, namespace="shop", subresource="scale"),
            ("PATCH", f"{PODS}/a/scale", MANAGER, "application/merge-patch+json", {"x": None}),
        ),
        (
            lambda c: c.json_patch(POD, "a", ({"op": "remove", "path": "/x"},), namespace="shop"),
            ("PATCH", f"{PODS}/a", MANAGER, "application/json-patch+json", [{"op": "remove", "path": "/x"}]),
        ),
        (
            lambda c: c.patch_status(CANARY, "a", {"status": {}}, namespace="shop"),
            (
                "PATCH",
                "/apis/canary.delivery/v1alpha1/namespaces/shop/canaries/a/status",
                MANAGER,
                "application/merge-patch+json",
                {"status": {}},
            ),
        ),
        (
            lambda c: c.delete(POD, "a", namespace="shop", propagation=Propagation.FOREGROUND, uid="u", resource_version="7"),
            (
                "DELETE",
                f"{PODS}/a",
                {},
                "application/json",
                {"propagationPolicy": "Foreground", "preconditions": {"uid": "u", "resourceVersion": "7"}},
            ),
        ),
        (
            lambda c: c.create(SELF_SUBJECT_ACCESS_REVIEW, {"spec": {}}),
            ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", MANAGER, "application/json", {"spec": {}}),
        ),
    ],
)
async def test_what_is_sent(client: Client, server: Scripted, do: Do, expected: tuple) -> None:
    server.answers.append(Answer({}))
    await do(client)
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.query, seen.headers["Content-Type"], seen.body) == expected


async def test_who_we_are(client: Client, server: Scripted) -> None:
    server.answers.append(Answer({}))
    await client.get(POD, "a", namespace="shop")
    assert server.seen[0].headers["Authorization"] == "Bearer secret"
    assert server.seen[0].headers["User-Agent"].startswith("canary-delivery/")
    assert (client.namespace, client.server) == ("shop", server.url)


async def test_a_list_of_several_pages(client: Client, server: Scripted) -> None:
    server.lists += [a_list(9, a_pod("a", 1), more="next"), a_list(9, a_pod("b", 2))]
    listed = await client.list(POD, namespace="shop", labels="app=cart", fields="metadata.name=x")
    assert ([pod["metadata"]["name"] for pod in listed.items], listed.resource_version) == (["a", "b"], "9")
    asked = {"limit": "500", "labelSelector": "app=cart", "fieldSelector": "metadata.name=x"}
    assert [seen.query for seen in server.seen] == [asked, {**asked, "continue": "next"}]


async def test_items_of_a_list_say_what_they_are(client: Client, server: Scripted) -> None:
    server.lists.append(Answer({"metadata": {"resourceVersion": "1"}, "items": [{"metadata": {"name": "a"}}]}))
    listed = await client.list(POD)
    assert listed.items == [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (status(403, "Forbidden"), Forbidden),
        (status(404, "NotFound", name="a", kind="pods"), NotFound),
        (status(409, "Conflict"), Conflict),
        (Answer("404 page not found", status=404), NotServed),
        (status(500, "InternalError"), Unavailable),
        (Answer("<html>sign in</html>"), Unavailable),
    ],
)
async def test_answers_that_say_no(client: Client, server: Scripted, answer: Answer, kind: type) -> None:
    server.answers.append(answer)
    with pytest.raises(kind) as caught:
        await client.get(POD, "a", namespace="shop")
    assert (type(caught.value), "Pod shop/a" in caught.value.sentence) == (kind, True)


async def test_throttled(client: Client, server: Scripted) -> None:
    server.answers.append(Answer({}, status=429, headers={"Retry-After": "3"}))
    with pytest.raises(Throttled) as caught:
        await client.merge_patch(POD, "a", {}, namespace="shop")
    assert caught.value.retry_after == timedelta(seconds=3)


async def test_a_slow_server_is_given_up_on(client: Client, server: Scripted) -> None:
    server.answers.append(SILENCE)
    with pytest.raises(TimedOut) as caught:
        await client.get(POD, "a", namespace="shop", deadline=timedelta(milliseconds=50))
    assert caught.value.sentence == "Cannot get Pod shop/a: no answer from the Kubernetes API within 0.05 s."


async def test_nobody_listens(client: Client, server: Scripted) -> None:
    await server.stop()
    with pytest.raises(Unavailable) as caught:
        await client.get(POD, "a", namespace="shop")
    assert caught.value.sentence.startswith("Cannot get Pod shop/a: Cannot connect to host 127.0.0.1")


async def test_deleting_what_is_gone_is_no_error(client: Client, server: Scripted) -> None:
    server.answers += [Answer({}), status(404, "NotFound", name="a", kind="pods")]
    assert await client.delete(POD, "a", namespace="shop")
    assert not await client.delete(POD, "a", namespace="shop")


async def test_deleting_another_of_the_same_name_is_a_conflict(client: Client, server: Scripted) -> None:
    server.answers.append(status(409, "Conflict", "the UID in the precondition does not match"))
    with pytest.raises(Conflict):
        await client.delete(POD, "a", namespace="shop", uid="other")


async def test_discovery_puts_the_preferred_version_first(client: Client, server: Scripted) -> None:
    versions = [{"version": version} for version in ("v1alpha1", "v1alpha2", "v1alpha3")]
    server.answers += [Answer({"versions": versions, "preferredVersion": {"version": "v1alpha2"}}), status(404, "NotFound")]
    found = await client.discover("split.smi-spec.io")
    assert found == ServedGroup(group="split.smi-spec.io", versions=("v1alpha2", "v1alpha1", "v1alpha3"))
    assert found.preferred == "v1alpha2"
    assert (await client.discover("nobody.knows")).preferred is None


async def test_a_watch(client: Client, server: Scripted) -> None:
    lines = an_event("ADDED", a_pod("a", 5)) + an_event("MODIFIED", a_pod("a", 6)) + a_bookmark(9)
    server.watches.append(Stream([lines[:30], lines[30:31], lines[31:]]))
    async with client.watch(POD, namespace="shop", labels="x", resource_version="4", timeout=MINUTE) as events:
        got = [(event.type, event.object["metadata"]["resourceVersion"]) async for event in events]
    assert got == [(EventType.ADDED, "5"), (EventType.MODIFIED, "6"), (EventType.BOOKMARK, "9")]
    expected = {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "4",
        "timeoutSeconds": "60",
        "labelSelector": "x",
    }
    assert server.seen[0].query == expected


async def test_an_event_of_a_megabyte(client: Client, server: Scripted) -> None:
    pod = a_pod("a", 5) | {"spec": {"blob": "x" * 1_000_000}}
    line = an_event("ADDED", pod)
    server.watches.append(Stream([line[:500_000], line[500_000:]]))
    async with client.watch(POD, resource_version="4", timeout=MINUTE) as events:
        assert [event async for event in events] == [WatchEvent(type=EventType.ADDED, object=pod)]


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (status(410, "Expired"), Gone),
        (Answer("404 page not found", status=404), NotServed),
        (Stream([an_event("ERROR", status_object(410, "Expired"))]), Gone),
        (Stream([an_event("ERROR", status_object(500, "InternalError"))]), Unavailable),
        (Stream([an_event("ADDED", a_pod("a", 5))[:20]]), Unavailable),
        (Stream([an_event("ADDED", a_pod("a", 5))[:20]], end="abort"), Unavailable),
        (Stream([b"<html>\n"]), Unavailable),
        (Stream([b"[]\n"]), Unavailable),
        (Stream([an_event("SURPRISE", a_pod("a", 5))]), Unavailable),
    ],
)
async def test_watches_that_go_wrong(client: Client, server: Scripted, script: Stream | Answer, kind: type) -> None:
    server.watches.append(script)
    with pytest.raises(kind) as caught:
        async with client.watch(POD, resource_version="4", timeout=MINUTE) as events:
            assert [event async for event in events] == []
    assert type(caught.value) is kind


async def test_calls_are_counted(server: Scripted, tmp_path: Path) -> None:
    calls: list[Call] = []
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(a_kubeconfig(server.url, {})))
    server.answers += [Answer({}), status(409, "Conflict"), SILENCE]
    async with await connect(str(path), on_call=calls.append) as client:
        await client.get(POD, "a", namespace="shop")
        with pytest.raises(Conflict):
            await client.merge_patch(CUSTOM_RESOURCE_DEFINITION, "a", {})
        with pytest.raises(TimedOut):
            await client.get(POD, "a", deadline=timedelta(milliseconds=20))
        async with client.watch(POD, resource_version="1", timeout=MINUTE):
            assert [(call.verb, call.plural, call.status) for call in calls] == [
                ("get", "pods", 200),
                ("patch", "customresourcedefinitions", 409),
                ("get", "pods", 0),
                ("watch", "pods", 200),
            ]


async def test_a_patch_survives_a_connection_that_the_server_has_just_closed(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    patches: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for turn in range(2):
            head = await reader.readuntil(b"\r\n\r\n")
            patches.append(turn)
            if turn == 1:
                break  # hang up on the second request of a connection, unanswered
            assert b"content-length: 2" in head.lower()
            await reader.readexactly(2)
            writer.write(answer)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        host, port = listening.sockets[0].getsockname()
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(a_kubeconfig(f"http://{host}:{port}", {})))
        async with await connect(str(path)) as client:
            await client.merge_patch(POD, "a", {}, namespace="shop")
            await client.merge_patch(POD, "a", {}, namespace="shop")
    assert patches == [0, 1, 0]
