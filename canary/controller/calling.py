"""Carrying out one test or hook to its end, over restarts.

A run is claimed in the store before anything is sent, so that a restart can't run it a second time by accident:

- a finished run stands as it is;
- a Job that was made is found again by its name and waited for;
- a request that a process which is no more had under way has used up one of its tries. If none is left, one more is made for
  GET and HEAD, which change nothing; anything else ends as Interrupted, for a person to decide.

What says nothing about the version under test (a Secret that can't be read, a Job that can't be made) ends as Interrupted too.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol

import structlog

from analysis.scalars import plain
from canary.clock import Clock
from canary.controller.http_call import Answer, HttpAttempt, HttpCaller
from canary.controller.job_call import JobCaller, JobEnd, JobOrder
from canary.controller.queue import Backoff, Key
from canary.errors import CanaryError, Retryable
from canary.store.runs import Claimed, RunRecord
from strategies.model import Edge, Phase, RunStatus
from strategies.spec.calls import HookSpec, HttpSpec, JobSpec, Method, TestSpec
from strategies.words import duration

REPEATABLE = frozenset({Method.GET, Method.HEAD})
BACKOFF = Backoff(first=timedelta(milliseconds=500), longest=timedelta(seconds=10))
LONGEST_SENTENCE = 1000
RESTARTED = "It was interrupted by a controller restart."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """For which Canary and at which moment a test or hook runs. `weight` is in percent, `edge` None for tests."""

    namespace: str
    canary: str
    uid: str
    rollout: str
    revision: str
    step: int
    attempt: int
    weight: Decimal
    phase: Phase
    edge: Edge | None = None

    @property
    def key(self) -> Key:
        """Whose turn it is when the call has ended."""
        return (self.namespace, self.canary)

    def facts(self) -> dict[str, Any]:
        """What a hook is told, as JSON."""
        return {
            "canary": self.canary,
            "namespace": self.namespace,
            "rollout": self.rollout,
            "revision": self.revision,
            "step": self.step,
            "weight": plain(self.weight),
            "phase": self.phase.value,
            "edge": self.edge.value if self.edge else None,
        }


class RunStore(Protocol):
    """Where runs are claimed and their results kept; all raise StoreUnavailable."""

    async def claim(self, run: RunRecord) -> Claimed | RunRecord:
        """Claim the run, or get the row of whoever did before."""
        ...

    async def finish(self, run: RunRecord) -> RunRecord:
        """Record how far the run is; the first end stands."""
        ...

    async def of_rollouts(self, rollout_ids: Iterable[str]) -> tuple[RunRecord, ...]:
        """All runs of these rollouts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """A test or hook that is to run, the row under which it is claimed, and the moment it belongs to."""

    record: RunRecord
    spec: TestSpec | HookSpec
    context: CallContext

    @property
    def http(self) -> HttpSpec | None:
        """None for a Job."""
        return self.spec.http

    @property
    def job(self) -> JobSpec | None:
        """None for a request."""
        return self.spec.job if isinstance(self.spec, TestSpec) else None

    def attempt(self, http: HttpSpec) -> HttpAttempt:
        """The request; hooks tell what moment it is."""
        facts = self.context.facts() if isinstance(self.spec, HookSpec) else None
        return HttpAttempt(spec=http, run_id=self.record.id, namespace=self.context.namespace, payload=facts)

    def order(self, job: JobSpec) -> JobOrder:
        """The Job."""
        facts = {f"CANARY_{name.upper()}": str(value) for name, value in self.context.facts().items() if value is not None}
        return JobOrder(
            run_id=self.record.id,
            canary=self.context.canary,
            namespace=self.context.namespace,
            uid=self.context.uid,
            name=self.spec.name,
            template=job.template,
            timeout=self.spec.timeout,
            facts=facts,
        )


