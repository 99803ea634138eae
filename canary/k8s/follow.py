"""Watches on single objects, started and stopped on demand: how to wait, without polling, for what may not exist yet."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from canary.k8s.port import KubernetesApi, Obj
from canary.k8s.reflector import Pace, Reflector
from canary.k8s.resources import Resource
from canary.k8s.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One object by name; `namespace` is empty for a cluster-scoped one."""

    resource: Resource
    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Followed:
    reflector: Reflector
    task: asyncio.Task[None]
    holders: set[Hashable]


class Followers:
    """Follows targets for as long as somebody holds them; `wake` is called with each holder when a target changes.

    It is also called when it has become known that a target does not exist, or can't be seen. A holder is whoever waits, such
    as the key of a Canary. Following twice is following once.
    """

    def __init__(self, api: KubernetesApi, wake: Callable[[Hashable], None], *, pace: Pace | None = None) -> None:
        self._api = api
        self._wake = wake
        self._pace = pace
        self._followed: dict[Target, _Followed] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def follow(self, target: Target, *, holder: Hashable) -> Reflector:
        """Start following, or join those who do; ask the reflector whether it is `synced` or has a `problem`."""
        followed = self._followed.get(target)
        if followed is None:
            followed = self._start(target)
            self._followed[target] = followed
        followed.holders.add(holder)
        return followed.reflector

    def get(self, target: Target) -> Obj | None:
        """The object as last seen; None when nobody follows it or it does not exist."""
        followed = self._followed.get(target)
        return followed.reflector.cache.get(target.namespace, target.name) if followed else None

    def release(self, holder: Hashable, *, keep: frozenset[Target] = frozenset()) -> None:
        """Let go of all that `holder` holds but `keep`; what nobody holds any more is followed no longer."""
        for target, followed in list(self._followed.items()):
            if target in keep:
                continue
            followed.holders.discard(holder)
            if not followed.holders:
                del self._followed[target]
                followed.task.cancel()
                self._ending.add(followed.task)
                followed.task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Stop following anything, and wait until the connections are closed."""
        for followed in self._followed.values():
            followed.task.cancel()
        tasks = {followed.task for followed in self._followed.values()} | self._ending
        self._followed.clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, target: Target) -> _Followed:
        holders: set[Hashable] = set()
        selection = Selection(resource=target.resource, namespace=target.namespace or None, name=target.name)
        reflector = Reflector(self._api, selection, lambda _: self._wake_all(holders), pace=self._pace)
        task = asyncio.create_task(self._run(reflector, holders), name=f"follow {selection}")
        task.add_done_callback(_report)
        return _Followed(reflector=reflector, task=task, holders=holders)

    async def _run(self, reflector: Reflector, holders: set[Hashable]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(reflector.run())
            # That there is no such object is news, too.
            await reflector.settled()
            self._wake_all(holders)

    def _wake_all(self, holders: set[Hashable]) -> None:
        for holder in tuple(holders):
            self._wake(holder)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": f"{task.get_name()} ended", "exception": error, "task": task})
