"""Events reach the cluster in the background, repeated ones counted up, and nobody ever waits for them."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from canary.controller.events import EventKind, EventNumbers, Events, Involved
from canary.errors import AlreadyExists, CanaryError, Forbidden, NotFound, TimedOut, Unavailable
from canary.k8s.port import Obj
from canary.k8s.resources import CANARY, Resource

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
REVIEWS = Involved.of(CANARY, {"metadata": {"namespace": "bookinfo", "name": "reviews", "uid": "u-1"}})
Play = Callable[[Coroutine[Any, Any, Any]], Any]


class HandClock:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time


class Cluster:
    """Keeps Events, and answers with `errors` first; `lost` answers come after the write has happened."""

    def __init__(self) -> None:
        self.events: dict[str, Obj] = {}
        self.errors: list[CanaryError] = []
        self.lost: list[CanaryError] = []

    async def create(self, _: Resource, obj: Obj) -> Obj:
        self._fail(self.errors)
        name = obj["metadata"]["name"]
        if name in self.events:
            raise AlreadyExists(name)
        self.events[name] = obj
        self._fail(self.lost)
        return obj

    async def merge_patch(self, _: Resource, name: str, patch: Obj, *, namespace: str | None = None) -> Obj:
        self._fail(self.errors)
        if name not in self.events:
            raise NotFound(name)
        self.events[name] = self.events[name] | patch
        return self.events[name]

    def _fail(self, errors: list[CanaryError]) -> None:
        if errors:
            raise errors.pop(0)

    def seen(self) -> list[tuple[str, str, int]]:
        return [(event["reason"], event["message"], event["count"]) for event in self.events.values()]


class Stage:
    def __init__(self, capacity: int = 1000) -> None:
        self.cluster, self.clock = Cluster(), HandClock()
        self.events = Events(self.cluster, self.clock, capacity=capacity)

    async def written(self) -> list[tuple[str, str, int]]:
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(self.events.run())
            await self.events.flush()
            writer.cancel()
        return self.cluster.seen()


async def test_an_event_says_what_kubectl_shows() -> None:
    stage = Stage()
    stage.events.record(REVIEWS, "StepStarted", "Gives the canary 5 % of traffic.", kind=EventKind.WARNING)
    await stage.written()
    (event,) = stage.cluster.events.values()
    shown = {key: event[key] for key in ("kind", "type", "reason", "message", "count", "firstTimestamp", "lastTimestamp")}
    assert shown == {
        "kind": "Event",
        "type": "Warning",
        "reason": "StepStarted",
        "message": "Gives the canary 5 % of traffic.",
        "count": 1,
        "firstTimestamp": "2026-11-21T12:00:00Z",
        "lastTimestamp": "2026-11-21T12:00:00Z",
    }
    assert event["involvedObject"] == {
        "apiVersion": "canary.delivery/v1alpha1",
        "kind": "Canary",
        "namespace": "bookinfo",
        "name": "reviews",
        "uid": "u-1",
    }


async def test_the_same_sentence_is_counted_up_not_repeated() -> None:
    stage = Stage()
    stage.events.record(REVIEWS, "Waiting", "Waits.")
    await stage.written()
    stage.events.record(REVIEWS, "Waiting", "Waits.")
    stage.events.record(REVIEWS, "Waiting", "Waits.")
    assert await stage.written() == [("Waiting", "Waits.", 3)]


async def test_after_a_while_the_same_sentence_is_an_event_of_its_own() -> None:
    stage = Stage()
    stage.events.record(REVIEWS, "Waiting", "Waits.")
    await stage.written()
    stage.clock.time += timedelta(minutes=11)
    stage.events.record(REVIEWS, "Waiting", "Waits.")
    assert await stage.written() == [("Waiting", "Waits.", 1)] * 2


async def test_an_event_that_the_cluster_has_forgotten_is_written_again() -> None:
    stage = Stage()
    stage.events.record(REVIEWS, "Waiting", "Waits.")
    await stage.written()
    stage.cluster.events.clear()
    stage.events.record(REVIEWS, "Waiting", "Waits.")
    assert await stage.written() == [("Waiting", "Waits.", 2)]


def test_a_cluster_that_is_down_is_tried_until_it_answers(play: Play) -> None:
    async def story() -> list[tuple[str, str, int]]:
        stage = Stage()
        stage.cluster.errors = [Unavailable("down")] * 3
        stage.events.record(REVIEWS, "Waiting", "Waits.")
        return await stage.written()

    assert play(story()) == [("Waiting", "Waits.", 1)]


def test_a_lost_answer_does_not_make_a_second_event(play: Play) -> None:
    async def story() -> list[tuple[str, str, int]]:
        stage = Stage()
        stage.cluster.lost = [TimedOut("no answer")]
        stage.events.record(REVIEWS, "Waiting", "Waits.")
        return await stage.written()

    assert play(story()) == [("Waiting", "Waits.", 1)]


async def test_what_the_cluster_refuses_is_dropped_and_counted() -> None:
    stage = Stage()
    stage.cluster.errors = [Forbidden("the namespace is going away")]
    stage.events.record(REVIEWS, "Waiting", "Waits.")
    stage.events.record(REVIEWS, "Promoted", "Promoted.")
    assert await stage.written() == [("Promoted", "Promoted.", 1)]
    assert stage.events.numbers() == EventNumbers(waiting=0, written=1, dropped=1)


async def test_the_oldest_are_dropped_when_too_many_wait() -> None:
    stage = Stage(capacity=2)
    for number in range(5):
        stage.events.record(REVIEWS, "Waiting", f"Waits for {number}.")
    assert stage.events.numbers() == EventNumbers(waiting=2, written=0, dropped=3)
    assert await stage.written() == [("Waiting", "Waits for 3.", 1), ("Waiting", "Waits for 4.", 1)]


async def test_names_and_messages_stay_within_what_kubernetes_takes() -> None:
    stage = Stage()
    long = Involved(api_version="v1", kind="Service", namespace="bookinfo", name="a" * 253, uid="u-2")
    stage.events.record(long, "Waiting", "x" * 5000)
    await stage.written()
    ((name, event),) = stage.cluster.events.items()
    assert (len(name), len(event["message"])) == (253, 1024)
