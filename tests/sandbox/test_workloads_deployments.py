"""Deployments as a user of kubectl sees them."""

from datetime import UTC, datetime, timedelta

import pytest

from canary.sandbox.objects import Object
from canary.sandbox.resources import DEPLOYMENTS, EVENTS, PODS, REPLICA_SETS
from canary.sandbox.store import Store
from canary.sandbox.workloads.conditions import condition_of
from canary.sandbox.workloads.deployments import Deployments
from canary.sandbox.workloads.replicasets import ReplicaSets
from tests.sandbox.cluster import NAMESPACE, Cluster, a_deployment, a_template

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"


def a_version(number: int, **env: str) -> Object:
    return a_template(image=f"reviews:v{number}", **env)


def progressing(deployment: Object) -> tuple[str, str]:
    found = condition_of(deployment["status"], "Progressing")
    assert found is not None
    return found["status"], found["reason"]


def revisions(cluster: Cluster) -> dict[str, tuple[str, str]]:
    found = {}
    for each in cluster.sets():
        annotations = each["metadata"]["annotations"]
        found[each["spec"]["template"]["spec"]["containers"][0]["image"]] = annotations[REVISION], annotations.get(HISTORY, "")
    return found


async def test_a_deployment_gets_a_replica_set_and_ready_pods(cluster: Cluster) -> None:
    deployment = await cluster.deployed(a_deployment(replicas=3))
    (replica_set,) = cluster.sets()
    hashed = replica_set["metadata"]["labels"]["pod-template-hash"]
    assert replica_set["metadata"]["name"] == f"reviews-{hashed}"
    assert replica_set["spec"]["selector"] == {"matchLabels": {"app": "reviews", "pod-template-hash": hashed}}
    assert len(cluster.ready(**{"pod-template-hash": hashed})) == 3
    assert deployment["metadata"]["annotations"] == {REVISION: "1"}
    assert progressing(deployment) == ("True", "NewReplicaSetAvailable")
    assert condition_of(deployment["status"], "Available")["status"] == "True"


async def test_a_changed_template_rolls_to_a_new_replica_set(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment(template=a_version(1)))
    await cluster.deployed(a_deployment(template=a_version(2)))
    assert cluster.sizes() == {"reviews:v1": 0, "reviews:v2": 2}
    assert revisions(cluster) == {"reviews:v1": ("1", ""), "reviews:v2": ("2", "")}
    await cluster.until(lambda: len(cluster.pods_of()) == 2)


async def test_enough_pods_are_ready_at_every_moment_of_a_rollout(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment(replicas=4, template=a_version(1)))
    seen = []
    cluster.store.listen(lambda *_: seen.append((len(cluster.ready()), len(cluster.pods_of()))))
    await cluster.deployed(a_deployment(replicas=4, template=a_version(2)))
    assert min(ready for ready, _ in seen) >= 3
    assert max(total for _, total in seen) <= 5


async def test_a_template_that_changes_while_paused_rolls_nothing_out(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment(template=a_version(1)))
    cluster.change(paused=True)
    generation = cluster.change(template=a_version(2))["metadata"]["generation"]
    await cluster.until(lambda: cluster.deployment()["status"]["observedGeneration"] == generation)
    held = cluster.deployment()
    assert cluster.sizes() == {"reviews:v1": 2}
    assert (held["status"].get("updatedReplicas", 0), held["status"]["readyReplicas"]) == (0, 2)
    assert progressing(held) == ("Unknown", "DeploymentPaused")


async def test_scaling_while_paused_scales_the_active_replica_set(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment(template=a_version(1)))
    cluster.change(paused=True, template=a_version(2))
    cluster.change(replicas=4)
    await cluster.until(lambda: cluster.deployment()["status"].get("readyReplicas") == 4)
    assert cluster.sizes() == {"reviews:v1": 4}
    cluster.change(replicas=1)
    await cluster.until(lambda: len(cluster.pods_of()) == 1)
    assert cluster.sizes() == {"reviews:v1": 1}


