"""Time: at which moment which key is looked at again, and what happens at intervals.

A job does nothing but call a function that returns at once (it enqueues a key): the queue removes doubles and remembers what
comes in during a turn, so no wake-up is lost. Jobs live in memory only; after a restart every key is looked at anyway.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.debug import DebugExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from canary.controller.queue import Key

# A job that is due late is still run (once), however late: the default drops what is more than a second late. Its callable runs
# in the loop itself (the executor's name notwithstanding): the default hands a plain function to a thread.
_JOBS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}


class Schedule:
    """Calls `enqueue` with a key when its time has come; times are wall-clock times."""

    def __init__(self, enqueue: Callable[[Key], None]) -> None:
        self._enqueue = enqueue
        self._jobs = AsyncIOScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": DebugExecutor()},
            job_defaults=_JOBS,
            timezone=UTC,
        )

    def start(self) -> None:
        """Begin to run jobs; must be called in the loop. Jobs that were added before wait until now."""
        self._jobs.start()

    async def stop(self) -> None:
        """Forget all jobs. Drain the queue first: a stopped schedule enqueues nothing."""
        self._jobs.shutdown(wait=False)
        await asyncio.sleep(0)  # the scheduler shuts down in a callback of its own

    def wake(self, key: Key, at: datetime) -> None:
        """Enqueue `key` once, at `at` or as soon as possible after it; an earlier time that was asked for before stays."""
        pending = self.waking(key)
        if pending is None or at < pending:
            self._add(_wake_id(key), DateTrigger(at), self._ring, key)

    def waking(self, key: Key) -> datetime | None:
        """When `key` will be enqueued, None when nothing is planned."""
        job = self._jobs.get_job(_wake_id(key))
        return None if job is None else job.trigger.run_date

    def cancel(self, key: Key) -> None:
        """Forget the pending wake-up of `key`, if there is one."""
        self._remove(_wake_id(key))

    def every(self, name: str, interval: timedelta, tick: Callable[[], None], *, jitter: timedelta = timedelta(0)) -> None:
        """Call `tick` once per interval, first after one interval; the same name again replaces the job.

        Each time comes later by up to `jitter`, so that many jobs of the same interval don't come together.
        """
        trigger = IntervalTrigger(seconds=interval.total_seconds(), jitter=jitter.total_seconds() or None, timezone=UTC)
        self._add(f"every/{name}", trigger, tick)

    def cancel_every(self, name: str) -> None:
        """Forget an interval job, if there is one."""
        self._remove(f"every/{name}")

    def _ring(self, key: Key) -> None:
        # In a callback of its own: the scheduler removes this job after it has run, and would remove a newer one of the same key.
        asyncio.get_running_loop().call_soon(self._enqueue, key)

    def _add(self, job_id: str, trigger: DateTrigger | IntervalTrigger, function: Callable[..., None], *args: Key) -> None:
        self._remove(job_id)  # `replace_existing` does not see jobs that were added before the start
        self._jobs.add_job(function, trigger, args=args, id=job_id)

    def _remove(self, job_id: str) -> None:
        if self._jobs.get_job(job_id) is not None:
            self._jobs.remove_job(job_id)


def _wake_id(key: Key) -> str:
    return f"wake/{key[0]}/{key[1]}"
