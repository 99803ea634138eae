"""Jobs: pods that run to an end, tried again up to the back-off limit."""

from collections.abc import Iterable, Sequence

from canary.sandbox.objects import Object, is_deleting, name_of, namespace_of, uid_of
from canary.sandbox.resources import JOBS, PODS, Resource
from canary.sandbox.store import Store
from canary.sandbox.watches import Event
from canary.sandbox.workloads.conditions import condition_of, seconds_between
from canary.sandbox.workloads.controllers import Key
from canary.sandbox.workloads.notes import Notes
from canary.sandbox.workloads.owners import claimed, controller_of
from canary.sandbox.workloads.readiness import is_active, is_ready
from canary.sandbox.workloads.templates import pod_from

DEFAULT_BACKOFF_LIMIT = 6


class Jobs:
    resource = JOBS

    def __init__(self, store: Store) -> None:
        self._store = store
        self._notes = Notes(store, "job-controller")

    def concerned(self, resource: Resource, event: Event) -> Iterable[Key]:
        if resource == JOBS:
            yield namespace_of(event.object), name_of(event.object)
        elif resource == PODS:
            owner = controller_of(event.object)
            if owner and owner["kind"] == "Job":
                yield namespace_of(event.object), owner["name"]

    def reconcile(self, namespace: str, name: str) -> float | None:
        job = self._store.get(JOBS, namespace, name)
        if job is None or is_deleting(job):
            return None
        ended = _end_of(job)
        if ended is not None:
            return self._expire(job, ended)
        if "selector" not in job["spec"]:
            job = self._store.mutate(JOBS, namespace, name, _own_selector)
        pods = claimed(self._store, PODS, job)
        verdict = self._verdict(job, pods)
        active = [each for each in pods if is_active(each)]
        if verdict is not None or job["spec"].get("suspend"):
            for each in active:
                self._store.delete(PODS, namespace, name_of(each))
        else:
            self._start(job, pods, active)
        return self._report(job, verdict)

    def _start(self, job: Object, pods: Sequence[Object], active: Sequence[Object]) -> None:
        left = (job["spec"].get("completions") or 1) - _count(pods, "Succeeded")
        missing = min(job["spec"].get("parallelism", 1), left) - len(active)
        for _ in range(max(0, missing)):
            made = self._store.create(PODS, pod_from(job["spec"]["template"], job, name_of(job)))
            self._notes.say(job, "SuccessfulCreate", f"Created pod: {name_of(made)}")

    def _verdict(self, job: Object, pods: Sequence[Object]) -> tuple[str, str, str] | None:
        """How the job ended: condition, reason, message; None while it runs."""
        if _count(pods, "Succeeded") >= (job["spec"].get("completions") or 1):
            return "Complete", "CompletionsReached", "Reached expected number of succeeded pods"
        if _failures(pods) > job["spec"].get("backoffLimit", DEFAULT_BACKOFF_LIMIT):
            return "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        if self._seconds_left(job) == 0:
            return "Failed", "DeadlineExceeded", "Job was active longer than specified deadline"
        return None

    def _seconds_left(self, job: Object) -> float | None:
        deadline = job["spec"].get("activeDeadlineSeconds")
        start = (job.get("status") or {}).get("startTime")
        if deadline is None or start is None:
            return None
        return max(0.0, float(deadline) - seconds_between(start, self._store.now()))

    def _report(self, job: Object, verdict: tuple[str, str, str] | None) -> float | None:
        namespace, name, now = namespace_of(job), name_of(job), self._store.now()
        pods = claimed(self._store, PODS, job)
        active = [each for each in pods if is_active(each)]
        status: Object = {
            "startTime": (job.get("status") or {}).get("startTime") or now,
            "active": len(active),
            "ready": sum(map(is_ready, active)),
            "succeeded": _count(pods, "Succeeded"),
            "failed": _count(pods, "Failed"),
            "terminating": 0,
            "uncountedTerminatedPods": {},
        }
        status = {key: value for key, value in status.items() if value or key in {"ready", "terminating"}}
        if verdict is not None:
            status |= _ending(verdict, now)
            self._notes.say(
                job, "Completed" if verdict[0] == "Complete" else verdict[1], verdict[2], warning=verdict[0] == "Failed"
            )
        written = self._store.mutate(JOBS, namespace, name, lambda each: each.update(status=status), status=True)
        return self._seconds_left(written)

    def _expire(self, job: Object, ended: str) -> float | None:
        """Delete a job that ended long enough ago, when it asks for that."""
        keep = job["spec"].get("ttlSecondsAfterFinished")
        if keep is None:
            return None
        left = keep - seconds_between(ended, self._store.now())
        if left > 0:
            return float(left)
        self._store.delete(JOBS, namespace_of(job), name_of(job))
        return None


def _ending(verdict: tuple[str, str, str], now: str) -> Object:
    """The conditions of a job that is over: first the one that decided it, then the one that people wait for."""
    kind, reason, message = verdict
    said = {"status": "True", "reason": reason, "message": message, "lastProbeTime": now, "lastTransitionTime": now}
    first = "SuccessCriteriaMet" if kind == "Complete" else "FailureTarget"
    done = {"completionTime": now} if kind == "Complete" else {}
    return {"conditions": [{"type": first, **said}, {"type": kind, **said}], **done}


def _end_of(job: Object) -> str | None:
    for kind in ("Complete", "Failed"):
        found = condition_of(job.get("status") or {}, kind)
        if found is not None and found["status"] == "True":
            return str(found["lastTransitionTime"])
    return None


def _own_selector(job: Object) -> None:
    """Jobs select by their own uid, so that no two ever share a pod."""
    labels = {"batch.kubernetes.io/controller-uid": uid_of(job)}
    named = {**labels, "batch.kubernetes.io/job-name": name_of(job), "controller-uid": uid_of(job), "job-name": name_of(job)}
    job["spec"]["selector"] = {"matchLabels": labels}
    job["spec"]["template"].setdefault("metadata", {}).setdefault("labels", {}).update(named)


def _count(pods: Sequence[Object], phase: str) -> int:
    return sum((each.get("status") or {}).get("phase") == phase for each in pods)


def _failures(pods: Sequence[Object]) -> int:
    """Failed pods, and restarts inside the others (restartPolicy OnFailure)."""
    restarts: list[int] = [
        each.get("restartCount", 0) for pod in pods for each in (pod.get("status") or {}).get("containerStatuses") or []
    ]
    return _count(pods, "Failed") + sum(restarts)
