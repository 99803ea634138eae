"""Pods are real servers, and live as their environment says."""

import asyncio

import httpx
import pytest

from canary.sandbox.objects import Object
from canary.sandbox.pods.life import ADDRESS
from canary.sandbox.resources import EVENTS, PODS
from tests.sandbox.cluster import NAMESPACE, Cluster, a_template


def a_pod(name: str = "reviews-1", image: str = "registry:5000/reviews:v1", labels: dict | None = None, **env: str) -> Object:
    template = a_template(image=image, labels=labels, **env)
    return {"metadata": {"name": name, "namespace": NAMESPACE, **template["metadata"]}, "spec": template["spec"]}


async def ready(cluster: Cluster, **more: str) -> Object:
    cluster.store.create(PODS, a_pod(**more))
    return (await cluster.until(cluster.ready))[0]


def state(cluster: Cluster) -> Object:
    pod = cluster.store.get(PODS, NAMESPACE, "reviews-1")
    return (pod.get("status") or {}).get("containerStatuses", [{}])[0]


async def test_a_ready_pod_answers_with_who_it_is(cluster: Cluster) -> None:
    pod = await ready(cluster)
    answer = await cluster.direct(pod)
    assert (answer.status_code, answer.json()) == (200, {"service": "reviews", "version": "v1", "pod": "reviews-1"})
    assert pod["metadata"]["annotations"][ADDRESS] == "{}:{}".format(*cluster.pods.address(NAMESPACE, "reviews-1"))
    assert (pod["status"]["phase"], pod["status"]["podIP"], pod["spec"]["nodeName"]) == ("Running", "10.244.0.2", "sandbox")


async def test_the_version_label_comes_before_the_tag(cluster: Cluster) -> None:
    pod = await ready(cluster, labels={"version": "blue"})
    assert (await cluster.direct(pod)).json()["version"] == "blue"


async def test_a_pod_runs_before_it_is_ready(cluster: Cluster) -> None:
    phases = []
    cluster.store.listen(lambda _, event: phases.append((event.object.get("status") or {}).get("phase")))
    pod = await ready(cluster, SANDBOX_START="1ms")
    kinds = {each["type"]: each["status"] for each in pod["status"]["conditions"]}
    assert phases.count("Running") == 2
    assert kinds == {"PodScheduled": "True", "Initialized": "True", "ContainersReady": "True", "Ready": "True"}


async def test_a_share_of_answers_is_an_error(cluster: Cluster) -> None:
    pod = await ready(cluster, SANDBOX_ERRORS="50%")
    answers = [(await cluster.direct(pod)).status_code for _ in range(60)]
    assert set(answers) == {200, 500}
    assert 10 < answers.count(500) < 50


async def test_health_is_apart_from_errors(cluster: Cluster) -> None:
    pod = await ready(cluster, SANDBOX_ERRORS="100%")
    assert ((await cluster.direct(pod, "/health")).status_code, (await cluster.direct(pod)).status_code) == (200, 500)


async def test_health_fails_on_demand(cluster: Cluster) -> None:
    pod = await ready(cluster, SANDBOX_HEALTH="failing")
    assert ((await cluster.direct(pod, "/health")).status_code, (await cluster.direct(pod)).status_code) == (500, 200)


async def test_a_pod_counts_what_it_answers_and_exposes_it(cluster: Cluster) -> None:
    pod = await ready(cluster)
    for _ in range(3):
        await cluster.direct(pod)
    lines = (await cluster.direct(pod, "/metrics")).text.splitlines()
    assert 'http_requests_total{code="200",namespace="bookinfo",pod="reviews-1"} 3' in lines
    assert 'http_request_duration_seconds_bucket{le="+Inf",namespace="bookinfo",pod="reviews-1"} 3' in lines
    assert "# TYPE http_request_duration_seconds histogram" in lines


async def test_a_crashing_pod_backs_off_and_is_never_ready(cluster: Cluster) -> None:
    never_ready = []
    cluster.store.listen(lambda *_: never_ready.append(not cluster.ready()))
    cluster.store.create(PODS, a_pod(SANDBOX_CRASH="true"))
    await cluster.until(lambda: state(cluster).get("restartCount") == 2)
    await cluster.until(lambda: "waiting" in state(cluster)["state"])
    assert state(cluster)["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert state(cluster)["lastState"]["terminated"]["exitCode"] == 1
    assert all(never_ready)


async def test_an_unready_pod_runs_and_says_why(cluster: Cluster) -> None:
    cluster.store.create(PODS, a_pod(SANDBOX_UNREADY="true"))
    events = await cluster.until(lambda: [each for each in cluster.store.list(EVENTS) if each["reason"] == "Unhealthy"])
    assert events[0]["message"] == "Readiness probe failed: SANDBOX_UNREADY is true"
    assert (state(cluster)["ready"], "running" in state(cluster)["state"]) == (False, True)


async def test_an_unknown_variable_keeps_the_pod_from_starting_and_says_so(cluster: Cluster) -> None:
    cluster.store.create(PODS, a_pod(SANDBOX_CRSH="true"))
    waiting = await cluster.until(lambda: state(cluster).get("state", {}).get("waiting"))
    assert waiting["reason"] == "CreateContainerConfigError"
    assert waiting["message"].startswith("SANDBOX_CRSH is unknown")
    assert cluster.pods.address(NAMESPACE, "reviews-1") is None
    assert [each["type"] for each in cluster.store.list(EVENTS)] == ["Warning"]


async def test_a_deleted_pod_finishes_what_it_was_asked_and_then_is_gone(cluster: Cluster) -> None:
    pod = await ready(cluster, SANDBOX_LATENCY="100ms")
    address = cluster.pods.address(NAMESPACE, "reviews-1")
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(cluster.direct(pod))
        await cluster.until(lambda: cluster.pods._lives)
        while not any(life._server._busy for life, _ in cluster.pods._lives.values()):
            await asyncio.sleep(0)
        cluster.store.delete(PODS, NAMESPACE, "reviews-1")
        assert cluster.pods.address(NAMESPACE, "reviews-1") is None
    assert asked.result().status_code == 200
    with pytest.raises(httpx.ConnectError):
        await cluster.http.get("http://{}:{}/".format(*address))


async def test_every_pod_has_an_address_of_its_own(cluster: Cluster) -> None:
    for number in range(5):
        cluster.store.create(PODS, a_pod(f"reviews-{number}"))
    pods = await cluster.until(lambda: len(cluster.ready()) == 5 and cluster.ready())
    assert len({each["status"]["podIP"] for each in pods}) == 5
    assert len({each["metadata"]["annotations"][ADDRESS] for each in pods}) == 5
