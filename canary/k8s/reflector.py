"""Keeps a cache equal to a part of the cluster: one list, then one watch that is resumed for as long as the server allows.

Nothing is polled. A watch that ends is taken up where it stopped; a position that the server has forgotten means a new list,
and what vanished meanwhile is reported as deleted. A kind that isn't served, or that we may not see, is a `problem` with a
sentence and is looked at again now and then, or at once when somebody who knows better calls `poke`.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

import structlog

from canary.errors import CanaryError, Forbidden, Gone, NotServed, Throttled
from canary.k8s.cache import Cache, Change, ChangeType, Index, Key, key_of
from canary.k8s.port import EventType, KubernetesApi, Obj, WatchEvent
from canary.k8s.selection import Selection
from canary.k8s.trim import Trim, trim

log = structlog.get_logger(__name__)

_DOUBTFUL = 3  # failures in a row after which the position itself is suspected


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things take: `watch` to twice that per connection, with `grace` before silence counts as a dead connection.

    Failures pause from `first` doubling to `ceiling`; a kind not served or forbidden pauses `absent`. All are jittered.
    """

    watch: timedelta = timedelta(minutes=5)
    grace: timedelta = timedelta(seconds=30)
    first: timedelta = timedelta(milliseconds=200)
    ceiling: timedelta = timedelta(seconds=30)
    absent: timedelta = timedelta(seconds=30)


