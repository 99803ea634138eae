"""The CRD on API servers: what is refused there, what is filled in, what may change when."""

import secrets
from typing import Any

import pytest

from canary.api.status import state_of, status_of
from canary.errors import Invalid
from canary.k8s.client import Client
from canary.k8s.resources import CANARY
from tests.api.bad_input import BAD, Bad, a_canary, metric, steps
from tests.api.bad_providers import BAD_PROVIDERS
from tests.api.reports import a_full_report

ALL = BAD | BAD_PROVIDERS
_REFUSED = {name: bad for name, bad in ALL.items() if bad.server}
_PAIR = {"stable": "reviews-v2", "canary": "reviews-v3"}


def a_name() -> str:
    return f"c-{secrets.token_hex(6)}"


async def refusal(cluster: Client, obj: dict[str, Any]) -> str:
    with pytest.raises(Invalid) as refused:
        await cluster.create(CANARY, obj)
    return refused.value.sentence


async def created(cluster: Client, **changes: Any) -> dict[str, Any]:
    return await cluster.create(CANARY, a_canary(a_name(), **changes))


async def with_status(cluster: Client, name: str, **status: Any) -> dict[str, Any]:
    return await cluster.patch_status(CANARY, name, {"status": status}, namespace="default")


async def with_spec(cluster: Client, name: str, **spec: Any) -> dict[str, Any]:
    return await cluster.merge_patch(CANARY, name, {"spec": spec}, namespace="default")


async def test_bad_input_is_refused_at_apply(cluster: Client):
    accepted = []
    for name, bad in _REFUSED.items():
        try:
            await cluster.create(CANARY, a_canary(bad.name if bad.name != "reviews" else a_name(), **bad.change))
        except Invalid:
            continue
        accepted.append(name)
    assert accepted == []


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ("both target and versions", "give exactly one of target, versions"),
        ("no service for a mesh", "give service: the router splits the traffic of a Service"),
        ("steps that fall", "the weights of steps must rise: give each step more than the one before"),
        ("steps that repeat", "the weights of steps must rise"),
        ("a step too fine", "is finer than traffic can be split: write at most three decimals"),
        ("an unknown test", "names a test that is not in tests: add it there, or remove it from the step"),
        ("a test without a kind", "give exactly one of http, job"),
        ("a metric without a kind", "give exactly one of builtin, counts, value"),
        (
            "a value without a threshold",
            "a value needs a threshold or rank: add threshold with min, max or both, or rank with a direction",
        ),
        ("linear with too many steps", "that makes more than 50 steps: raise by"),
        ("requests that nobody counts", "so none are counted: add a metric, or remove minRequests"),
        ("name too long", "metadata.name has more than 52 characters: shorten it"),
    ],
)
async def test_a_rule_names_the_remedy(cluster: Client, bad: str, sentence: str):
    case: Bad = ALL[bad]
    assert sentence in await refusal(cluster, a_canary(case.name, **case.change))


async def test_what_is_excused_is_accepted(cluster: Client):
    for bad in ALL.values():
        if not bad.server:
            await created(cluster, **bad.change)


async def test_the_smallest_resource_stays_small(cluster: Client):
    stored = await created(cluster)
    assert stored["spec"] == {
        "target": {"deployment": "reviews"},
        "service": {"name": "reviews", "port": 9080},
        "traffic": {"router": "smi", "drain": "30s", "keep": False},
        "suspend": False,
    }


async def test_defaults_are_filled_in_where_something_is_said(cluster: Client):
    stored = await created(
        cluster,
        strategy=steps({"weight": 0.007}, {"weight": 8.2}, {"weight": 33.333, "hold": "1h30m"}, {"weight": 100}),
        scale={"canary": 3},
        analysis=metric(builtin="slow-share", above="0.25s", worse={}),
    )
    first, _, third, _ = stored["spec"]["strategy"]["progressive"]["steps"]
    assert first == {"weight": 0.007, "hold": "1m", "approval": False}
    assert third == {"weight": 33.333, "hold": "1h30m", "approval": False}
    assert stored["spec"]["scale"] == {"canary": 3, "ready": "100%", "deadline": "10m"}
    assert stored["spec"]["analysis"]["metrics"] == [
        {"name": "m", "builtin": "slow-share", "above": "0.25s", "worse": {"ratio": 1.1, "margin": "0.002%"}}
    ]


async def test_an_empty_list_of_metrics_stays_on_purpose(cluster: Client):
    assert (await created(cluster, analysis={"metrics": []}))["spec"]["analysis"]["metrics"] == []


async def test_the_target_stays(cluster: Client):
    name = (await created(cluster))["metadata"]["name"]
    with pytest.raises(Invalid, match=r"target\.deployment can't change: delete this Canary"):
        await with_spec(cluster, name, target={"deployment": "ratings"})
    with pytest.raises(Invalid, match="target and versions can't take each other's place"):
        await with_spec(cluster, name, target=None, versions=_PAIR)


async def test_the_next_pair_of_versions_may_come(cluster: Client):
    name = (await created(cluster, target=None, versions=_PAIR))["metadata"]["name"]
    pair = {"stable": "reviews-v3", "canary": "reviews-v4"}
    assert pair == (await with_spec(cluster, name, versions=pair))["spec"]["versions"]


async def test_the_route_stays_while_a_rollout_is_under_way(cluster: Client):
    name = (await created(cluster))["metadata"]["name"]
    other = {"name": "ratings", "port": 80}
    await with_status(cluster, name, phase="Progressing")
    with pytest.raises(Invalid, match=r"can't change while a rollout is under way: wait for its end, or roll it back first"):
        await with_spec(cluster, name, service=other)
    assert (await with_spec(cluster, name, suspend=True))["spec"]["suspend"]
    await with_status(cluster, name, phase="RolledBack")
    assert other == (await with_spec(cluster, name, service=other))["spec"]["service"]


async def test_an_older_leader_cannot_write(cluster: Client):
    name = (await created(cluster))["metadata"]["name"]
    await with_status(cluster, name, leaderEpoch=7, phase="Idle")
    with pytest.raises(Invalid, match="a controller that is no longer the leader has tried to write"):
        await with_status(cluster, name, leaderEpoch=6, phase="Promoted")
    with pytest.raises(Invalid, match="no longer the leader"):
        await with_status(cluster, name, leaderEpoch=None)
    assert (await with_status(cluster, name, leaderEpoch=7, phase="Promoted"))["status"]["phase"] == "Promoted"
    assert (await with_status(cluster, name, leaderEpoch=9))["status"]["leaderEpoch"] == 9


async def test_a_whole_status_is_kept_as_it_is_written(cluster: Client):
    name = (await created(cluster))["metadata"]["name"]
    status = status_of(a_full_report())
    stored = await cluster.patch_status(CANARY, name, {"status": status}, namespace="default")
    assert stored["status"] == status
    assert state_of(stored["status"]) == a_full_report().decision.state
