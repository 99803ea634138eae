"""Kubernetes Events: what `kubectl describe` and `kubectl get events` show of our decisions.

They are a courtesy. Recording one takes a dictionary entry; a background task writes them, the same sentence about the same
object is counted up instead of repeated, and when the cluster does not take them fast enough the oldest are dropped and counted.
"""

import asyncio
import contextlib
import hashlib
import random
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from canary.clock import Clock
from canary.errors import AlreadyExists, NotFound, Retryable, Terminal
from canary.k8s.names import FIELD_MANAGER
from canary.k8s.port import Obj
from canary.k8s.resources import EVENT, Resource

LONGEST_MESSAGE = 1024  # the API server refuses more
LONGEST_NAME = 253


class EventKind(StrEnum):
    """The two types that Kubernetes knows."""

    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Involved:
    """The object that an Event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str

    @classmethod
    def of(cls, resource: Resource, obj: Obj) -> "Involved":
        """The reference to an object as the API server returned it."""
        meta = obj["metadata"]
        return cls(
            api_version=resource.api_version,
            kind=resource.kind,
            namespace=meta["namespace"],
            name=meta["name"],
            uid=meta["uid"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Topic:
    involved: Involved
    kind: EventKind
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    """How often a topic was recorded and when; `written` says that the cluster has an Event for it."""

    first: datetime
    last: datetime
    count: int = 0
    written: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNumbers:
    """Totals since the start, and how many wait to be written."""

    waiting: int
    written: int
    dropped: int


class EventsApi(Protocol):
    """What the recorder needs of a cluster."""

    async def create(self, resource: Resource, obj: Obj) -> Obj:
        """Create `obj` in the namespace that its metadata names."""
        ...

    async def merge_patch(self, resource: Resource, name: str, patch: Obj, *, namespace: str | None = None) -> Obj:
        """RFC 7386."""
        ...


class Events:
    """Takes Events at once and writes them when it can.

    A topic that comes up again within `window` is counted up. At most `capacity` topics are kept, the latest ones.
    """

    def __init__(self, api: EventsApi, clock: Clock, *, window: timedelta = timedelta(minutes=10), capacity: int = 1000) -> None:
        self._api, self._clock, self._window, self._capacity = api, clock, window, capacity
        self._tallies: OrderedDict[_Topic, _Tally] = OrderedDict()  # the one that came up last at the end
        self._waiting: OrderedDict[_Topic, None] = OrderedDict()
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._written = self._dropped = 0

    def record(self, involved: Involved, reason: str, sentence: str, *, kind: EventKind = EventKind.NORMAL) -> None:
        """Have an Event written; never waits, never raises."""
        topic = _Topic(involved=involved, kind=kind, reason=reason, message=sentence[:LONGEST_MESSAGE])
        now = self._clock.now()
        tally = self._tallies.get(topic)
        if tally is None or now - tally.last > self._window:
            tally = _Tally(first=now, last=now)
        self._tallies[topic] = replace(tally, count=tally.count + 1, last=now)
        self._tallies.move_to_end(topic)
        self._waiting[topic] = None
        self._make_room()
        self._idle.clear()
        self._news.set()

    def numbers(self) -> EventNumbers:
        """For metrics."""
        return EventNumbers(waiting=len(self._waiting), written=self._written, dropped=self._dropped)

    async def flush(self) -> None:
        """Wait until nothing waits to be written."""
        await self._idle.wait()

    async def run(self) -> None:
        """Write Events until cancelled."""
        failures = 0
        while True:
            await self._news.wait()
            try:
                await self._write_oldest()
                failures = 0
            except Retryable:
                failures += 1
                await asyncio.sleep(min(0.5 * 2.0**failures, 60.0) * random.uniform(0.5, 1.0))

    def _make_room(self) -> None:
        while len(self._tallies) > self._capacity:
            topic, _ = self._tallies.popitem(last=False)
            if topic in self._waiting:
                del self._waiting[topic]
                self._dropped += 1

    async def _write_oldest(self) -> None:
        if not self._waiting:
            self._news.clear()
            self._idle.set()
            return
        topic = next(iter(self._waiting))
        tally = self._tallies[topic]
        try:
            await self._write(topic, tally)
        except Terminal:  # such as a namespace that is going away
            self._waiting.pop(topic, None)
            self._dropped += 1
            return
        self._written += 1
        now = self._tallies.get(topic)
        if now is None:
            return
        if now == tally:
            self._waiting.pop(topic, None)
        if now.first == tally.first:
            self._tallies[topic] = replace(now, written=True)

    async def _write(self, topic: _Topic, tally: _Tally) -> None:
        event = _event(topic, tally)
        name, namespace = event["metadata"]["name"], event["metadata"]["namespace"]
        count_up = {"count": tally.count, "lastTimestamp": event["lastTimestamp"]}
        if tally.written:
            with contextlib.suppress(NotFound):  # the cluster forgets Events after an hour
                await self._api.merge_patch(EVENT, name, count_up, namespace=namespace)
                return
        with contextlib.suppress(AlreadyExists):  # an earlier try whose answer was lost
            await self._api.create(EVENT, event)


def _event(topic: _Topic, tally: _Tally) -> Obj:
    involved = topic.involved
    # The name is made from the topic, so that a second try can't write a second Event.
    digest = hashlib.sha256(f"{involved.uid}/{topic.kind}/{topic.reason}/{topic.message}/{tally.first.isoformat()}".encode())
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.kind,
        "metadata": {"name": f"{involved.name[: LONGEST_NAME - 17]}.{digest.hexdigest()[:16]}", "namespace": involved.namespace},
        "involvedObject": {
            "apiVersion": involved.api_version,
            "kind": involved.kind,
            "namespace": involved.namespace,
            "name": involved.name,
            "uid": involved.uid,
        },
        "type": topic.kind.value,
        "reason": topic.reason,
        "message": topic.message,
        "count": tally.count,
        "firstTimestamp": _seconds(tally.first),
        "lastTimestamp": _seconds(tally.last),
        "source": {"component": FIELD_MANAGER},
        "reportingComponent": FIELD_MANAGER,
        "reportingInstance": "",
    }


def _seconds(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
