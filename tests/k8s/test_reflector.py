import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from canary.k8s.cache import Change, ChangeType
from canary.k8s.client import Client
from canary.k8s.port import Obj
from canary.k8s.reflector import Pace, Reflector
from canary.k8s.resources import POD
from canary.k8s.selection import Selection
from tests.k8s.scripted import Answer, Scripted, Stream, a_bookmark, a_list, a_pod, an_event, status, status_object

FAST = Pace(
    watch=timedelta(seconds=60),
    grace=timedelta(seconds=5),
    first=timedelta(milliseconds=2),
    ceiling=timedelta(milliseconds=10),
    absent=timedelta(milliseconds=10),
)
FOREVER = timedelta(hours=1)


class Watched:
    """A reflector at work, with the changes that it has told."""

    def __init__(self, client: Client, selection: Selection, pace: Pace) -> None:
        self.told: asyncio.Queue[Change] = asyncio.Queue()
        self.reflector = Reflector(client, selection, self.told.put_nowait, pace=pace)

    async def next(self) -> tuple[ChangeType, str, int | None, int | None]:
        """The next change: type, name, old and new version."""
        async with asyncio.timeout(10):
            change = await self.told.get()
        return change.type, change.key[1], version(change.old), version(change.new)

    @property
    def names(self) -> set[str]:
        return {obj["metadata"]["name"] for obj in self.reflector.cache}


def version(obj: Obj | None) -> int | None:
    return None if obj is None else int(obj["metadata"]["resourceVersion"])


@asynccontextmanager
async def watched(client: Client, selection: Selection | None = None, pace: Pace = FAST) -> AsyncIterator[Watched]:
    working = Watched(client, selection or Selection(resource=POD), pace)
    task = asyncio.create_task(working.reflector.run())
    try:
        yield working
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def watching(server: Scripted, times: int = 1) -> None:
    """Until the server has sent the whole script of that many watches."""
    async with asyncio.timeout(10):
        for _ in range(times):
            await server.watching.acquire()


def watch_positions(server: Scripted) -> list[str]:
    return [seen.query["resourceVersion"] for seen in server.seen if "watch" in seen.query]


def kinds(server: Scripted) -> list[str]:
    return ["watch" if "watch" in seen.query else "list" for seen in server.seen]


ADDED, MODIFIED, DELETED = ChangeType.ADDED, ChangeType.MODIFIED, ChangeType.DELETED


async def test_a_list_in_pages_then_a_watch(client: Client, server: Scripted) -> None:
    server.lists += [a_list(10, a_pod("a", 1), more="x"), a_list(10, a_pod("b", 2))]
    events = an_event("MODIFIED", a_pod("a", 11)) + an_event("DELETED", a_pod("b", 12)) + an_event("ADDED", a_pod("c", 13))
    server.watches.append(Stream([events], end="hold"))
    async with watched(client) as pods:
        assert [await pods.next() for _ in range(5)] == [
            (ADDED, "a", None, 1),
            (ADDED, "b", None, 2),
            (MODIFIED, "a", 1, 11),
            (DELETED, "b", 2, None),
            (ADDED, "c", None, 13),
        ]
        assert (pods.reflector.synced.is_set(), pods.names, pods.reflector.problem) == (True, {"a", "c"}, None)
    assert (watch_positions(server), kinds(server)) == (["10"], ["list", "list", "watch"])


async def test_the_first_list_is_told_before_synced(client: Client, server: Scripted) -> None:
    server.lists.append(a_list(10, a_pod("a", 1), a_pod("b", 2)))
    async with watched(client) as pods:
        await pods.reflector.synced.wait()
        assert pods.told.qsize() == 2


async def test_selectors_are_the_servers_business(client: Client, server: Scripted) -> None:
    server.lists.append(a_list(10))
    async with watched(client, Selection(resource=POD, namespace="shop", labels={"x": None}, name="a")):
        await watching(server)
    for seen in server.seen:
        assert (seen.path, seen.query["labelSelector"]) == ("/api/v1/namespaces/shop/pods", "x")
        assert seen.query["fieldSelector"] == "metadata.name=a"


async def test_an_ended_watch_goes_on_from_the_last_bookmark(client: Client, server: Scripted) -> None:
    server.lists.append(a_list(10))
    server.watches += [Stream([an_event("ADDED", a_pod("a", 11)), a_bookmark(20)]), Stream([a_bookmark(30)])]
    async with watched(client) as pods:
        await watching(server, 3)
        assert pods.names == {"a"}
    assert (watch_positions(server), kinds(server).count("list")) == (["10", "20", "30"], 1)


