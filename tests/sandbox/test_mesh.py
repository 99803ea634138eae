"""The mesh splits real requests as Linkerd's proxy would."""

import asyncio
from collections import Counter
from collections.abc import Iterable

import httpx
import pytest

from canary.sandbox.mesh.splits import TRAFFIC_SPLITS
from canary.sandbox.metrics.counters import Series
from canary.sandbox.objects import Object
from canary.sandbox.resources import EVENTS, PODS, SERVICES
from tests.sandbox.cluster import NAMESPACE, Cluster, a_deployment, a_service, a_split, a_template


async def two_versions(cluster: Cluster, stable: int = 2, canary: int = 1, **env: str) -> None:
    """`reviews` over a stable and a canary version, each with its leaf; no split."""
    cluster.serve(a_service(), a_service("reviews-stable", {"version": "v1"}), a_service("reviews-canary", {"version": "v2"}))
    await cluster.deployed(a_deployment("stable", stable, a_template(labels={"version": "v1"})))
    await cluster.deployed(a_deployment("canary", canary, a_template(labels={"version": "v2"}, **env)))
    await cluster.until(lambda: len(cluster.mesh.routes._pods.get((NAMESPACE, "reviews"), ())) == stable + canary)


async def versions(cluster: Cluster, requests: int = 60, host: str = "reviews.bookinfo") -> Counter[str]:
    answers = [await cluster.ask(host) for _ in range(requests)]
    return Counter(each.json()["version"] if each.status_code == 200 else str(each.status_code) for each in answers)


def counted(series: Iterable[Series], name: str, *labels: str) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for identity, value in series:
        named = dict(identity)
        if named["__name__"] == name:
            found[tuple(named.get(each, "") for each in labels)] += int(value)
    return found


async def test_without_a_split_requests_go_by_pods(cluster: Cluster) -> None:
    await two_versions(cluster)
    found = await versions(cluster, 90)
    assert found["v1"] + found["v2"] == 90
    assert 15 <= found["v2"] <= 50


async def test_with_a_split_requests_go_by_weight_whatever_the_pods(cluster: Cluster) -> None:
    await two_versions(cluster, stable=1, canary=3)
    cluster.split(stable=90, canary=10)
    found = await versions(cluster, 200)
    assert found["v1"] + found["v2"] == 200
    assert 5 <= found["v2"] <= 45


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"stable": 1, "canary": 0}, {"v1": 20}),
        ({"stable": 0, "canary": "500m"}, {"v2": 20}),
        ({"stable": 100}, {"v1": 20}),
        ({"stable": 50, "nosuch": 50}, {"v1": 20}),
    ],
)
async def test_leaves_that_have_no_weight_or_no_service_get_nothing(
    cluster: Cluster, weights: Object, expected: dict[str, int]
) -> None:
    await two_versions(cluster)
    cluster.split(**weights)
    assert await versions(cluster, 20) == expected


async def test_all_zero_weights_send_everything_to_the_apex(cluster: Cluster) -> None:
    await two_versions(cluster)
    cluster.split(stable=0, canary=0)
    assert set(await versions(cluster, 60)) == {"v1", "v2"}


async def test_a_leaf_without_ready_pods_is_skipped(cluster: Cluster) -> None:
    await two_versions(cluster)
    cluster.split(stable=1, canary=99)
    assert "v2" in await versions(cluster, 20)
    cluster.change("canary", replicas=0)
    await cluster.until(lambda: not cluster.pods_of(version="v2"))
    assert await versions(cluster, 20) == {"v1": 20}


async def test_nobody_answers_when_no_leaf_can_and_the_apex_is_not_asked(cluster: Cluster) -> None:
    await two_versions(cluster)
    cluster.split(canary=1)
    cluster.change("canary", replicas=0)
    await cluster.until(lambda: not cluster.pods_of(version="v2"))
    answer = await cluster.ask()
    assert (answer.status_code, answer.text) == (503, "no leaf of reviews (reviews-canary) has a ready endpoint.\n")


