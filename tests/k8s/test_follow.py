import asyncio
from collections.abc import AsyncIterator, Hashable

import pytest

from canary.k8s.client import Client
from canary.k8s.follow import Followers, Target
from canary.k8s.resources import DEPLOYMENT
from tests.k8s.scripted import Answer, Scripted, Stream, a_list, a_pod, an_event

CART = Target(resource=DEPLOYMENT, namespace="shop", name="cart")


class Woken:
    """Followers with the holders that they woke."""

    def __init__(self, client: Client) -> None:
        self.woken: asyncio.Queue[Hashable] = asyncio.Queue()
        self.followers = Followers(client, self.woken.put_nowait)

    async def next(self) -> Hashable:
        async with asyncio.timeout(10):
            return await self.woken.get()


@pytest.fixture
async def woken(client: Client) -> AsyncIterator[Woken]:
    made = Woken(client)
    yield made
    await made.followers.close()


async def test_waiting_for_what_does_not_exist_yet(woken: Woken, server: Scripted) -> None:
    server.lists.append(a_list(10))
    server.watches.append(Stream([an_event("ADDED", a_pod("cart", 11))], end="hold"))
    reflector = woken.followers.follow(CART, holder="me")
    assert [await woken.next(), await woken.next()] == ["me", "me"]
    assert reflector.synced.is_set()
    assert woken.followers.get(CART) == a_pod("cart", 11)
    assert server.seen[0].query["fieldSelector"] == "metadata.name=cart"


async def test_that_it_cannot_be_seen_is_news(woken: Woken, server: Scripted) -> None:
    server.lists.append(Answer("404 page not found", status=404))
    reflector = woken.followers.follow(CART, holder="me")
    assert await woken.next() == "me"
    assert reflector.problem == "Cannot list Deployments of shop: the cluster serves no such kind of object."


async def test_several_holders_share_one_watch(woken: Woken, server: Scripted) -> None:
    server.lists.append(a_list(10))
    woken.followers.follow(CART, holder="me")
    woken.followers.follow(CART, holder="you")
    assert {await woken.next(), await woken.next()} == {"me", "you"}
    woken.followers.release("me")
    await server.watching.acquire()
    assert [("watch" in seen.query) for seen in server.seen] == [False, True]
    assert woken.followers.follow(CART, holder="you").synced.is_set()


async def test_released_by_all_it_is_forgotten(woken: Woken, server: Scripted) -> None:
    server.lists.append(a_list(10, a_pod("cart", 1)))
    woken.followers.follow(CART, holder="me")
    await woken.next()
    woken.followers.release("me", keep=frozenset({CART}))
    assert woken.followers.get(CART) == a_pod("cart", 1)
    woken.followers.release("me")
    assert woken.followers.get(CART) is None