async def test_a_watch_that_breaks_in_the_middle_of_a_line(client: Client, server: Scripted) -> None:
    server.lists.append(a_list(10))
    whole, half = an_event("ADDED", a_pod("a", 11)), an_event("ADDED", a_pod("b", 12))
    server.watches += [Stream([whole, half[:25]], end="abort"), Stream([half], end="hold")]
    async with watched(client) as pods:
        assert [await pods.next(), await pods.next()] == [(ADDED, "a", None, 11), (ADDED, "b", None, 12)]
    assert watch_positions(server) == ["10", "11"]


@pytest.mark.parametrize("told", [status(410, "Expired"), Stream([an_event("ERROR", status_object(410, "Expired"))])])
async def test_a_forgotten_position_means_a_new_list(client: Client, server: Scripted, told: Stream | Answer) -> None:
    server.lists += [a_list(10, a_pod("a", 1), a_pod("b", 2), a_pod("c", 3)), a_list(50, a_pod("a", 1), a_pod("b", 40))]
    server.watches.append(told)
    async with watched(client) as pods:
        assert {(await pods.next())[1] for _ in range(3)} == {"a", "b", "c"}
        assert [await pods.next(), await pods.next()] == [(DELETED, "c", 3, None), (MODIFIED, "b", 2, 40)]
        assert (pods.names, pods.reflector.problem, pods.told.qsize()) == ({"a", "b"}, None, 0)


async def test_a_list_that_expires_between_its_pages_starts_again(client: Client, server: Scripted) -> None:
    server.lists += [a_list(10, a_pod("a", 1), more="x"), status(410, "Expired"), a_list(20, a_pod("b", 2))]
    async with watched(client) as pods:
        assert await pods.next() == (ADDED, "b", None, 2)
        assert pods.names == {"b"}


async def test_a_successor_of_the_same_name_is_another_object(client: Client, server: Scripted) -> None:
    server.lists += [a_list(10, a_pod("a", 1)), a_list(20, a_pod("a", 15, uid="second"))]
    server.watches.append(status(410, "Expired"))
    async with watched(client) as pods:
        assert [await pods.next() for _ in range(3)] == [(ADDED, "a", None, 1), (DELETED, "a", 1, None), (ADDED, "a", None, 15)]


async def test_a_kind_that_is_not_served_is_a_problem_until_poked(client: Client, server: Scripted) -> None:
    server.lists.append(Answer("404 page not found", status=404))
    pace = Pace(first=FAST.first, ceiling=FAST.ceiling, absent=FOREVER)
    async with watched(client, pace=pace) as pods:
        await pods.reflector.settled()
        assert pods.reflector.problem == "Cannot list all Pods: the cluster serves no such kind of object."
        assert not pods.reflector.synced.is_set()
        server.lists.append(a_list(10, a_pod("a", 1)))
        pods.reflector.poke()
        assert await pods.next() == (ADDED, "a", None, 1)
        await pods.reflector.synced.wait()
        assert (pods.reflector.problem, kinds(server)[:2]) == (None, ["list", "list"])


async def test_objects_of_a_kind_that_is_no_longer_served_are_gone(client: Client, server: Scripted) -> None:
    server.lists.append(a_list(10, a_pod("a", 1)))
    server.watches.append(Answer("404 page not found", status=404))
    async with watched(client, pace=Pace(first=FAST.first, ceiling=FAST.ceiling, absent=FOREVER)) as pods:
        assert [await pods.next(), await pods.next()] == [(ADDED, "a", None, 1), (DELETED, "a", 1, None)]
        assert pods.reflector.problem == "Cannot watch all Pods: the cluster serves no such kind of object."


async def test_what_we_may_not_see_is_asked_for_again_later(client: Client, server: Scripted) -> None:
    server.lists += [status(403, "Forbidden", "pods is forbidden"), status(403, "Forbidden", "pods is forbidden"), a_list(10)]
    async with watched(client) as pods:
        await pods.reflector.settled()
        assert pods.reflector.problem == "Cannot list all Pods: pods is forbidden."
        await pods.reflector.synced.wait()
        assert pods.reflector.problem is None


async def test_losing_the_right_to_watch_for_a_while_keeps_what_is_known(client: Client, server: Scripted) -> None:
    server.lists.append(a_list(10, a_pod("a", 1)))
    server.watches += [status(403, "Forbidden", "pods is forbidden"), Stream([a_bookmark(12)], end="hold")]
    async with watched(client) as pods:
        assert await pods.next() == (ADDED, "a", None, 1)
        await watching(server)
        assert (pods.names, pods.told.qsize(), kinds(server)) == ({"a"}, 0, ["list", "watch", "watch"])


