"""A cluster that knows only Jobs: keeps them, and lets a test end them the way the Job controller would."""

import asyncio
from typing import Any

from canary.controller.job_call import JobCaller
from canary.errors import AlreadyExists, CanaryError, NotFound
from canary.k8s.port import Obj, Propagation
from canary.k8s.resources import Resource


class JobsCluster:
    def __init__(self) -> None:
        self.jobs: dict[tuple[str, str], Obj] = {}
        self.errors: list[CanaryError] = []
        self.made: asyncio.Queue[Obj] = asyncio.Queue()
        self.deleted: asyncio.Queue[str] = asyncio.Queue()

    async def get(self, _: Resource, name: str, *, namespace: str | None = None) -> Obj:
        self._fail()
        try:
            return self.jobs[namespace or "", name]
        except KeyError:
            raise NotFound(f"There is no Job {namespace}/{name}.") from None

    async def create(self, _: Resource, obj: Obj) -> Obj:
        self._fail()
        key = (obj["metadata"]["namespace"], obj["metadata"]["name"])
        if key in self.jobs:
            raise AlreadyExists(f"There is a Job {key[0]}/{key[1]}.")
        self.jobs[key] = obj
        self.made.put_nowait(obj)
        return obj

    async def delete(
        self, _: Resource, name: str, *, namespace: str | None = None, propagation: Propagation = Propagation.BACKGROUND
    ) -> bool:
        self.deleted.put_nowait(name)
        return self.jobs.pop((namespace or "", name), None) is not None

    def end(self, job: Obj, condition: str, **more: Any) -> Obj:
        ended = job | {"status": {"conditions": [{"type": condition, "status": "True"} | more]}}
        self.jobs[job["metadata"]["namespace"], job["metadata"]["name"]] = ended
        return ended

    def caller(self) -> JobCaller:
        return JobCaller(self)

    def _fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