async def test_a_held_deployment_replaces_lost_pods_with_the_old_version(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment(template=a_version(1)))
    cluster.change(paused=True, template=a_version(2))
    lost = cluster.ready()[0]["metadata"]["name"]
    cluster.store.delete(PODS, NAMESPACE, lost)
    await cluster.until(lambda: len(cluster.ready()) == 2)
    assert {each["spec"]["containers"][0]["image"] for each in cluster.ready()} == {"reviews:v1"}


async def test_a_released_hold_rolls_to_the_template_that_waited(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment(template=a_version(1)))
    cluster.change(paused=True, template=a_version(2))
    await cluster.until(lambda: progressing(cluster.deployment())[1] == "DeploymentPaused")
    cluster.change(paused=False)
    await cluster.until(cluster.rolled_out)
    assert cluster.sizes() == {"reviews:v1": 0, "reviews:v2": 2}
    assert progressing(cluster.deployment()) == ("True", "NewReplicaSetAvailable")


async def test_an_undone_change_is_a_new_revision_of_the_old_replica_set(cluster: Cluster) -> None:
    for number in (1, 2, 1):
        await cluster.deployed(a_deployment(template=a_version(number)))
    assert revisions(cluster) == {"reviews:v1": ("3", "1"), "reviews:v2": ("2", "")}
    assert cluster.deployment()["metadata"]["annotations"][REVISION] == "3"


async def test_a_newer_template_in_the_middle_supersedes_the_one_that_never_got_ready(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment(template=a_version(1)))
    cluster.change(template=a_version(2, SANDBOX_UNREADY="true"))
    await cluster.until(lambda: cluster.sizes().get("reviews:v2"))
    assert len(cluster.ready()) == 2
    await cluster.deployed(a_deployment(template=a_version(3)))
    assert cluster.sizes() == {"reviews:v1": 0, "reviews:v2": 0, "reviews:v3": 2}


async def test_scaling_up_in_the_middle_keeps_both_versions_in_proportion(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment(replicas=4, template=a_version(1)))
    cluster.change(template=a_version(2, SANDBOX_UNREADY="true"))
    await cluster.until(lambda: cluster.sizes() == {"reviews:v1": 3, "reviews:v2": 2})
    cluster.change(replicas=8)
    await cluster.until(lambda: sum(cluster.sizes().values()) == 10)
    assert cluster.sizes() == {"reviews:v1": 6, "reviews:v2": 4}


async def test_recreate_never_runs_two_versions_at_once(cluster: Cluster) -> None:
    kind = {"strategy": {"type": "Recreate"}}
    await cluster.deployed(a_deployment(template=a_version(1), **kind))
    images = []
    cluster.store.listen(lambda *_: images.append({each["spec"]["containers"][0]["image"] for each in cluster.pods_of()}))
    await cluster.deployed(a_deployment(template=a_version(2), **kind))
    assert {"reviews:v1", "reviews:v2"} not in images
    assert images[-1] == {"reviews:v2"}


async def test_the_oldest_replica_sets_beyond_the_history_go(cluster: Cluster) -> None:
    for number in (1, 2, 3, 4):
        await cluster.deployed(a_deployment(template=a_version(number), revisionHistoryLimit=1))
    await cluster.until(lambda: len(cluster.sets()) == 2)
    assert set(cluster.sizes()) == {"reviews:v3", "reviews:v4"}


async def test_a_deleted_deployment_takes_everything_along(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment())
    cluster.store.delete(DEPLOYMENTS, NAMESPACE, "reviews")
    await cluster.until(lambda: not cluster.pods_of() and not cluster.sets())


async def test_an_orphaned_replica_set_is_adopted_with_its_pods(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment())
    pods = {each["metadata"]["uid"] for each in cluster.pods_of()}
    cluster.store.delete(DEPLOYMENTS, NAMESPACE, "reviews", propagation="Orphan")
    deployment = await cluster.deployed(a_deployment())
    assert {each["metadata"]["uid"] for each in cluster.pods_of()} == pods
    assert [each["metadata"]["ownerReferences"][0]["uid"] for each in cluster.sets()] == [deployment["metadata"]["uid"]]