async def test_a_weight_counts_from_the_very_next_request(cluster: Cluster) -> None:
    await two_versions(cluster)
    for weight, expected in [(0, {"v1": 10}), (100, {"v2": 10}), (0, {"v1": 10})]:
        cluster.split(stable=100 - weight, canary=weight)
        assert await versions(cluster, 10) == expected


async def test_a_leaf_can_be_asked_by_its_own_name(cluster: Cluster) -> None:
    await two_versions(cluster)
    cluster.split(stable=100, canary=0)
    assert await versions(cluster, 5, "reviews-canary.bookinfo.svc.cluster.local:9080") == {"v2": 5}


async def test_an_apex_may_be_its_own_leaf(cluster: Cluster) -> None:
    await two_versions(cluster)
    split = {"service": "reviews-stable", "backends": [{"service": "reviews-stable", "weight": 1}]}
    cluster.store.create(TRAFFIC_SPLITS, {"metadata": {"name": "self", "namespace": NAMESPACE}, "spec": split})
    assert await versions(cluster, 5, "reviews-stable.bookinfo") == {"v1": 5}


async def test_a_deleted_split_leaves_the_apex(cluster: Cluster) -> None:
    await two_versions(cluster)
    cluster.split(stable=100, canary=0)
    cluster.store.delete(TRAFFIC_SPLITS, NAMESPACE, "reviews")
    assert set(await versions(cluster, 60)) == {"v1", "v2"}


async def test_of_two_splits_of_one_apex_the_last_written_counts(cluster: Cluster) -> None:
    await two_versions(cluster)
    cluster.split(stable=100, canary=0)
    cluster.store.create(TRAFFIC_SPLITS, a_split(name="other", stable=0, canary=1))
    assert await versions(cluster, 10) == {"v2": 10}


async def test_a_split_that_cannot_be_read_leaves_the_last_one_in_force_and_says_so(cluster: Cluster) -> None:
    await two_versions(cluster)
    cluster.split(stable=100, canary=0)
    cluster.split(stable="abc", canary=100)
    assert await versions(cluster, 10) == {"v1": 10}
    (said,) = [each["message"] for each in cluster.store.list(EVENTS) if each["reason"] == "NotInForce"]
    assert said == "The split is not in force: weight 'abc' is no quantity."


async def test_matches_are_ignored_out_loud(cluster: Cluster) -> None:
    await two_versions(cluster)
    split = a_split(stable=0, canary=1)
    split["spec"]["matches"] = [{"kind": "HTTPRouteGroup", "name": "ab"}]
    cluster.store.create(TRAFFIC_SPLITS, split)
    assert await versions(cluster, 5) == {"v2": 5}
    assert [each["reason"] for each in cluster.store.list(EVENTS) if each["involvedObject"]["kind"] == "TrafficSplit"]


async def test_a_leaf_without_the_port_of_the_apex_gets_nothing(cluster: Cluster) -> None:
    await two_versions(cluster)
    cluster.split(stable=50, canary=50)
    other = [{"name": "http", "port": 80, "targetPort": "http"}]
    cluster.store.mutate(SERVICES, NAMESPACE, "reviews-canary", lambda each: each["spec"].update(ports=other))
    assert await versions(cluster, 20, "reviews.bookinfo:9080") == {"v1": 20}


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("nosuch.bookinfo", "there is no service nosuch in namespace bookinfo."),
        ("reviews.bookinfo:1", "service reviews in namespace bookinfo has no port 1."),
        ("reviews.bookinfo", "service reviews in namespace bookinfo has no ready endpoint."),
    ],
)
async def test_who_cannot_be_reached_is_said_in_a_sentence(cluster: Cluster, host: str, sentence: str) -> None:
    cluster.serve(a_service())
    answer = await cluster.ask(host)
    assert (answer.status_code, answer.text.strip()) == (503, sentence)


async def test_a_request_that_names_no_service_is_told_how(cluster: Cluster) -> None:
    answer = await cluster.http.get(f"{cluster.mesh_url}/")
    assert (answer.status_code, "Host: reviews.bookinfo" in answer.text) == (404, True)


