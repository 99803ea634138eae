"""Watching: a ring of recent changes per kind, and subscriptions that start exactly after a resourceVersion."""

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

from canary.sandbox.errors import Expired
from canary.sandbox.objects import Object


class Change(StrEnum):
    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change; `previous` is the object before it, None when it was added. Bookmarks come only where they are asked for."""

    type: Change
    object: Object
    resource_version: int
    previous: Object | None = None


class Watch:
    """Changes of one kind in order, as an asynchronous iterator; `close()` or leave the `with` to end it."""

    def __init__(self, ring: "Ring") -> None:
        self._ring = ring
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    def put(self, event: Event) -> None:
        self._queue.put_nowait(event)

    def close(self) -> None:
        """Subscribe no longer; an iteration that waits comes to its end."""
        self._ring.watches.discard(self)
        self._queue.put_nowait(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        event = await self._queue.get()
        if event is None:
            raise StopAsyncIteration
        return event


class Ring:
    """The recent changes of one kind; what fell out of it can no longer be watched from."""

    def __init__(self, size: int, start: int) -> None:
        self._recent: deque[Event] = deque(maxlen=size)
        self._forgotten = start
        self.watches: set[Watch] = set()

    def add(self, event: Event) -> None:
        if len(self._recent) == self._recent.maxlen:
            self._forgotten = self._recent[0].resource_version
        self._recent.append(event)
        for watch in self.watches:
            watch.put(event)

    def watch(self, since: int | None) -> Watch:
        """Subscribe now; None means from now on. Raises Expired when changes after `since` are forgotten."""
        watch = Watch(self)
        if since is not None:
            if since < self._forgotten:
                raise Expired(f"too old resource version: {since} ({self._forgotten})")
            for event in self._recent:
                if event.resource_version > since:
                    watch.put(event)
        self.watches.add(watch)
        return watch
