"""Jobs run to an end, good or bad."""

from datetime import UTC, datetime, timedelta
from typing import Any

from canary.sandbox.objects import Object
from canary.sandbox.resources import JOBS, PODS
from canary.sandbox.store import Store
from canary.sandbox.workloads.conditions import condition_of
from canary.sandbox.workloads.jobs import Jobs
from tests.sandbox.cluster import NAMESPACE, Cluster, a_template


def a_job(template: Object | None = None, policy: str = "Never", **spec: Any) -> Object:
    template = template or a_template("suite")
    template["spec"]["restartPolicy"] = policy
    return {"metadata": {"name": "suite", "namespace": NAMESPACE}, "spec": {"template": template, **spec}}


def crashing() -> Object:
    return a_template("suite", SANDBOX_CRASH="true")


def ending(cluster: Cluster) -> Object | None:
    """The status of the job once it is over."""
    status = (cluster.store.get(JOBS, NAMESPACE, "suite") or {}).get("status") or {}
    over = any(condition_of(status, kind) for kind in ("Complete", "Failed"))
    return status if over else None


async def test_a_job_completes_when_its_pod_exits_well(cluster: Cluster) -> None:
    cluster.store.create(JOBS, a_job())
    status = await cluster.until(lambda: ending(cluster))
    assert condition_of(status, "Complete")["status"] == "True"
    assert (status["succeeded"], status.get("active"), "completionTime" in status) == (1, None, True)
    assert [each["status"]["phase"] for each in cluster.pods_of()] == ["Succeeded"]


async def test_a_job_fails_after_its_last_try(cluster: Cluster) -> None:
    cluster.store.create(JOBS, a_job(crashing(), backoffLimit=2))
    status = await cluster.until(lambda: ending(cluster))
    assert condition_of(status, "Failed")["reason"] == "BackoffLimitExceeded"
    assert (status["failed"], len(cluster.pods_of())) == (3, 3)


async def test_a_pod_of_a_job_may_be_restarted_in_place(cluster: Cluster) -> None:
    cluster.store.create(JOBS, a_job(crashing(), policy="OnFailure", backoffLimit=1))
    status = await cluster.until(lambda: ending(cluster))
    assert condition_of(status, "Failed")["reason"] == "BackoffLimitExceeded"
    await cluster.until(lambda: not cluster.pods_of())


async def test_several_completions_run_as_many_pods_at_a_time_as_allowed(cluster: Cluster) -> None:
    at_once = []
    cluster.store.listen(
        lambda *_: at_once.append(sum(each["status"]["phase"] in {"Pending", "Running"} for each in cluster.pods_of()))
    )
    cluster.store.create(JOBS, a_job(completions=5, parallelism=2))
    status = await cluster.until(lambda: ending(cluster))
    assert (status["succeeded"], max(at_once)) == (5, 2)


async def test_a_deleted_job_takes_its_pods_along(cluster: Cluster) -> None:
    cluster.store.create(JOBS, a_job())
    await cluster.until(lambda: ending(cluster))
    cluster.store.delete(JOBS, NAMESPACE, "suite")
    await cluster.until(lambda: not cluster.pods_of())


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_a_job_that_takes_too_long_fails_and_its_pod_goes() -> None:
    clock = Clock()
    store = Store(clock)
    jobs = Jobs(store)
    store.create(JOBS, a_job(activeDeadlineSeconds=30))
    assert jobs.reconcile(NAMESPACE, "suite") == 30
    assert len(store.list(PODS)) == 1
    clock.now += timedelta(seconds=30)
    jobs.reconcile(NAMESPACE, "suite")
    assert condition_of(store.get(JOBS, NAMESPACE, "suite")["status"], "Failed")["reason"] == "DeadlineExceeded"
    assert store.list(PODS) == []


def test_a_finished_job_goes_when_its_time_to_live_is_over() -> None:
    clock = Clock()
    store = Store(clock)
    jobs = Jobs(store)
    store.create(JOBS, a_job(ttlSecondsAfterFinished=60))
    jobs.reconcile(NAMESPACE, "suite")
    (pod,) = store.list(PODS)
    done = {"phase": "Succeeded"}
    store.mutate(PODS, NAMESPACE, pod["metadata"]["name"], lambda each: each.update(status=done), status=True)
    jobs.reconcile(NAMESPACE, "suite")
    clock.now += timedelta(seconds=20)
    assert jobs.reconcile(NAMESPACE, "suite") == 40
    clock.now += timedelta(seconds=40)
    jobs.reconcile(NAMESPACE, "suite")
    assert store.list(JOBS) == []
