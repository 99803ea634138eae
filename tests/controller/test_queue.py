"""The work queue: no key twice at once, nothing lost, and the fast lane never waits for slow keys."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from canary.controller.queue import Backoff, Key, QueueNumbers, Slots, Turn, WorkQueue
from canary.errors import Throttled, Unavailable
from tests.controller.conftest import VirtualLoop

Play = Callable[[Any], Any]


def key(name: str) -> Key:
    return ("bookinfo", name)


class Desk:
    """Handles keys by waiting until somebody lets it go on, and remembers when each turn began and ended."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.at: list[float] = []
        self.errors: list[Exception] = []
        self.gates: dict[str, asyncio.Event] = {}

    def shut(self, *names: str) -> None:
        self.gates |= {name: asyncio.Event() for name in names}

    def open(self, name: str) -> None:
        self.gates.pop(name).set()

    async def handle(self, key: Key) -> None:
        name = key[1]
        assert self.begun.count(name) == self.ended.count(name), "handled twice at once"
        self.begun.append(name)
        self.at.append(asyncio.get_running_loop().time())
        try:
            if gate := self.gates.get(name):
                await gate.wait()
            if self.errors:
                raise self.errors.pop(0)
        finally:
            self.ended.append(name)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_key_that_was_added_twice_before_its_turn_is_handled_once() -> None:
    desk = Desk()
    queue = WorkQueue(desk.handle)
    queue.add(key("reviews"))
    queue.add(key("reviews"))
    queue.start()
    await settle()
    assert desk.begun == ["reviews"]


async def test_a_key_that_is_added_during_its_turn_gets_exactly_one_more() -> None:
    desk = Desk()
    desk.shut("reviews")
    queue = WorkQueue(desk.handle)
    queue.start()
    queue.add(key("reviews"))
    await settle()
    queue.add(key("reviews"))
    queue.add(key("reviews"))
    await settle()
    assert desk.begun == ["reviews"]
    desk.open("reviews")
    await settle()
    assert desk.begun == ["reviews", "reviews"]


async def test_fast_keys_overtake_and_have_slots_of_their_own() -> None:
    desk = Desk()
    desk.shut("slow-1", "slow-2", "slow-3")
    queue = WorkQueue(desk.handle, slots=Slots(workers=2, reserved=1))
    queue.start()
    for name in ("slow-1", "slow-2", "slow-3", "late"):
        queue.add(key(name))
    await settle()
    assert desk.begun == ["slow-1", "slow-2"]
    queue.add(key("rollback"), fast=True)
    await settle()
    assert desk.begun == ["slow-1", "slow-2", "rollback"]


async def test_a_fast_add_pulls_a_waiting_key_forward() -> None:
    desk = Desk()
    queue = WorkQueue(desk.handle, slots=Slots(workers=1, reserved=0))
    for name in ("first", "second", "third"):
        queue.add(key(name))
    queue.add(key("third"), fast=True)
    queue.start()
    await settle()
    assert desk.begun == ["third", "first", "second"]


async def test_fast_keys_cannot_exceed_all_slots() -> None:
    desk = Desk()
    names = [f"fast-{n}" for n in range(5)]
    desk.shut(*names)
    queue = WorkQueue(desk.handle, slots=Slots(workers=2, reserved=1))
    queue.start()
    for name in names:
        queue.add(key(name), fast=True)
    await settle()
    assert desk.begun == names[:3]


def test_the_earliest_of_several_delays_counts(play: Play) -> None:
    async def story() -> list[float]:
        desk = Desk()
        queue = WorkQueue(desk.handle)
        queue.start()
        queue.add_after(key("reviews"), timedelta(seconds=30))
        queue.add_after(key("reviews"), timedelta(seconds=10))
        queue.add_after(key("reviews"), timedelta(seconds=20))
        await asyncio.sleep(100)
        return desk.at

    assert play(story()) == [10.0]


def test_a_turn_takes_the_place_of_a_pending_delay(play: Play) -> None:
    async def story() -> list[float]:
        desk = Desk()
        queue = WorkQueue(desk.handle)
        queue.start()
        queue.add_after(key("reviews"), timedelta(seconds=30))
        queue.add(key("reviews"))
        await asyncio.sleep(100)
        return desk.at

    assert play(story()) == [0.0]


def test_errors_are_retried_after_growing_pauses_until_it_goes_well(play: Play) -> None:
    backoff = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=4))

    async def story() -> tuple[list[float], QueueNumbers]:
        desk = Desk()
        desk.errors = [Unavailable("down")] * 4
        queue = WorkQueue(desk.handle, backoff=backoff)
        queue.start()
        queue.add(key("reviews"))
        await asyncio.sleep(100)
        return desk.at, queue.numbers()

    at, numbers = play(story())
    pauses = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert len(pauses) == 4
    assert all(longest / 2 <= pause <= longest for pause, longest in zip(pauses, [1, 2, 4, 4], strict=True))
    assert (numbers.retries, numbers.failing) == (4, 0)


