"""Runs the pods of the store: each gets a life of its own when it appears, and loses it when it is deleted."""

import asyncio
import itertools
from collections.abc import Iterator
from random import Random

from canary.sandbox.errors import NotFound
from canary.sandbox.metrics.counters import Series
from canary.sandbox.objects import Object, name_of, namespace_of, uid_of
from canary.sandbox.pods.life import Life, Pace
from canary.sandbox.resources import PODS, Resource
from canary.sandbox.servers import Address
from canary.sandbox.store import Store
from canary.sandbox.watches import Change, Event
from canary.sandbox.workloads.notes import Notes
from canary.sandbox.workloads.readiness import is_finished

_NETWORK = 254 * 256


class Pods:
    """All running pods; `address` is where one really listens."""

    def __init__(self, store: Store, pace: Pace | None = None, rng: Random | None = None) -> None:
        self._store = store
        self._notes = Notes(store, "kubelet")
        self._pace = pace or Pace()
        self._rng = rng or Random()
        self._lives: dict[str, tuple[Life, asyncio.Task[None]]] = {}
        self._by_name: dict[tuple[str, str], Life] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self._running = False
        store.listen(self._note)

    async def start(self) -> None:
        self._running = True
        for each in self._store.list(PODS):
            self._begin(each)

    async def stop(self) -> None:
        self._running = False
        for uid in list(self._lives):
            self._end(uid)
        if self._leaving:
            await asyncio.wait(self._leaving)

    def address(self, namespace: str, pod: str) -> Address | None:
        """Where the pod listens on loopback; None when it is gone or doesn't serve."""
        life = self._by_name.get((namespace, pod))
        return life.address if life is not None else None

    def series(self) -> Iterator[Series]:
        """What the pods that serve have counted."""
        for life, _ in self._lives.values():
            if life.address is not None:
                yield from life.counts.series()

    def _note(self, resource: Resource, event: Event) -> None:
        if resource != PODS or not self._running:
            return
        if event.type is Change.ADDED:
            self._begin(event.object)
        elif event.type is Change.DELETED:
            self._end(uid_of(event.object))

    def _begin(self, pod: Object) -> None:
        if is_finished(pod):
            return
        life = Life(self._store, self._notes, pod, self._free_ip(), self._pace)
        task = asyncio.create_task(self._live(life), name=f"pod-{name_of(pod)}")
        self._lives[uid_of(pod)] = (life, task)
        self._by_name[namespace_of(pod), name_of(pod)] = life

    async def _live(self, life: Life) -> None:
        try:
            await life.run(Random(self._rng.random()))
        except NotFound:
            return  # deleted at this very moment; `_end` does the rest

    def _end(self, uid: str) -> None:
        found = self._lives.pop(uid, None)
        if found is None:
            return
        life, task = found
        self._by_name = {name: each for name, each in self._by_name.items() if each is not life}
        leaving = asyncio.create_task(self._leave(life, task))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _leave(self, life: Life, task: asyncio.Task[None]) -> None:
        """Nobody is sent here any more; requests under way are answered."""
        task.cancel()
        await asyncio.wait([task])
        await life.stop()

    def _free_ip(self) -> str:
        used = {life.ip for life, _ in self._lives.values()}
        for number in self._numbers:
            ip = f"10.244.{number % _NETWORK // 254}.{number % 254 + 1}"
            if ip not in used:
                return ip
        raise AssertionError("an endless count ended")