@pytest.mark.parametrize("trouble", [status(500, "InternalError"), status(401, "Unauthorized"), status(504, "Timeout")])
async def test_a_server_in_trouble_is_asked_until_it_answers(client: Client, server: Scripted, trouble: Answer) -> None:
    server.lists += [trouble] * 4 + [a_list(10, a_pod("a", 1))]
    async with watched(client) as pods:
        assert await pods.next() == (ADDED, "a", None, 1)
        await pods.reflector.synced.wait()
        assert (pods.reflector.problem, kinds(server)[:5]) == (None, ["list"] * 5)


async def test_a_named_pause_is_kept(client: Client, server: Scripted) -> None:
    server.lists += [Answer({}, status=429, headers={"Retry-After": "3600"}), a_list(10)]
    async with watched(client) as pods:
        await pods.reflector.settled()
        pods.reflector.poke()
        await pods.reflector.synced.wait()
        assert kinds(server)[:2] == ["list", "list"]


async def test_a_watch_that_keeps_failing_casts_doubt_on_the_position(client: Client, server: Scripted) -> None:
    server.lists += [a_list(10, a_pod("a", 1)), a_list(5, a_pod("a", 4))]
    server.watches += [status(504, "Timeout", "Too large resource version")] * 3
    async with watched(client, pace=Pace(first=FAST.first, ceiling=timedelta(seconds=5), absent=FOREVER)) as pods:
        assert [await pods.next(), await pods.next()] == [(ADDED, "a", None, 1), (MODIFIED, "a", 1, 4)]
        await watching(server)
    assert watch_positions(server) == ["10", "10", "10", "5"]


async def test_a_silent_connection_is_replaced(client: Client, server: Scripted) -> None:
    server.lists.append(a_list(10))
    server.watches += [Stream(end="hold"), Stream([an_event("ADDED", a_pod("a", 11))], end="hold")]
    pace = Pace(watch=timedelta(milliseconds=20), grace=timedelta(milliseconds=20), first=FAST.first, ceiling=FAST.ceiling)
    async with watched(client, pace=pace) as pods:
        assert await pods.next() == (ADDED, "a", None, 11)


async def test_an_answer_to_our_own_write_is_known_at_once(client: Client, server: Scripted) -> None:
    server.lists.append(a_list(10, a_pod("a", 1)))
    async with watched(client) as pods:
        await pods.next()
        await watching(server)
        pods.reflector.learn(a_pod("a", 12))
        assert await pods.next() == (MODIFIED, "a", 1, 12)


@pytest.mark.parametrize(
    "learned",
    [a_pod("a", 9), a_pod("gone", 10), a_pod("a", 12, namespace="bank")],
    ids=["older than known", "deleted since", "not ours"],
)
async def test_an_answer_that_tells_nothing_new_is_ignored(client: Client, server: Scripted, learned: Obj) -> None:
    server.lists.append(a_list(10, a_pod("a", 10)))
    async with watched(client, Selection(resource=POD, namespace="shop")) as pods:
        await pods.next()
        await watching(server)
        pods.reflector.learn(learned)
        assert (pods.told.qsize(), pods.names) == (0, {"a"})


async def test_the_watch_does_not_repeat_or_undo_what_was_learned(client: Client, server: Scripted) -> None:
    echo = an_event("MODIFIED", a_pod("a", 11)) + an_event("MODIFIED", a_pod("a", 12)) + an_event("ADDED", a_pod("z", 13))
    server.lists.append(a_list(10, a_pod("a", 1)))
    server.watches += [Stream(end="abort"), Stream([echo], end="hold")]
    async with watched(client) as pods:
        await pods.next()
        await watching(server)
        pods.reflector.learn(a_pod("a", 12))
        assert [await pods.next(), await pods.next()] == [(MODIFIED, "a", 1, 12), (ADDED, "z", None, 13)]


async def test_the_end_of_a_predecessor_does_not_take_the_learned_successor(client: Client, server: Scripted) -> None:
    late = an_event("DELETED", a_pod("a", 11)) + an_event("ADDED", a_pod("z", 13))
    server.lists.append(a_list(10, a_pod("a", 1)))
    server.watches += [Stream(end="abort"), Stream([late], end="hold")]
    async with watched(client) as pods:
        await pods.next()
        await watching(server)
        pods.reflector.learn(a_pod("a", 12, uid="second"))
        assert [(await pods.next())[0] for _ in range(3)] == [DELETED, ADDED, ADDED]
        assert pods.names == {"a", "z"}
