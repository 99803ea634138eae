"""One Canary as it changes: the API's watch, not polling."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from canary.errors import CanaryError, Refused
from canary.k8s.cache import Change
from canary.k8s.client import Client
from canary.k8s.port import Obj
from canary.k8s.reflector import Reflector
from canary.k8s.resources import CANARY
from canary.k8s.selection import Selection


class Followed:
    """The newest state of a Canary. None: there is no such object (any more)."""

    def __init__(self) -> None:
        self.newest: Obj | None = None
        self._changed = asyncio.Event()

    def take(self, change: Change) -> None:
        """Told by the watch."""
        self.newest = change.new
        self._changed.set()

    async def changed(self, within: float | None = None) -> bool:
        """Wait for news; False when there was none `within` so many seconds. Several changes may count as one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._changed.wait()
                self._changed.clear()
                return True
        return False


@asynccontextmanager
async def following(client: Client, namespace: str, name: str) -> AsyncIterator[Followed]:
    """Follow one Canary for as long as the context lasts. Raises NotFound, or why it can't be looked at."""
    await client.get(CANARY, name, namespace=namespace)  # its errors name the reason better than an empty watch
    followed = Followed()
    reflector = Reflector(client, Selection(resource=CANARY, namespace=namespace, name=name), followed.take)
    task = asyncio.create_task(reflector.run(), name=f"follow {name}")
    try:
        await reflector.settled()
        if reflector.problem is not None:
            raise Refused(reflector.problem)
        yield followed
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, CanaryError):
            await task
