"""The loop that all workload controllers share: keys that changes made dirty, worked one after the other.

Level-triggered as the real ones: a key in, the world re-read, the next small step written. A reconcile that wants to look
again later returns the seconds; nothing polls.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

import structlog

from canary.sandbox.resources import Resource
from canary.sandbox.store import Store
from canary.sandbox.watches import Event

log = structlog.get_logger(__name__)

Key: TypeAlias = tuple[str, str]
RETRY_AFTER = 1.0


class Controller(Protocol):
    """Keeps one kind as its spec says."""

    resource: Resource

    def concerned(self, resource: Resource, event: Event) -> Iterable[Key]:
        """Name the objects of our kind, as (namespace, name), that a change of anything may concern."""
        ...

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Do the next step; the seconds after which to look again although nothing changed, or None."""
        ...


class Controllers:
    """Runs controllers on the changes of a store until it is stopped."""

    def __init__(self, store: Store, controllers: Sequence[Controller]) -> None:
        self._controllers = controllers
        self._dirty: dict[tuple[int, Key], None] = {}
        self._wake = asyncio.Event()
        self._timers: dict[tuple[int, Key], asyncio.TimerHandle] = {}
        self._worker: asyncio.Task[None] | None = None
        self._store = store
        store.listen(self._note)

    async def start(self) -> None:
        """Look at everything that exists once, then at what changes."""
        for index, controller in enumerate(self._controllers):
            for each in self._store.list(controller.resource):
                self._add((index, (each["metadata"]["namespace"], each["metadata"]["name"])))
        self._worker = asyncio.create_task(self._work(), name="sandbox-controllers")

    async def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
            self._worker = None

    def _note(self, resource: Resource, event: Event) -> None:
        for index, controller in enumerate(self._controllers):
            for key in controller.concerned(resource, event):
                self._add((index, key))

    def _add(self, item: tuple[int, Key]) -> None:
        self._dirty[item] = None
        self._wake.set()

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            while self._dirty:
                item = next(iter(self._dirty))
                del self._dirty[item]
                self._reconcile(item)
                await asyncio.sleep(0)  # a burst of changes must not keep requests waiting
            self._wake.clear()

    def _reconcile(self, item: tuple[int, Key]) -> None:
        index, (namespace, name) = item
        controller = self._controllers[index]
        if timer := self._timers.pop(item, None):
            timer.cancel()
        try:
            again = controller.reconcile(namespace, name)
        except Exception:
            # An object that no validation looked at, or one that vanished in between: the others must not suffer.
            log.exception("reconcile failed", kind=controller.resource.kind, namespace=namespace, name=name)
            again = RETRY_AFTER
        if again is not None:
            self._timers[item] = asyncio.get_running_loop().call_later(again, self._add, item)
