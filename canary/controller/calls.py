"""Tests and hooks: started once per id, waited for by nobody, their results looked up in memory.

How one is carried out, and what a restart means for it, is in `calling`; hooks that no rollout waits for are `notices`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from canary.clock import Clock
from canary.controller.calling import CallContext, Caller, Calling, RunStore
from canary.controller.http_call import HttpCaller
from canary.controller.job_call import JobCaller
from canary.controller.notices import Box, Notice, Notices
from canary.controller.queue import Key
from canary.errors import CanaryError
from canary.k8s.port import Obj
from canary.store.models import RunKind
from canary.store.runs import RunRecord
from strategies.model import Edge, RunResult, RunStatus
from strategies.spec.calls import HookSpec, TestSpec

NOTICES = frozenset({Edge.AFTER_PROMOTION, Edge.ON_ROLLBACK, Edge.ON_EVENT})
RUNNING = RunResult(status=RunStatus.RUNNING)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The slices of the store that calls need."""

    runs: RunStore
    outbox: Box


class Calls:
    """Starts tests and hooks and knows their results. All but `load`, `resume` and `stop` return at once.

    `on_done` is told the key of the Canary whenever one of its runs has ended.
    """

    def __init__(self, stores: Stores, http: HttpCaller, jobs: JobCaller, clock: Clock, on_done: Callable[[Key], None]) -> None:
        self._stores, self._jobs, self._clock, self._on_done = stores, jobs, clock, on_done
        self._caller = Caller(stores.runs, http, jobs, clock)
        self._notices = Notices(stores.outbox, http, clock, on_end=self._keep)
        self._results: dict[str, dict[str, RunResult]] = {}  # rollout -> run -> result
        self._running: dict[str, tuple[Calling, asyncio.Task[RunRecord]]] = {}
        self._background: set[asyncio.Task[None]] = set()

    def start(self, run_id: str, spec: TestSpec | HookSpec, context: CallContext) -> None:
        """Run a test or hook, unless it runs or has run already."""
        results = self._results.setdefault(context.rollout, {})
        if run_id in results:
            return
        results[run_id] = RUNNING
        calling = Calling(record=self._record(run_id, spec, context), spec=spec, context=context)
        if context.edge in NOTICES and isinstance(spec, HookSpec):
            self._notices.send(Notice(run=calling.record, namespace=context.namespace, spec=spec.http, payload=context.facts()))
            self._in_background(self._claim_notice(calling))
            return
        task = asyncio.create_task(self._caller.carry_out(calling), name=f"run {run_id}")
        self._running[run_id] = (calling, task)
        task.add_done_callback(lambda done: self._ended(calling, done))

    def results(self, rollout_id: str) -> Mapping[str, RunResult]:
        """How a rollout's runs stand, by id; one that was not started, or is to be taken up again, is left out."""
        return dict(self._results.get(rollout_id, {}))

    async def load(self, rollout_id: str) -> None:
        """Remember from the store how a rollout's runs ended; raises StoreUnavailable.

        Tests and gate hooks that were running are left out: starting them again takes them up where they were.
        """
        results = self._results.setdefault(rollout_id, {})
        for record in await self._stores.runs.of_rollouts([rollout_id]):
            if record.finished_at is not None:
                results.setdefault(record.id, _result(record))
            elif record.edge in NOTICES:
                results.setdefault(record.id, RUNNING)

    async def resume(self) -> None:
        """Send the notices that an earlier process has not sent; raises StoreUnavailable."""
        await self._notices.resume()

    def drop(self, rollout_id: str) -> None:
        """A rollout is over: end what still runs for it and forget its results. Its notices go out."""
        for calling, task in tuple(self._running.values()):
            if calling.context.rollout == rollout_id and task.cancel():
                self._keep(self._interrupted(calling, "The rollout ended before it did."))
                self._in_background(self._caller.remove(calling))
        self._results.pop(rollout_id, None)

    def job_changed(self, job: Obj, *, gone: bool = False) -> None:
        """The caches have seen a Job with our label appear, change or go."""
        self._jobs.changed(job, gone=gone)

    async def stop(self) -> None:
        """Stop without ending anything: Jobs go on, notices stay in the outbox, requests count as interrupted."""
        await self._notices.stop()
        tasks = [*(task for _, task in self._running.values()), *self._background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _record(self, run_id: str, spec: TestSpec | HookSpec, context: CallContext) -> RunRecord:
        return RunRecord(
            id=run_id,
            rollout_id=context.rollout,
            kind=RunKind.HOOK if isinstance(spec, HookSpec) else RunKind.TEST,
            name=spec.name,
            edge=context.edge.value if context.edge else None,
            step=context.step or None,
            attempt=context.attempt,
            started_at=self._clock.now(),
        )

    def _ended(self, calling: Calling, task: asyncio.Task[RunRecord]) -> None:
        self._running.pop(calling.record.id, None)
        if task.cancelled():
            return
        record = self._record_of(calling, task)
        results = self._results.get(calling.context.rollout)
        if results is not None:
            results[record.id] = _result(record)
        self._keep(record)
        self._on_done(calling.context.key)

    def _record_of(self, calling: Calling, task: asyncio.Task[RunRecord]) -> RunRecord:
        error = task.exception()
        if error is None:
            return task.result()
        log.error("a run could not be carried out", id=calling.record.id, exc_info=error)
        return self._interrupted(calling, f"It could not be carried out: {type(error).__name__}.")

    def _interrupted(self, calling: Calling, sentence: str) -> RunRecord:
        return replace(calling.record, status=RunStatus.INTERRUPTED, detail=sentence, finished_at=self._clock.now())

    def _keep(self, record: RunRecord) -> None:
        self._in_background(self._caller.keep(record))

    async def _claim_notice(self, calling: Calling) -> None:
        """Leave a row in the journal; a notice goes out whether that works or not."""
        try:
            await self._stores.runs.claim(calling.record)
        except CanaryError as error:
            log.info("a notice is not in the journal yet", id=calling.record.id, error=error.sentence)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _result(record: RunRecord) -> RunResult:
    return RunResult(status=record.status, sentence=record.detail)