class Caller:
    """Carries out runs, each in the task that asks for it."""

    def __init__(self, runs: RunStore, http: HttpCaller, jobs: JobCaller, clock: Clock) -> None:
        self._runs, self._http, self._jobs, self._clock = runs, http, jobs, clock

    async def carry_out(self, calling: Calling) -> RunRecord:
        """Run to the end and return the row as it is to stand; only what nobody foresaw is raised."""
        found = await self._claim(calling)
        if found.finished_at is not None:
            return found
        try:
            if calling.http is not None:
                done = await self._request(calling, calling.http, found)
            else:
                assert calling.job is not None
                done = await self._job(calling.order(calling.job), found)
        except CanaryError as error:
            done = _interrupted(found, error.sentence)
        return replace(done, finished_at=self._clock.now())

    async def keep(self, record: RunRecord) -> None:
        """Write an end into the store, however long that takes."""
        failures = 0
        while True:
            try:
                await self._runs.finish(record)
            except Retryable:
                failures += 1
                await asyncio.sleep(BACKOFF.pause(failures))
            except CanaryError as error:
                log.warning("the result of a run is not kept", id=record.id, error=error.sentence)
                return
            else:
                return

    async def remove(self, calling: Calling) -> None:
        """Delete what a run that nobody needs any more has left in the cluster."""
        if calling.job is None:
            return
        order = calling.order(calling.job)
        self._jobs.forget(order)
        try:
            await self._jobs.remove(order)
        except CanaryError as error:  # it has a deadline and a time to live of its own
            log.info("a Job is left to its deadline", job=order.job, error=error.sentence)

    async def _claim(self, calling: Calling) -> RunRecord:
        """The row as it stands; a request counts its first try with the claim, a Job when it is made."""
        record = replace(calling.record, tries=0 if calling.http is None else 1)
        failures = 0
        while True:
            try:
                answer = await self._runs.claim(record)
            except Retryable as error:
                failures += 1
                log.info("a run waits for the store", id=record.id, error=error.sentence)
                await asyncio.sleep(BACKOFF.pause(failures))
            else:
                # The one that claimed has its first try still before it.
                return replace(answer.run, tries=0) if isinstance(answer, Claimed) else answer

    async def _note(self, record: RunRecord, tries: int) -> None:
        try:
            await self._runs.finish(replace(record, status=RunStatus.RUNNING, tries=tries))
        except Retryable as error:  # costs at most one try more after a restart
            log.info("a try is not noted", id=record.id, error=error.sentence)

    async def _request(self, calling: Calling, http: HttpSpec, found: RunRecord) -> RunRecord:
        allowed = http.retries + 1
        if found.tries >= allowed:
            if http.method not in REPEATABLE or found.tries > allowed:
                return _interrupted(found, RESTARTED)
            allowed = found.tries + 1
        answer: Answer | None = None
        tries = found.tries
        try:
            async with asyncio.timeout(calling.spec.timeout.total_seconds()):
                while answer is None or not (answer.good or answer.final or tries >= allowed):
                    if answer is not None:
                        await asyncio.sleep(BACKOFF.pause(tries))
                    tries += 1
                    if tries > 1:
                        await self._note(found, tries)
                    answer = await self._http.attempt(calling.attempt(http))
        except TimeoutError:
            last = f" Its last try: {answer.sentence}" if answer else ""
            answer = Answer(good=False, sentence=f"It did not end within {duration(calling.spec.timeout)}.{last}")
        if not answer.sent:
            return _interrupted(replace(found, tries=tries), answer.sentence)
        return _ended(replace(found, tries=tries), good=answer.good, sentence=answer.sentence)

    async def _job(self, order: JobOrder, found: RunRecord) -> RunRecord:
        left = found.started_at + order.timeout - self._clock.now()
        made = found.tries > 0
        try:
            # A second at least, for a Job that has ended while nobody was there to see it.
            async with asyncio.timeout(max(left.total_seconds(), 1.0)):
                if not await self._there(order, made=made):
                    return _interrupted(found, f"Job {order.job} is gone, and with it how it ended.")
                if not made:
                    made = True
                    await self._note(found, 1)
                end = await self._jobs.end(order)
        except TimeoutError:
            if not made:
                return _interrupted(found, f"Job {order.job} could not be made within {duration(order.timeout)}.")
            await self._jobs.remove(order)
            end = JobEnd(good=False, sentence=f"Job {order.job} did not end within {duration(order.timeout)}.")
        finally:
            self._jobs.forget(order)
        return _ended(replace(found, tries=1), good=end.good, sentence=end.sentence)

    async def _there(self, order: JobOrder, *, made: bool) -> bool:
        failures = 0
        while True:
            try:
                return await (self._jobs.find(order) if made else self._jobs.make(order))
            except Retryable as error:
                failures += 1
                log.info("a Job waits for the cluster", job=order.job, error=error.sentence)
                await asyncio.sleep(BACKOFF.pause(failures))


def _ended(record: RunRecord, *, good: bool, sentence: str) -> RunRecord:
    return replace(record, status=RunStatus.SUCCEEDED if good else RunStatus.FAILED, detail=sentence[:LONGEST_SENTENCE])


def _interrupted(record: RunRecord, sentence: str) -> RunRecord:
    return replace(record, status=RunStatus.INTERRUPTED, detail=sentence[:LONGEST_SENTENCE])
