"""Hooks that nobody waits for: sent in the background, tried for an hour, kept in the outbox over a restart.

A receiver may get one twice (with the same `Canary-Run-Id`) when the controller stops between sending and noting that it has.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from pydantic import ValidationError

from canary.clock import Clock
from canary.controller.http_call import Answer, HttpAttempt, HttpCaller
from canary.controller.queue import Backoff
from canary.errors import Retryable, Terminal
from canary.store.models import RunKind
from canary.store.outbox import Message
from canary.store.runs import RunRecord
from strategies.model import RunStatus
from strategies.spec.calls import HttpSpec

KIND = "hook"
MOST_TRIES = 14  # about an hour with this backoff
MOST_WAITING = 1000
BACKOFF = Backoff(first=timedelta(seconds=1), longest=timedelta(minutes=10))
FAR = timedelta(days=365)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell a receiver. `run` is its row in the journal; `namespace` is where its Secrets are."""

    run: RunRecord
    namespace: str
    spec: HttpSpec
    payload: Mapping[str, Any]


class Box(Protocol):
    """Where notices survive a restart; `due`, `done` and `postpone` raise StoreUnavailable."""

    def add(self, message: Message) -> None:
        """Keep a message; adding it again changes nothing."""
        ...

    async def due(self, now: datetime, *, limit: int = 100) -> tuple[Message, ...]:
        """What is to be sent by `now`."""
        ...

    async def done(self, message_id: str, at: datetime) -> None:
        """It was sent, or is given up."""
        ...

    async def postpone(self, message_id: str, due_at: datetime) -> None:
        """Sending failed: again at `due_at`."""
        ...


class Notices:
    """Sends notices. `on_end` hears how each ended, with its row as it is to stand in the journal."""

    def __init__(self, box: Box, http: HttpCaller, clock: Clock, *, on_end: Callable[[RunRecord], None]) -> None:
        self._box, self._http, self._clock, self._on_end = box, http, clock, on_end
        self._tasks: dict[str, asyncio.Task[None]] = {}  # oldest first
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """How many are not sent yet."""
        return len(self._tasks)

    def send(self, notice: Notice) -> None:
        """Have it sent; a notice that is under way is not sent twice."""
        if notice.run.id in self._tasks:
            return
        now = self._clock.now()
        self._box.add(Message(id=notice.run.id, kind=KIND, payload=_as_json(notice), due_at=now))
        self._begin(notice, tries=0, due_at=now)

    async def resume(self) -> None:
        """Take up what an earlier process has not sent; raises StoreUnavailable."""
        for message in await self._box.due(self._clock.now() + FAR, limit=MOST_WAITING):
            if message.kind != KIND or message.id in self._tasks:
                continue
            try:
                notice = _from_json(message.payload)
            except (ValidationError, KeyError, TypeError, ValueError) as error:
                log.warning("a notice of another version is given up", id=message.id, error=str(error))
                await self._box.done(message.id, self._clock.now())
                continue
            self._begin(notice, tries=message.tries, due_at=message.due_at)

    async def stop(self) -> None:
        """Stop sending; what is left stays in the outbox."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, notice: Notice, *, tries: int, due_at: datetime) -> None:
        while len(self._tasks) >= MOST_WAITING:
            self._tasks.pop(next(iter(self._tasks))).cancel()
            self.dropped += 1
        task = asyncio.create_task(self._send(notice, tries, due_at), name=f"notice {notice.run.id}")
        self._tasks[notice.run.id] = task
        task.add_done_callback(lambda done: self._ended(notice.run.id, done))

    def _ended(self, run_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(run_id) is task:
            del self._tasks[run_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a notice could not be sent", id=run_id, exc_info=error)

    async def _send(self, notice: Notice, tries: int, due_at: datetime) -> None:
        await asyncio.sleep(max(0.0, (due_at - self._clock.now()).total_seconds()))
        attempt = HttpAttempt(spec=notice.spec, run_id=notice.run.id, namespace=notice.namespace, payload=notice.payload)
        while not _over(answer := await self._http.attempt(attempt), tries := tries + 1):
            pause = BACKOFF.pause(tries)
            await self._postpone(notice.run.id, timedelta(seconds=pause))
            await asyncio.sleep(pause)
        now = self._clock.now()
        status = RunStatus.SUCCEEDED if answer.good else RunStatus.FAILED
        self._on_end(replace(notice.run, status=status, tries=tries, finished_at=now, detail=answer.sentence))
        await self._done(notice.run.id, now)

    async def _postpone(self, run_id: str, pause: timedelta) -> None:
        try:
            await self._box.postpone(run_id, self._clock.now() + pause)
        except Retryable as error:  # costs at most a few tries more after a restart
            log.info("a try of a notice is not noted", id=run_id, error=error.sentence)

    async def _done(self, run_id: str, at: datetime) -> None:
        failures = 0
        while True:
            try:
                return await self._box.done(run_id, at)
            except Retryable:
                failures += 1
                await asyncio.sleep(BACKOFF.pause(failures))
            except Terminal as error:
                log.warning("a sent notice is not noted", id=run_id, error=error.sentence)
                return None


def _over(answer: Answer, tries: int) -> bool:
    return answer.good or answer.final or tries >= MOST_TRIES


def _as_json(notice: Notice) -> dict[str, Any]:
    run = notice.run
    return {
        "namespace": notice.namespace,
        "http": notice.spec.model_dump(mode="json", by_alias=True, exclude_none=True),
        "payload": dict(notice.payload),
        "run": {
            "id": run.id,
            "rollout_id": run.rollout_id,
            "kind": run.kind,
            "name": run.name,
            "attempt": run.attempt,
            "started_at": run.started_at.isoformat(),
            "edge": run.edge,
            "step": run.step,
        },
    }


def _from_json(kept: Mapping[str, Any]) -> Notice:
    run = dict(kept["run"])
    run |= {"kind": RunKind(run["kind"]), "started_at": datetime.fromisoformat(run["started_at"])}
    spec = HttpSpec.model_validate(kept["http"])
    return Notice(run=RunRecord(**run), namespace=kept["namespace"], spec=spec, payload=kept["payload"])