class Reflector:
    """Fills `cache` while `run` runs; `on_change` is called synchronously for every change, after the cache has it.

    `synced` is set for good when the first list is complete and its changes have been told. `problem` is None while the cache
    is current, else one sentence. `on_change` must not raise: it ends the reflector.
    """

    def __init__(
        self,
        api: KubernetesApi,
        selection: Selection,
        on_change: Callable[[Change], None],
        *,
        indices: Mapping[str, Index] | None = None,
        trim: Trim = trim,
        pace: Pace | None = None,
    ) -> None:
        self.selection = selection
        self.cache = Cache(indices)
        self.synced = asyncio.Event()
        self.problem: str | None = None
        self._api = api
        self._on_change = on_change
        self._trim = trim
        self._pace = pace or Pace()
        self._position: str | None = None  # the resource version up to which everything has been told; None before a list
        self._failures = 0
        self._settled = asyncio.Event()
        self._poked = asyncio.Event()

    async def settled(self) -> None:
        """Wait until the cache is filled for the first time, or until it is known why it can't be (see `problem`)."""
        await self._settled.wait()

    def poke(self) -> None:
        """Stop pausing: something has changed that may have ended the problem, such as a new CRD."""
        self._poked.set()

    def learn(self, obj: Obj) -> None:
        """Take over the server's answer to a write of ours before the watch brings it; anything not newer is ignored."""
        if self._position is None or not self.selection.covers(obj) or not _newer(obj, self._position):
            return
        self._meet(obj)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._poked.clear()
            try:
                if self._position is None:
                    await self._list()
                pause = await self._watch(self._position or "")
            except CanaryError as error:
                pause = self._failed(error)
            if pause:
                await self._pause(pause)

    async def _list(self) -> None:
        selection, listed, position = self.selection, dict[Key, Obj](), ""
        async for page in self._api.pages(
            selection.resource,
            namespace=selection.namespace,
            labels=selection.label_selector,
            fields=selection.field_selector,
        ):
            listed.update((key_of(obj), self._trim(obj)) for obj in page.items)
            position = page.resource_version
        for key in self.cache.all_keys() - listed.keys():
            self._drop(key)
        for obj in listed.values():
            self._keep(obj)
        self._position = position
        self._recovered()
        self.synced.set()

    async def _watch(self, position: str) -> float:
        """Seconds to pause before the next look: none after a stream that lasted, and then ended as agreed."""
        loop = asyncio.get_running_loop()
        length = self._pace.watch * random.uniform(1, 2)
        silence = (length + self._pace.grace).total_seconds()
        opened = loop.time()
        try:
            async with asyncio.timeout(silence) as alarm, self._events(position, length) as events:
                self._recovered()
                async for event in events:
                    alarm.reschedule(loop.time() + silence)
                    self._failures = 0
                    self._take(event)
        except TimeoutError:
            log.warning("watch fell silent", selection=str(self.selection))
        finally:
            lasted = loop.time() - opened >= self._pace.ceiling.total_seconds()
            if lasted:
                self._failures = 0
        if lasted:
            return 0.0
        # A server that ends every watch at once must not make us spin.
        self._failures += 1
        return self._backoff()

    def _events(self, position: str, length: timedelta) -> AbstractAsyncContextManager[AsyncIterator[WatchEvent]]:
        selection = self.selection
        return self._api.watch(
            selection.resource,
            namespace=selection.namespace,
            labels=selection.label_selector,
            fields=selection.field_selector,
            resource_version=position,
            timeout=length,
        )

    def _take(self, event: WatchEvent) -> None:
        obj = event.object
        match event.type:
            case EventType.BOOKMARK:
                pass
            case EventType.DELETED:
                known = self.cache.get(*key_of(obj))
                # A successor of the same name may have been learned already.
                if known is not None and not _newer(known, _version(obj)):
                    self._drop(key_of(obj))
            case EventType.ADDED | EventType.MODIFIED:
                self._meet(obj)
            case _:
                assert_never(event.type)
        self._position = _version(obj)

    def _meet(self, obj: Obj) -> None:
        known = self.cache.get(*key_of(obj))
        if known is None or _newer(obj, _version(known)):
            self._keep(self._trim(obj))

    def _keep(self, obj: Obj) -> None:
        key = key_of(obj)
        old = self.cache.get(*key)
        if old is not None and old["metadata"].get("uid") != obj["metadata"].get("uid"):
            self._drop(key)
            old = None
        if old is not None and _version(old) == _version(obj):
            return
        self.cache.put(obj)
        self._on_change(Change(type=ChangeType.MODIFIED if old else ChangeType.ADDED, key=key, old=old, new=obj))

    def _drop(self, key: Key) -> None:
        old = self.cache.get(*key)
        self.cache.drop(key)
        self._on_change(Change(type=ChangeType.DELETED, key=key, old=old, new=None))

    def _failed(self, error: CanaryError) -> float:
        self._failures += 1
        if isinstance(error, Gone):
            self._position = None
            return self._backoff()
        if self.problem != error.sentence:
            log.warning("cache is not current", selection=str(self.selection), problem=error.sentence)
        self.problem = error.sentence
        if isinstance(error, NotServed):
            self._position = None
            for key in self.cache.all_keys():
                self._drop(key)
        elif self._failures >= _DOUBTFUL:
            self._position = None
        self._settled.set()
        return self._pause_after(error)

    def _pause_after(self, error: CanaryError) -> float:
        match error:
            case NotServed() | Forbidden():
                return self._pace.absent.total_seconds() * random.uniform(1, 2)
            case Throttled():
                return max(error.retry_after.total_seconds(), self._backoff())
            case _:
                return self._backoff()

    def _backoff(self) -> float:
        ceiling = self._pace.ceiling.total_seconds()
        return random.uniform(0.5, 1) * min(ceiling, self._pace.first.total_seconds() * 2.0 ** min(self._failures - 1, 20))

    def _recovered(self) -> None:
        if self.problem is not None:
            log.info("cache is current again", selection=str(self.selection))
        self.problem = None
        self._settled.set()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._poked.wait()


def _version(obj: Obj) -> str:
    return str(obj["metadata"].get("resourceVersion") or "")


def _newer(obj: Obj, version: str) -> bool:
    """Versions of one kind are numbers that grow (Kubernetes 1.35 promises it); any others are only told apart."""
    own = _version(obj)
    if own.isdecimal() and version.isdecimal():
        return int(own) > int(version)
    return own != version
