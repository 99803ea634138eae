"""EndpointSlices: who is behind a Service, and on which port."""

from canary.sandbox.objects import Object
from canary.sandbox.resources import ENDPOINT_SLICES, PODS, SERVICES
from tests.sandbox.cluster import NAMESPACE, Cluster, a_deployment, a_service, a_template


def slices(cluster: Cluster, service: str = "reviews") -> list[Object]:
    return cluster.store.list(ENDPOINT_SLICES, NAMESPACE, {"kubernetes.io/service-name": service})


def conditions(cluster: Cluster) -> list[bool]:
    return [each["conditions"]["ready"] for piece in slices(cluster) for each in piece["endpoints"]]


def ports(cluster: Cluster) -> list[list[tuple[str, int]]]:
    return sorted([(port["name"], port["port"]) for port in each["ports"]] for each in slices(cluster))


async def test_a_slice_names_the_ready_pods_and_inherits_the_labels(cluster: Cluster) -> None:
    cluster.serve(a_service())
    await cluster.deployed(a_deployment())
    await cluster.until(lambda: conditions(cluster) == [True, True])
    (found,) = slices(cluster)
    assert found["metadata"]["labels"]["team"] == "books"
    assert found["metadata"]["ownerReferences"][0]["name"] == "reviews"
    pods = {each["metadata"]["name"]: each["status"]["podIP"] for each in cluster.pods_of()}
    assert {each["targetRef"]["name"]: each["addresses"][0] for each in found["endpoints"]} == pods
    assert ports(cluster) == [[("http", 9080)]]


async def test_a_service_without_pods_has_an_empty_slice(cluster: Cluster) -> None:
    cluster.serve(a_service())
    (found,) = await cluster.until(lambda: slices(cluster))
    assert found["endpoints"] == []


async def test_pods_that_are_not_ready_are_listed_as_such(cluster: Cluster) -> None:
    cluster.serve(a_service())
    cluster.store.create(PODS, {"metadata": {"name": "alone", "namespace": NAMESPACE, "labels": {"app": "reviews"}}, **unready()})
    await cluster.until(lambda: conditions(cluster) == [False])


def unready() -> Object:
    return {"spec": a_template(SANDBOX_UNREADY="true")["spec"]}


async def test_pods_leave_the_slice_when_they_are_deleted(cluster: Cluster) -> None:
    cluster.serve(a_service())
    await cluster.deployed(a_deployment())
    await cluster.until(lambda: conditions(cluster) == [True, True])
    cluster.change(replicas=0)
    await cluster.until(lambda: conditions(cluster) == [])


async def test_a_relabelled_service_relabels_its_slices(cluster: Cluster) -> None:
    cluster.serve(a_service())
    await cluster.until(lambda: slices(cluster))
    cluster.store.mutate(SERVICES, NAMESPACE, "reviews", lambda each: each["metadata"].update(labels={"team": "films"}))
    await cluster.until(lambda: slices(cluster)[0]["metadata"]["labels"]["team"] == "films")


async def test_a_narrowed_selector_takes_pods_out(cluster: Cluster) -> None:
    cluster.serve(a_service())
    await cluster.deployed(a_deployment())
    await cluster.until(lambda: len(conditions(cluster)) == 2)
    narrow = {"app": "reviews", "version": "v9"}
    cluster.store.mutate(SERVICES, NAMESPACE, "reviews", lambda each: each["spec"].update(selector=narrow))
    await cluster.until(lambda: conditions(cluster) == [])


async def test_a_port_name_may_mean_another_number_on_each_pod(cluster: Cluster) -> None:
    cluster.serve(a_service())
    await cluster.deployed(a_deployment())
    template = a_template(labels={"role": "canary"})
    template["spec"]["containers"][0]["ports"] = [{"name": "http", "containerPort": 9081}]
    await cluster.deployed(a_deployment("reviews-canary", template=template))
    await cluster.until(lambda: conditions(cluster) == [True] * 4)
    assert ports(cluster) == [[("http", 9080)], [("http", 9081)]]


async def test_slices_go_with_their_service_and_come_back_when_deleted_alone(cluster: Cluster) -> None:
    cluster.serve(a_service())
    (found,) = await cluster.until(lambda: slices(cluster))
    cluster.store.delete(ENDPOINT_SLICES, NAMESPACE, found["metadata"]["name"])
    await cluster.until(lambda: slices(cluster))
    cluster.store.delete(SERVICES, NAMESPACE, "reviews")
    await cluster.until(lambda: not slices(cluster))


async def test_a_service_without_a_selector_is_left_to_its_owner(cluster: Cluster) -> None:
    cluster.serve(a_service("external", selector={}), a_service())
    await cluster.until(lambda: slices(cluster))
    assert slices(cluster, "external") == []
