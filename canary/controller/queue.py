"""The keyed work queue: which Canary is looked at next, and never by two workers at once.

A key stands for "look at this object again"; it carries no news, so adding it twice before it is handled costs nothing, and
adding it while it is handled means one more turn after this one. Keys added with `fast=True` (rollbacks, commands) overtake all
others, and some slots are theirs alone, so that slow turns elsewhere never delay them. All methods belong to the event loop's
thread.
"""

import asyncio
import functools
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta

from canary.errors import Throttled

Key = tuple[str, str]
"""Namespace and name."""

Handle = Callable[[Key], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """How many keys are handled at the same time: `workers` for any key, `reserved` more for the fast lane alone."""

    workers: int = 8
    reserved: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Doubling from `first` to `longest`; the last half of each pause is random, so that keys don't come back in step."""

    first: timedelta = timedelta(milliseconds=200)
    longest: timedelta = timedelta(minutes=1)

    def pause(self, failures: int) -> float:
        """Seconds before the next try after this many failures in a row (1 or more)."""
        whole = min(self.first.total_seconds() * 2.0 ** min(failures - 1, 40), self.longest.total_seconds())
        return whole * random.uniform(0.5, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One handling of a key: how long it stood in line and how long it took, in seconds; `error` is None when it went well."""

    key: Key
    fast: bool
    waited: float
    worked: float
    error: BaseException | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNumbers:
    """The queue at one moment, and its totals since the start."""

    depth: int
    fast: int
    active: int
    delayed: int
    failing: int
    adds: int
    retries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Active:
    fast: bool
    waited: float
    started: float
    task: asyncio.Task[None]


class WorkQueue:
    """Hands each key to `handle`, in lanes.

    A `handle` that returns has dealt with the key; one that raises is called again after a growing pause. A turn takes the place
    of every pending delay of its key: whoever handles a key says anew when to look again.
    """

    def __init__(
        self,
        handle: Handle,
        *,
        slots: Slots = Slots(),
        backoff: Backoff = Backoff(),
        on_turn: Callable[[Turn], None] = lambda _: None,
    ) -> None:
        self._handle, self._slots, self._backoff, self._on_turn = handle, slots, backoff, on_turn
        self._running = False
        self._closed = False
        self._lanes: dict[bool, dict[Key, float]] = {True: {}, False: {}}  # fast? -> key -> since when it stands in line
        self._active: dict[Key, _Active] = {}
        self._dirty: dict[Key, bool] = {}  # keys added while they are handled -> fast?
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._adds = self._retries = 0

    def start(self) -> None:
        """Begin handing out keys; what was added before waits until now."""
        self._running = True
        self._hand_out()

    def add(self, key: Key, *, fast: bool = False) -> None:
        """Look at `key` as soon as a slot is free; a fast one pulls a waiting key into the fast lane."""
        if self._closed:
            return
        self._adds += 1
        if key in self._active:
            self._dirty[key] = self._dirty.get(key, False) or fast
            return
        self._line_up(key, fast=fast)
        self._hand_out()

    def add_after(self, key: Key, delay: timedelta) -> None:
        """Look at `key` when `delay` has passed; an earlier time that was asked for before stays."""
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + max(delay.total_seconds(), 0)
        pending = self._timers.get(key)
        if pending is not None and pending.when() <= due:
            return
        self._cancel_delay(key)
        self._timers[key] = loop.call_at(due, self._ring, key)

    def retry(self, key: Key, *, at_least: timedelta = timedelta(0)) -> None:
        """Look at `key` again after a pause that doubles with each retry until `forget`."""
        self._retries += 1
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        self.add_after(key, max(timedelta(seconds=self._backoff.pause(failures)), at_least))

    def forget(self, key: Key) -> None:
        """Drop the key's failures and its delay: it is well, or it is gone."""
        self._failures.pop(key, None)
        self._cancel_delay(key)

    def numbers(self) -> QueueNumbers:
        """For metrics."""
        fast, slow = len(self._lanes[True]), len(self._lanes[False])
        return QueueNumbers(
            depth=fast + slow + len(self._dirty),
            fast=fast,
            active=len(self._active),
            delayed=len(self._timers),
            failing=len(self._failures),
            adds=self._adds,
            retries=self._retries,
        )

    async def drain(self, deadline: timedelta) -> frozenset[Key]:
        """Stop: let nothing new in, finish what runs and what stands in the fast lane. Returns the keys that were cut off."""
        self._closed = True
        self._lanes[False].clear()
        for key in tuple(self._timers):
            self._cancel_delay(key)
        end = asyncio.get_running_loop().time() + deadline.total_seconds()
        while self._active and (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._tasks(), timeout=left, return_when=asyncio.FIRST_COMPLETED)
        self._running = False
        cut_off, tasks = frozenset(self._active), self._tasks()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return cut_off

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [active.task for active in self._active.values()]

    def _ring(self, key: Key) -> None:
        del self._timers[key]
        self.add(key)

    def _cancel_delay(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def _line_up(self, key: Key, *, fast: bool) -> None:
        since = asyncio.get_running_loop().time()
        if fast:
            since = self._lanes[False].pop(key, since)
            self._lanes[True].setdefault(key, since)
        elif key not in self._lanes[True]:
            self._lanes[False].setdefault(key, since)

    def _hand_out(self) -> None:
        while self._running and (fast := self._next_lane()) is not None:
            key, since = next(iter(self._lanes[fast].items()))
            del self._lanes[fast][key]
            self._cancel_delay(key)
            now = asyncio.get_running_loop().time()
            task = asyncio.create_task(self._handle(key), name=f"handle {key[0]}/{key[1]}")
            self._active[key] = _Active(fast=fast, waited=now - since, started=now, task=task)
            task.add_done_callback(functools.partial(self._finish, key))

    def _next_lane(self) -> bool | None:
        if self._lanes[True] and len(self._active) < self._slots.workers + self._slots.reserved:
            return True
        slow = sum(not active.fast for active in self._active.values())
        return False if self._lanes[False] and slow < self._slots.workers else None

    def _finish(self, key: Key, task: asyncio.Task[None]) -> None:
        active = self._active.pop(key)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        self._after(key, error)
        again = self._dirty.pop(key, None)
        if again is not None and (again or not self._closed):
            self._line_up(key, fast=again)
        self._hand_out()
        worked = asyncio.get_running_loop().time() - active.started
        self._on_turn(Turn(key=key, fast=active.fast, waited=active.waited, worked=worked, error=error))

    def _after(self, key: Key, error: BaseException | None) -> None:
        match error:
            case None:
                self._failures.pop(key, None)
            case Throttled(retry_after=pause):
                self.retry(key, at_least=pause)
            case _:
                self.retry(key)
