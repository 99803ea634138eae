"""A test that is a Kubernetes Job: one Job per run, by a name that the run's id decides, so that a restart finds it again.

Nothing is polled: the caches' watch brings every change of a Job that carries our label, and `changed` passes it on.
"""

import asyncio
import copy
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from canary.errors import AlreadyExists, NotFound
from canary.k8s.names import CANARY_LABEL
from canary.k8s.port import Obj, Propagation
from canary.k8s.resources import CANARY, JOB, Resource

RUN_ANNOTATION = f"{CANARY.group}/run"
KEEP_FOR = timedelta(hours=1)
LONGEST_LABEL = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnd:
    """How a Job ended, in one sentence."""

    good: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOrder:
    """A Job to be run once. `template` is a batch/v1 JobTemplateSpec, `facts` become environment variables of its containers."""

    run_id: str
    canary: str
    namespace: str
    uid: str
    name: str
    template: Mapping[str, Any]
    timeout: timedelta
    facts: Mapping[str, str]

    @property
    def job(self) -> str:
        """The Job's name: the test's, with a digest of the run's id."""
        digest = hashlib.sha256(f"{self.uid}/{self.run_id}".encode()).hexdigest()[:12]
        stem = re.sub(r"[^a-z0-9-]+", "-", f"{self.canary}-{self.name}".lower())[: LONGEST_LABEL - 13].strip("-")
        return f"{stem}-{digest}"


class JobsApi(Protocol):
    """What running Jobs needs of a cluster."""

    async def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> Obj:
        """Read one object; raises NotFound."""
        ...

    async def create(self, resource: Resource, obj: Obj) -> Obj:
        """Create it; raises AlreadyExists."""
        ...

    async def delete(
        self, resource: Resource, name: str, *, namespace: str | None = None, propagation: Propagation = Propagation.BACKGROUND
    ) -> bool:
        """Ask for deletion; False when there was nothing to delete."""
        ...


class JobCaller:
    """Makes Jobs and waits for their ends."""

    def __init__(self, api: JobsApi) -> None:
        self._api = api
        self._waiting: dict[tuple[str, str], asyncio.Future[JobEnd]] = {}

    def changed(self, job: Obj, *, gone: bool = False) -> None:
        """The caches have seen a Job appear, change or go."""
        key = (job["metadata"]["namespace"], job["metadata"]["name"])
        end = ended(job) or (JobEnd(good=False, sentence=f"Job {key[1]} was deleted before it ended.") if gone else None)
        waiting = self._waiting.get(key)
        if end is not None and waiting is not None and not waiting.done():
            waiting.set_result(end)

    async def make(self, order: JobOrder) -> bool:
        """Make the Job, or find the one that was made before; False when that is gone. Raises the types of `canary.errors`."""
        self._expect(order)
        try:
            self.changed(await self._api.create(JOB, render_job(order)))
        except AlreadyExists:  # a try of ours whose answer was lost, or a process before this one
            return await self.find(order)
        return True

    async def find(self, order: JobOrder) -> bool:
        """Is the Job that was made before still there?"""
        self._expect(order)
        try:
            self.changed(await self._api.get(JOB, order.job, namespace=order.namespace))
        except NotFound:
            return False
        return True

    async def end(self, order: JobOrder) -> JobEnd:
        """Wait for the end of a Job that was made or found."""
        return await self._expect(order)

    async def remove(self, order: JobOrder) -> None:
        """Delete the Job and its pods, if it is there."""
        await self._api.delete(JOB, order.job, namespace=order.namespace, propagation=Propagation.BACKGROUND)

    def forget(self, order: JobOrder) -> None:
        """Nobody waits for this Job any more."""
        self._waiting.pop((order.namespace, order.job), None)

    def _expect(self, order: JobOrder) -> asyncio.Future[JobEnd]:
        key = (order.namespace, order.job)
        return self._waiting.setdefault(key, asyncio.get_running_loop().create_future())


def ended(job: Obj) -> JobEnd | None:
    """The end that the Job's conditions tell; None while it runs."""
    name = job["metadata"]["name"]
    for condition in job.get("status", {}).get("conditions") or ():
        if condition.get("status") != "True":
            continue
        if condition["type"] == "Complete":
            return JobEnd(good=True, sentence=f"Job {name} completed.")
        if condition["type"] == "Failed":
            said = ": ".join(word for word in (condition.get("reason"), condition.get("message")) if word)
            return JobEnd(good=False, sentence=f"Job {name} failed ({said})." if said else f"Job {name} failed.")
    return None


def render_job(order: JobOrder) -> Obj:
    """The Job as it is made: the user's template, with our label, our owner reference, an end and a time to go."""
    template = copy.deepcopy(dict(order.template))
    meta, spec = template.get("metadata") or {}, template["spec"]
    spec.setdefault("ttlSecondsAfterFinished", int(KEEP_FOR.total_seconds()))
    spec.setdefault("activeDeadlineSeconds", max(1, round(order.timeout.total_seconds())))
    pod = spec["template"]["spec"]
    pod.setdefault("restartPolicy", "Never")
    for container in pod.get("containers", ()):
        container["env"] = _with_facts(container.get("env") or (), order.facts)
    return {
        "apiVersion": JOB.api_version,
        "kind": JOB.kind,
        "metadata": {
            "name": order.job,
            "namespace": order.namespace,
            "labels": {**(meta.get("labels") or {}), CANARY_LABEL: order.canary},
            "annotations": {**(meta.get("annotations") or {}), RUN_ANNOTATION: order.run_id},
            "ownerReferences": [_owner(order)],
        },
        "spec": spec,
    }


def _owner(order: JobOrder) -> Obj:
    return {"apiVersion": CANARY.api_version, "kind": CANARY.kind, "name": order.canary, "uid": order.uid, "controller": True}


def _with_facts(own: Any, facts: Mapping[str, str]) -> list[Any]:
    """The container's own variables win over ours."""
    names = {entry.get("name") for entry in own}
    return [*own, *({"name": name, "value": value} for name, value in facts.items() if name not in names)]