async def test_a_second_deployment_with_one_more_label_lives_beside_the_first(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment())
    labels = {"canary.delivery/role": "canary"}
    await cluster.deployed(a_deployment("reviews-canary", replicas=1, template=a_template(labels=labels)))
    assert (len(cluster.ready()), len(cluster.ready(**labels))) == (3, 1)
    assert cluster.rolled_out("reviews")


async def test_events_say_what_was_scaled(cluster: Cluster) -> None:
    await cluster.deployed(a_deployment())
    (name,) = [each["metadata"]["name"] for each in cluster.sets()]
    said = [each["message"] for each in cluster.store.list(EVENTS, NAMESPACE) if each["reason"] == "ScalingReplicaSet"]
    assert said == [f"Scaled up replica set {name} from 0 to 2"]


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def by_hand(clock: Clock, **spec: object) -> tuple[Store, Deployments, ReplicaSets]:
    """A deployment whose pods nobody runs, and its controllers to be called by the test."""
    store = Store(clock)
    store.create(DEPLOYMENTS, a_deployment(**spec))
    return store, Deployments(store), ReplicaSets(store)


def reconciled(store: Store, deployments: Deployments, sets: ReplicaSets) -> tuple[Object, float | None]:
    deployments.reconcile(NAMESPACE, "reviews")
    again = [sets.reconcile(NAMESPACE, each["metadata"]["name"]) for each in store.list(REPLICA_SETS, NAMESPACE)]
    waits = [each for each in (*again, deployments.reconcile(NAMESPACE, "reviews")) if each is not None]
    return store.get(DEPLOYMENTS, NAMESPACE, "reviews"), min(waits, default=None)


def test_a_rollout_that_gets_nowhere_runs_out_of_time() -> None:
    clock = Clock()
    parts = by_hand(clock, progressDeadlineSeconds=60)
    deployment, again = reconciled(*parts)
    assert (progressing(deployment), again) == (("True", "ReplicaSetUpdated"), 61)
    clock.pass_by(59)
    assert progressing(reconciled(*parts)[0]) == ("True", "ReplicaSetUpdated")
    clock.pass_by(1)
    deployment, again = reconciled(*parts)
    assert (progressing(deployment), again) == (("False", "ProgressDeadlineExceeded"), None)


def test_no_clock_runs_while_paused() -> None:
    clock = Clock()
    store, deployments, sets = by_hand(clock, progressDeadlineSeconds=60)
    reconciled(store, deployments, sets)
    store.mutate(DEPLOYMENTS, NAMESPACE, "reviews", lambda each: each["spec"].update(paused=True))
    clock.pass_by(30)
    assert reconciled(store, deployments, sets)[1] is None
    clock.pass_by(300)
    store.mutate(DEPLOYMENTS, NAMESPACE, "reviews", lambda each: each["spec"].update(paused=False))
    assert progressing(reconciled(store, deployments, sets)[0]) == ("Unknown", "DeploymentResumed")


def test_pods_are_available_only_after_they_were_ready_for_long_enough() -> None:
    clock = Clock()
    store, deployments, sets = by_hand(clock, minReadySeconds=10)
    reconciled(store, deployments, sets)
    ready = {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": store.now()}]}
    for pod in store.list(PODS):
        store.mutate(PODS, NAMESPACE, pod["metadata"]["name"], lambda each: each.update(status=ready), status=True)
    clock.pass_by(4)
    deployment, again = reconciled(store, deployments, sets)
    assert (deployment["status"]["readyReplicas"], deployment["status"].get("availableReplicas"), again) == (2, None, 6)
    clock.pass_by(6)
    assert reconciled(store, deployments, sets)[0]["status"]["availableReplicas"] == 2


@pytest.mark.parametrize("broken", [{"selector": {"matchExpressions": [{"key": "a", "operator": "Near"}]}}, {"template": None}])
async def test_an_object_that_makes_no_sense_harms_no_other(cluster: Cluster, broken: Object) -> None:
    odd = a_deployment("odd")
    odd["spec"].update(broken)
    cluster.store.create(DEPLOYMENTS, odd)
    assert await cluster.deployed(a_deployment())