def test_a_throttled_key_waits_as_long_as_it_was_told(play: Play) -> None:
    async def story() -> list[float]:
        desk = Desk()
        desk.errors = [Throttled("slow down", retry_after=timedelta(seconds=7))]
        queue = WorkQueue(desk.handle)
        queue.start()
        queue.add(key("reviews"))
        await asyncio.sleep(100)
        return desk.at

    assert play(story()) == [0.0, 7.0]


def test_news_does_not_wait_for_the_end_of_a_backoff(play: Play) -> None:
    async def story() -> list[float]:
        desk = Desk()
        desk.errors = [Unavailable("down")]
        queue = WorkQueue(desk.handle, backoff=Backoff(first=timedelta(seconds=60)))
        queue.start()
        queue.add(key("reviews"))
        await asyncio.sleep(5)
        queue.add(key("reviews"))
        await asyncio.sleep(200)
        return desk.at

    assert play(story()) == [0.0, 5.0]


def test_a_forgotten_key_does_not_come_back(play: Play) -> None:
    async def story() -> list[str]:
        desk = Desk()
        queue = WorkQueue(desk.handle)
        queue.start()
        queue.add_after(key("reviews"), timedelta(seconds=5))
        queue.forget(key("reviews"))
        await asyncio.sleep(100)
        return desk.begun

    assert play(story()) == []


def test_turns_are_reported_with_their_lane_and_times(play: Play) -> None:
    async def story() -> list[Turn]:
        turns: list[Turn] = []

        async def handle(_: Key) -> None:
            await asyncio.sleep(2)

        queue = WorkQueue(handle, slots=Slots(workers=1, reserved=0), on_turn=turns.append)
        queue.start()
        queue.add(key("a"))
        queue.add(key("b"))
        await asyncio.sleep(100)
        return turns

    assert play(story()) == [
        Turn(key=key("a"), fast=False, waited=0.0, worked=2.0, error=None),
        Turn(key=key("b"), fast=False, waited=2.0, worked=2.0, error=None),
    ]


def test_a_drain_finishes_what_runs_and_the_fast_lane_and_drops_the_rest(play: Play) -> None:
    async def story() -> tuple[frozenset[Key], list[str]]:
        done: list[str] = []

        async def handle(key: Key) -> None:
            await asyncio.sleep(1)
            done.append(key[1])

        queue = WorkQueue(handle, slots=Slots(workers=1, reserved=0))
        queue.start()
        queue.add(key("running"))
        queue.add(key("waiting"))
        queue.add_after(key("later"), timedelta(milliseconds=500))
        queue.add(key("rollback"), fast=True)
        cut_off = await queue.drain(timedelta(seconds=10))
        queue.add(key("too-late"))
        await asyncio.sleep(100)
        return cut_off, done

    assert play(story()) == (frozenset(), ["running", "rollback"])


def test_a_drain_cuts_off_what_does_not_end(play: Play) -> None:
    async def story() -> tuple[frozenset[Key], float]:
        async def handle(_: Key) -> None:
            await asyncio.sleep(3600)

        queue = WorkQueue(handle)
        queue.start()
        queue.add(key("stuck"))
        return await queue.drain(timedelta(seconds=10)), asyncio.get_running_loop().time()

    assert play(story()) == (frozenset({key("stuck")}), 10.0)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_whatever_comes_in_is_handled_after_it_came_in_and_never_twice_at_once(news: list[tuple[str, bool, int, int]]) -> None:
    async def story() -> None:
        latest: dict[str, float] = {}
        handled: dict[str, float] = {}
        busy: set[str] = set()
        works = iter([work for *_, work in news] * 3)

        async def handle(key: Key) -> None:
            assert key[1] not in busy
            busy.add(key[1])
            handled[key[1]] = asyncio.get_running_loop().time()
            await asyncio.sleep(next(works, 0))
            busy.discard(key[1])

        queue = WorkQueue(handle, slots=Slots(workers=1, reserved=1))
        queue.start()
        for name, fast, pause, _ in news:
            queue.add(key(name), fast=fast)
            latest[name] = asyncio.get_running_loop().time()
            await asyncio.sleep(pause)
        await asyncio.sleep(1000)
        assert {name for name, at in latest.items() if handled[name] < at} == set()
        numbers = queue.numbers()
        assert (numbers.depth, numbers.active, numbers.delayed) == (0, 0, 0)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(story())
