"""The client, the reflector and the followers against a real kube-apiserver."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest

from canary.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound, NotServed
from canary.k8s.cache import Change, ChangeType
from canary.k8s.client import Client, connect
from canary.k8s.follow import Followers, Target
from canary.k8s.port import Obj
from canary.k8s.reflector import Reflector
from canary.k8s.resources import CONFIG_MAP, NAMESPACE, SELF_SUBJECT_ACCESS_REVIEW, SERVICE, Resource, traffic_split
from canary.k8s.selection import Selection
from tests.lab.controlplane import ControlPlane

pytestmark = pytest.mark.lab

OURS = {"canary.delivery/canary": "cart"}
SERVICE_SPEC = {"ports": [{"port": 80}], "selector": {"app": "cart"}}


@pytest.fixture
async def cluster(control_plane_apiserver: ControlPlane) -> AsyncIterator[Client]:
    async with await connect(str(control_plane_apiserver.kubeconfig)) as client:
        yield client


@pytest.fixture
async def namespace(cluster: Client) -> str:
    made = await cluster.create(NAMESPACE, {"metadata": {"generateName": "k8s-client-"}})
    return str(made["metadata"]["name"])


def an_object(namespace: str, name: str, **fields: object) -> Obj:
    return {"metadata": {"name": name, "namespace": namespace, "labels": OURS}, **fields}


async def test_apply_owns_what_it_names_and_leaves_the_rest(cluster: Client, namespace: str) -> None:
    await cluster.create(CONFIG_MAP, an_object(namespace, "a", data={"theirs": "1"}))
    await cluster.apply(CONFIG_MAP, an_object(namespace, "a", data={"ours": "1", "old": "1"}))
    await cluster.apply(CONFIG_MAP, an_object(namespace, "a", data={"ours": "2"}))
    got = await cluster.get(CONFIG_MAP, "a", namespace=namespace)
    assert got["data"] == {"theirs": "1", "ours": "2"}


async def test_patches(cluster: Client, namespace: str) -> None:
    await cluster.create(CONFIG_MAP, an_object(namespace, "a", data={"x": "1", "y": "1"}))
    await cluster.merge_patch(CONFIG_MAP, "a", {"data": {"x": None}}, namespace=namespace)
    await cluster.json_patch(CONFIG_MAP, "a", [{"op": "add", "path": "/data/z", "value": "1"}], namespace=namespace)
    assert (await cluster.get(CONFIG_MAP, "a", namespace=namespace))["data"] == {"y": "1", "z": "1"}


async def test_a_stale_write_is_a_conflict(cluster: Client, namespace: str) -> None:
    made = await cluster.create(CONFIG_MAP, an_object(namespace, "a"))
    stale = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}, "data": {"x": "1"}}
    await cluster.merge_patch(CONFIG_MAP, "a", stale, namespace=namespace)
    with pytest.raises(Conflict):
        await cluster.merge_patch(CONFIG_MAP, "a", stale | {"data": {"x": "2"}}, namespace=namespace)
    with pytest.raises(Conflict):
        await cluster.delete(CONFIG_MAP, "a", namespace=namespace, uid="another")


async def test_a_failed_test_operation_is_invalid(cluster: Client, namespace: str) -> None:
    await cluster.create(CONFIG_MAP, an_object(namespace, "a", data={"x": "1"}))
    with pytest.raises(Invalid):
        await cluster.json_patch(CONFIG_MAP, "a", [{"op": "test", "path": "/data/x", "value": "2"}], namespace=namespace)


async def test_sentences(cluster: Client, namespace: str) -> None:
    await cluster.create(SERVICE, an_object(namespace, "cart", spec=SERVICE_SPEC))
    with pytest.raises(AlreadyExists, match=f"^Service {namespace}/cart exists already\\.$"):
        await cluster.create(SERVICE, an_object(namespace, "cart", spec=SERVICE_SPEC))
    with pytest.raises(NotFound, match=f"^Service {namespace}/till does not exist\\.$"):
        await cluster.get(SERVICE, "till", namespace=namespace)
    with pytest.raises(NotFound, match=r'^Cannot create Service nowhere/cart: namespaces "nowhere" not found\.$'):
        await cluster.create(SERVICE, an_object("nowhere", "cart", spec=SERVICE_SPEC))
    with pytest.raises(NotServed, match="the cluster serves no such kind of object"):
        await cluster.list(traffic_split("v1beta9"))
    with pytest.raises(NotServed, match="the cluster serves no such kind of object"):
        await cluster.get(Resource(group="apps", version="v1", plural="canoes", kind="Canoe"), "a", namespace=namespace)
    with pytest.raises(Invalid, match=r"spec\.ports\[0\]\.port: Invalid value") as caught:
        await cluster.merge_patch(SERVICE, "cart", {"spec": {"ports": [{"port": 0}]}}, namespace=namespace)
    assert caught.value.causes[0].field == "spec.ports[0].port"


async def test_what_a_restricted_user_may_not_do(control_plane_apiserver: ControlPlane, namespace: str) -> None:
    async with await connect(str(control_plane_apiserver.restricted_kubeconfig)) as client:
        with pytest.raises(Forbidden, match=r"cannot patch resource"):
            await client.merge_patch(SERVICE, "cart", {}, namespace=namespace)
        asked = {"resourceAttributes": {"namespace": namespace, "verb": "patch", "resource": "services"}}
        review = await client.create(SELF_SUBJECT_ACCESS_REVIEW, {"spec": asked})
        assert review["status"]["allowed"] is False


async def test_discovery(cluster: Client) -> None:
    assert set((await cluster.discover("split.smi-spec.io")).versions) == {"v1alpha1", "v1alpha2"}
    assert (await cluster.discover("nobody.knows")).versions == ()


async def test_pages(cluster: Client, namespace: str) -> None:
    for number in range(5):
        await cluster.create(CONFIG_MAP, an_object(namespace, f"c{number}"))
    selector = "canary.delivery/canary=cart"
    pages = [page async for page in cluster.pages(CONFIG_MAP, namespace=namespace, labels=selector, page_size=2)]
    assert [len(page.items) for page in pages] == [2, 2, 1]


async def test_a_watch_ends_when_it_was_told_to(cluster: Client, namespace: str) -> None:
    listed = await cluster.list(CONFIG_MAP, namespace=namespace)
    made = await cluster.create(CONFIG_MAP, an_object(namespace, "a"))
    async with cluster.watch(
        CONFIG_MAP, namespace=namespace, resource_version=listed.resource_version, timeout=timedelta(seconds=1)
    ) as events:
        seen = [event async for event in events]
    assert seen[0].object["metadata"]["uid"] == made["metadata"]["uid"]


async def test_a_reflector_follows_objects_with_our_label(cluster: Client, namespace: str) -> None:
    told: asyncio.Queue[Change] = asyncio.Queue()
    selection = Selection(resource=CONFIG_MAP, namespace=namespace, labels={"canary.delivery/canary": None})
    await cluster.create(CONFIG_MAP, an_object(namespace, "before"))
    reflector = Reflector(cluster, selection, told.put_nowait)
    running = asyncio.create_task(reflector.run())
    await cluster.create(CONFIG_MAP, {"metadata": {"name": "unlabelled", "namespace": namespace}})
    await cluster.create(CONFIG_MAP, an_object(namespace, "after"))
    await cluster.merge_patch(CONFIG_MAP, "before", {"data": {"x": "1"}}, namespace=namespace)
    await cluster.merge_patch(CONFIG_MAP, "after", {"metadata": {"labels": None}}, namespace=namespace)
    seen: list[tuple[ChangeType, str]] = []
    async with asyncio.timeout(20):
        while (ChangeType.DELETED, "after") not in seen:
            change = await told.get()
            seen.append((change.type, change.key[1]))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert [obj["metadata"]["name"] for obj in reflector.cache] == ["before"]
    assert all("managedFields" not in obj["metadata"] for obj in reflector.cache)
    assert {name for _, name in seen} == {"before", "after"}


async def test_an_answer_is_learned_once(cluster: Client, namespace: str) -> None:
    told: asyncio.Queue[Change] = asyncio.Queue()
    reflector = Reflector(cluster, Selection(resource=CONFIG_MAP, namespace=namespace, labels=OURS), told.put_nowait)
    running = asyncio.create_task(reflector.run())
    await reflector.synced.wait()
    reflector.learn(await cluster.create(CONFIG_MAP, an_object(namespace, "a")))
    await cluster.create(CONFIG_MAP, an_object(namespace, "b"))
    async with asyncio.timeout(20):
        names = [(await told.get()).key[1] for _ in range(2)]
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert names == ["a", "b"]


async def test_waiting_for_an_object_to_appear(cluster: Client, namespace: str) -> None:
    woken: asyncio.Queue[object] = asyncio.Queue()
    followers = Followers(cluster, woken.put_nowait)
    target = Target(resource=SERVICE, namespace=namespace, name="cart")
    reflector = followers.follow(target, holder="me")
    async with asyncio.timeout(20):
        assert (await woken.get(), reflector.synced.is_set(), followers.get(target)) == ("me", True, None)
        await cluster.create(SERVICE, an_object(namespace, "cart", spec=SERVICE_SPEC))
        await woken.get()
    assert followers.get(target) is not None
    await followers.close()
