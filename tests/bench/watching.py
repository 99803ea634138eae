"""One object as a watch shows it, with the moment at which each version of it arrived."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from canary.k8s.client import Client
from canary.k8s.port import EventType, Obj
from canary.k8s.resources import Resource

PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A version of the object; None says that it was gone. `at` is in seconds of the monotonic clock."""

    at: float
    obj: Obj | None


class Watched:
    """Made by `watching`. Conditions are functions of the object, None when there is none."""

    def __init__(self) -> None:
        self.seen: list[Sighting] = [Sighting(at=time.perf_counter(), obj=None)]
        self._news = asyncio.Condition()

    async def add(self, obj: Obj | None) -> None:
        """The watch brought something."""
        self.seen.append(Sighting(at=time.perf_counter(), obj=obj))
        async with self._news:
            self._news.notify_all()

    async def until(self, wanted: Callable[[Obj | None], bool], *, within: timedelta = PATIENCE) -> Obj | None:
        """The object as soon as it is as wanted, perhaps at once. Raises TimeoutError."""
        async with asyncio.timeout(within.total_seconds()), self._news:
            await self._news.wait_for(lambda: wanted(self.seen[-1].obj))
        return self.seen[-1].obj

    async def first(self, wanted: Callable[[Obj | None], bool], *, since: float, within: timedelta = PATIENCE) -> float:
        """The moment, not before `since`, at which it first was seen as wanted. Raises TimeoutError."""

        def found() -> list[float]:
            return [sighting.at for sighting in self.seen if sighting.at >= since and wanted(sighting.obj)]

        async with asyncio.timeout(within.total_seconds()), self._news:
            await self._news.wait_for(lambda: bool(found()))
        return found()[0]


@asynccontextmanager
async def watching(api: Client, resource: Resource, namespace: str | None, name: str) -> AsyncIterator[Watched]:
    """Watch one object by name for as long as the context lasts."""
    watched, opened = Watched(), asyncio.Event()
    task = asyncio.create_task(_watch(api, resource, (namespace, name), watched, opened))
    await opened.wait()
    try:
        yield watched
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(api: Client, resource: Resource, key: tuple[str | None, str], watched: Watched, opened: asyncio.Event) -> None:
    namespace, name = key
    fields = f"metadata.name={name}"
    listed = await api.list(resource, namespace=namespace, fields=fields)
    for obj in listed.items:
        await watched.add(obj)
    version, hour = listed.resource_version, timedelta(hours=1)
    async with api.watch(resource, namespace=namespace, fields=fields, resource_version=version, timeout=hour) as events:
        opened.set()
        async for event in events:
            if event.type is not EventType.BOOKMARK:
                await watched.add(None if event.type is EventType.DELETED else event.object)