async def test_the_mesh_is_an_http_proxy_for_clients_that_know_cluster_names(cluster: Cluster) -> None:
    await two_versions(cluster)
    async with httpx.AsyncClient(proxy=cluster.mesh_url, trust_env=False) as client:
        answer = await client.get("http://reviews-canary.bookinfo:9080/health")
        refused = await client.get("http://reviews-canary.bookinfo/health")
    assert (answer.status_code, answer.headers["x-mesh-leaf"]) == (200, "reviews-canary")
    assert (refused.status_code, refused.text.strip()) == (503, "service reviews-canary in namespace bookinfo has no port 80.")


async def test_every_method_and_body_passes(cluster: Cluster) -> None:
    await two_versions(cluster)
    url = f"{cluster.mesh_url}/mesh/bookinfo/reviews"
    posted = await cluster.http.post(url, json={"a": "b" * 70_000})
    head = await cluster.http.head(url)
    assert (posted.status_code, posted.json()["service"]) == (200, "reviews")
    assert (head.status_code, head.content, int(head.headers["content-length"]) > 0) == (200, b"", True)


async def test_many_at_once_all_get_an_answer(cluster: Cluster) -> None:
    await two_versions(cluster, SANDBOX_LATENCY="5ms")
    cluster.split(stable=50, canary=50)
    answers = await asyncio.gather(*(cluster.ask() for _ in range(80)))
    assert [each.status_code for each in answers] == [200] * 80
    assert not cluster.mesh.routes.under_way


async def test_pods_going_away_under_load_cost_no_request(cluster: Cluster) -> None:
    await two_versions(cluster, stable=3)
    statuses = []

    async def keep_asking() -> None:
        while len(statuses) < 200:
            statuses.append((await cluster.ask()).status_code)

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(keep_asking())
        for each in cluster.ready(version="v1")[:2]:
            cluster.store.delete(PODS, NAMESPACE, each["metadata"]["name"])
        cluster.change("canary", replicas=0)
    assert set(statuses) == {200}


async def test_what_happened_is_counted_per_leaf_and_pod_in_linkerds_words(cluster: Cluster) -> None:
    await two_versions(cluster, SANDBOX_ERRORS="100%")
    cluster.split(stable=50, canary=50)
    await asyncio.gather(*(cluster.ask() for _ in range(40)))
    labels = ("direction", "namespace", "dst_namespace", "dst_service", "classification", "status_code")
    found = counted(cluster.mesh.counts.series(), "response_total", *labels)
    common = ("outbound", "bookinfo", "bookinfo")
    assert set(found) == {(*common, "reviews-stable", "success", "200"), (*common, "reviews-canary", "failure", "500")}
    assert sum(found.values()) == 40
    assert counted(cluster.mesh.counts.series(), "response_latency_ms_count", "direction") == {("outbound",): 40}
    pods = counted(cluster.mesh.counts.series(), "response_total", "dst_pod")
    assert {name for (name,) in pods} <= {each["metadata"]["name"] for each in cluster.pods_of()}


async def test_requests_that_nobody_answers_are_failures_of_the_leaf(cluster: Cluster) -> None:
    cluster.serve(a_service())
    await cluster.ask()
    found = counted(cluster.mesh.counts.series(), "response_total", "dst_service", "classification", "status_code", "dst_pod")
    assert found == {("reviews", "failure", "503", ""): 1}


async def test_counts_of_a_pod_go_with_it(cluster: Cluster) -> None:
    await two_versions(cluster)
    cluster.split(stable=0, canary=1)
    await cluster.ask()
    assert counted(cluster.mesh.counts.series(), "response_total", "dst_service") == {("reviews-canary",): 1}
    cluster.change("canary", replicas=0)
    await cluster.until(lambda: not cluster.pods_of(version="v2"))
    assert not counted(cluster.mesh.counts.series(), "response_total", "dst_service")
