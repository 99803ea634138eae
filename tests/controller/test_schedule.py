"""The schedule: keys are enqueued when their time has come, once, at the earliest time that was asked for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from canary.controller.queue import Key
from canary.controller.schedule import Schedule

REVIEWS, RATINGS = ("bookinfo", "reviews"), ("bookinfo", "ratings")
NOW = datetime.now(UTC)
PAST, SOON, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1), NOW + timedelta(hours=2)


@pytest.fixture
def woken() -> asyncio.Queue[Key]:
    return asyncio.Queue()


@pytest.fixture
async def schedule(woken: asyncio.Queue[Key]) -> AsyncIterator[Schedule]:
    schedule = Schedule(woken.put_nowait)
    yield schedule
    await schedule.stop()


async def test_a_key_whose_time_has_come_is_enqueued_however_late(schedule: Schedule, woken: asyncio.Queue[Key]) -> None:
    schedule.start()
    schedule.wake(REVIEWS, PAST)
    async with asyncio.timeout(10):
        assert await woken.get() == REVIEWS
    assert schedule.waking(REVIEWS) is None


async def test_an_earlier_time_replaces_a_later_one_and_never_the_other_way_round(schedule: Schedule) -> None:
    schedule.start()
    schedule.wake(REVIEWS, LATER)
    schedule.wake(REVIEWS, SOON)
    schedule.wake(REVIEWS, LATER)
    assert schedule.waking(REVIEWS) == SOON


async def test_times_that_were_asked_for_before_the_start_count(schedule: Schedule, woken: asyncio.Queue[Key]) -> None:
    for at in (LATER, PAST, SOON):
        schedule.wake(REVIEWS, at)
    schedule.start()
    async with asyncio.timeout(10):
        assert await woken.get() == REVIEWS
    assert schedule.waking(REVIEWS) is None


async def test_each_key_has_its_own_time(schedule: Schedule, woken: asyncio.Queue[Key]) -> None:
    schedule.start()
    schedule.wake(REVIEWS, SOON)
    schedule.wake(RATINGS, PAST)
    async with asyncio.timeout(10):
        assert await woken.get() == RATINGS
    assert schedule.waking(REVIEWS) == SOON


async def test_a_cancelled_key_is_not_woken(schedule: Schedule, woken: asyncio.Queue[Key]) -> None:
    schedule.wake(REVIEWS, PAST)
    schedule.wake(RATINGS, PAST)
    schedule.cancel(REVIEWS)
    schedule.cancel(REVIEWS)
    schedule.start()
    async with asyncio.timeout(10):
        assert await woken.get() == RATINGS
    assert woken.empty()


async def test_a_key_can_be_woken_again_from_its_own_wake_up() -> None:
    woken = []
    thrice = asyncio.Event()

    def enqueue(key: Key) -> None:
        woken.append(key)
        if len(woken) < 3:
            schedule.wake(key, PAST)
        else:
            thrice.set()

    schedule = Schedule(enqueue)
    schedule.start()
    schedule.wake(REVIEWS, PAST)
    async with asyncio.timeout(10):
        await thrice.wait()
    await schedule.stop()
    assert woken == [REVIEWS] * 3


async def test_an_interval_goes_on_after_a_tick_that_raised(schedule: Schedule) -> None:
    ticks = 0
    thrice = asyncio.Event()

    def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 3:
            thrice.set()
        raise ValueError("a tick that fails")

    schedule.every("resync", timedelta(milliseconds=5), tick, jitter=timedelta(milliseconds=1))
    schedule.start()
    async with asyncio.timeout(10):
        await thrice.wait()
    schedule.cancel_every("resync")
    schedule.cancel_every("resync")
    assert ticks >= 3


async def test_a_stopped_schedule_has_forgotten_its_jobs(woken: asyncio.Queue[Key]) -> None:
    schedule = Schedule(woken.put_nowait)
    schedule.start()
    schedule.wake(REVIEWS, SOON)
    await schedule.stop()
    assert schedule.waking(REVIEWS) is None
