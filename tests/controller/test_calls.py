"""Tests and hooks run once, over restarts too, and their results are known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from canary.controller.calling import RESTARTED, CallContext
from canary.controller.calls import Calls, Stores
from canary.controller.http_call import HttpCaller
from canary.controller.http_guard import Guard
from canary.controller.queue import Key
from canary.errors import Invalid, Unavailable
from canary.k8s.port import Obj
from canary.store.engine import Store, open_store
from canary.store.errors import StoreUnavailable
from canary.store.outbox import Outbox
from canary.store.runs import Claimed, RunRecord, Runs
from strategies.model import Edge, Phase, RunResult, RunStatus
from strategies.spec.calls import HookSpec, TestSpec
from tests.controller.jobs_cluster import JobsCluster
from tests.controller.receiver import Receiver, answer, receiver
from tests.controller.test_http_call import Vault

ID = "r1/2.1/test/smoke"
CONTEXT = CallContext(
    namespace="bookinfo",
    canary="reviews",
    uid="u-1",
    rollout="r1",
    revision="6d5f",
    step=2,
    attempt=1,
    weight=Decimal("12.5"),
    phase=Phase.PROGRESSING,
)
ROLLED_BACK = replace(CONTEXT, edge=Edge.ON_ROLLBACK)
TEMPLATE = {"spec": {"template": {"spec": {"containers": [{"name": "suite", "image": "suite:1"}]}}}}


class HandClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class Process:
    """A controller's calls; several of them over the same store are its restarts."""

    def __init__(self, store: Store, cluster: JobsCluster, clock: HandClock, runs: Any = None) -> None:
        self.done: asyncio.Queue[Key] = asyncio.Queue()
        self.http = HttpCaller(Vault(), Guard(loopback=True))
        stores = Stores(runs=runs or Runs(store), outbox=Outbox(store))
        self.jobs = cluster.caller()
        self.calls = Calls(stores, self.http, self.jobs, clock, self.done.put_nowait)

    async def result(self, run_id: str = ID) -> RunResult:
        """How the run ends."""
        async with asyncio.timeout(20):
            assert await self.done.get() == ("bookinfo", "reviews")
        return self.calls.results("r1")[run_id]

    async def die(self) -> None:
        await self.calls.stop()
        await self.http.close()


class World:
    def __init__(self, store: Store, there: Receiver) -> None:
        self.store, self.there = store, there
        self.cluster, self.clock = JobsCluster(), HandClock()
        self.processes: list[Process] = []

    async def process(self, runs: Any = None) -> Process:
        """A new controller; the one before it is gone."""
        if self.processes:
            await self.processes[-1].die()
        self.processes.append(Process(self.store, self.cluster, self.clock, runs))
        return self.processes[-1]

    async def row(self, run_id: str = ID) -> RunRecord:
        """The run in the journal, once its end is kept."""
        async with asyncio.timeout(20):
            while True:
                rows = {row.id: row for row in await Runs(self.store).of_rollouts(["r1"])}
                if run_id in rows and rows[run_id].finished_at is not None:
                    return rows[run_id]
                await asyncio.sleep(0)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        store = await open_store(None, tmp_path)
        stack.push_async_callback(store.close)
        world = World(store, await stack.enter_async_context(receiver()))
        yield world
        if world.processes:
            await world.processes[-1].die()


def a_test(world: World, **http: Any) -> TestSpec:
    return TestSpec.model_validate({"name": "smoke", "http": {"url": f"{world.there.url}/health"} | http})


def a_hook(world: World, when: Edge, **http: Any) -> HookSpec:
    url = {"url": f"{world.there.url}/hook", "method": "POST"}
    return HookSpec.model_validate({"name": "ticket", "when": [when], "http": url | http})


def a_job(timeout: str = "10m") -> TestSpec:
    return TestSpec.model_validate({"name": "suite", "job": {"template": TEMPLATE}, "timeout": timeout})


async def test_a_test_runs_once_and_its_result_is_known_and_kept(world: World) -> None:
    process = await world.process()
    process.calls.start(ID, a_test(world), CONTEXT)
    process.calls.start(ID, a_test(world), CONTEXT)
    assert process.calls.results("r1") == {ID: RunResult(status=RunStatus.RUNNING)}
    said = f"GET {world.there.url}/health answered 200."
    assert await process.result() == RunResult(status=RunStatus.SUCCEEDED, sentence=said)
    process.calls.start(ID, a_test(world), CONTEXT)
    row = await world.row()
    assert (row.status, row.tries, row.kind, row.name, row.step, row.detail) == ("Succeeded", 1, "test", "smoke", 2, said)
    assert len(world.there.received) == 1


async def test_a_failure_is_tried_again_as_often_as_asked(world: World) -> None:
    world.there.answers = [answer(503), answer(200)]
    process = await world.process()
    process.calls.start(ID, a_test(world, retries=1), CONTEXT)
    assert (await process.result()).status is RunStatus.SUCCEEDED
    assert (await world.row()).tries == 2


async def test_a_test_that_goes_on_failing_fails_with_its_last_answer(world: World) -> None:
    world.there.answers = [answer(503)]
    process = await world.process()
    process.calls.start(ID, a_test(world), CONTEXT)
    said = f"GET {world.there.url}/health answered 503, expected 200 to 299."
    assert await process.result() == RunResult(status=RunStatus.FAILED, sentence=said)


async def test_the_whole_run_has_a_deadline(world: World) -> None:
    world.there.gates["/health"] = asyncio.Event()
    process = await world.process()
    spec = a_test(world).model_copy(update={"timeout": timedelta(milliseconds=100)})
    process.calls.start(ID, spec, CONTEXT)
    assert await process.result() == RunResult(status=RunStatus.FAILED, sentence="It did not end within 100ms.")


async def test_what_cannot_be_sent_is_interrupted_because_it_says_nothing_about_the_version(world: World) -> None:
    process = await world.process()
    process.calls.start(ID, a_test(world, url="http://169.254.169.254/latest"), CONTEXT)
    result = await process.result()
    assert result.status is RunStatus.INTERRUPTED
    assert "169.254.169.254" in result.sentence


async def test_a_finished_run_is_not_run_again_by_the_next_process(world: World) -> None:
    first = await world.process()
    first.calls.start(ID, a_test(world), CONTEXT)
    result = await first.result()
    await world.row()
    loaded = await world.process()
    await loaded.calls.load("r1")
    assert loaded.calls.results("r1") == {ID: result}
    forgetful = await world.process()
    forgetful.calls.start(ID, a_test(world), CONTEXT)
    assert await forgetful.result() == result
    assert len(world.there.received) == 1


async def interrupted(world: World, spec: TestSpec | HookSpec, path: str) -> Process:
    """A process that was killed while its request was under way, and the next one, which has loaded."""
    world.there.gates[path] = asyncio.Event()
    process = await world.process()
    process.calls.start(ID, spec, CONTEXT)
    await world.there.arrived.get()
    following = await world.process()
    world.there.gates.pop(path).set()
    await following.calls.load("r1")
    assert following.calls.results("r1") == {}
    return following


async def test_a_get_that_a_restart_interrupted_is_made_once_more_and_not_twice(world: World) -> None:
    await interrupted(world, a_test(world), "/health")
    last = await interrupted(world, a_test(world), "/health")
    last.calls.start(ID, a_test(world), CONTEXT)
    assert await last.result() == RunResult(status=RunStatus.INTERRUPTED, sentence=RESTARTED)
    assert len(world.there.received) == 2


async def test_a_get_that_a_restart_interrupted_can_still_succeed(world: World) -> None:
    process = await interrupted(world, a_test(world), "/health")
    process.calls.start(ID, a_test(world), CONTEXT)
    assert (await process.result()).status is RunStatus.SUCCEEDED
    assert (await world.row()).tries == 2


async def test_a_post_that_a_restart_interrupted_is_left_to_a_person(world: World) -> None:
    spec = a_hook(world, Edge.BEFORE_STEP)
    process = await interrupted(world, spec, "/hook")
    process.calls.start(ID, spec, CONTEXT)
    assert await process.result() == RunResult(status=RunStatus.INTERRUPTED, sentence=RESTARTED)
    assert (await world.row()).status is RunStatus.INTERRUPTED
    assert len(world.there.received) == 1


async def test_a_post_with_a_try_left_is_tried_again(world: World) -> None:
    spec = a_hook(world, Edge.BEFORE_STEP, retries=1)
    process = await interrupted(world, spec, "/hook")
    process.calls.start(ID, spec, CONTEXT)
    assert (await process.result()).status is RunStatus.SUCCEEDED
    assert len(world.there.received) == 2


async def test_a_gate_hook_is_told_the_moment(world: World) -> None:
    process = await world.process()
    process.calls.start("r1/2.1/beforeStep/ticket", a_hook(world, Edge.BEFORE_STEP), replace(CONTEXT, edge=Edge.BEFORE_STEP))
    assert (await process.result("r1/2.1/beforeStep/ticket")).status is RunStatus.SUCCEEDED
    (got,) = world.there.received
    assert got.headers["canary-run-id"] == "r1/2.1/beforeStep/ticket"
    assert got.json == {
        "canary": "reviews",
        "namespace": "bookinfo",
        "rollout": "r1",
        "revision": "6d5f",
        "step": 2,
        "weight": 12.5,
        "phase": "Progressing",
        "edge": "beforeStep",
    }


class Flaky:
    """A store of runs that is away a few times before it answers."""

    def __init__(self, runs: Runs, away: int) -> None:
        self.runs, self.away = runs, away

    async def claim(self, run: RunRecord) -> Claimed | RunRecord:
        self._away()
        return await self.runs.claim(run)

    async def finish(self, run: RunRecord) -> RunRecord:
        self._away()
        return await self.runs.finish(run)

    def _away(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreUnavailable("the database is away")


async def test_a_run_waits_for_its_claim_until_the_store_is_back(world: World) -> None:
    process = await world.process(Flaky(Runs(world.store), away=1))
    process.calls.start(ID, a_test(world), CONTEXT)
    assert (await process.result()).status is RunStatus.SUCCEEDED
    assert (await world.row()).status is RunStatus.SUCCEEDED


async def made(world: World) -> Obj:
    async with asyncio.timeout(20):
        return await world.cluster.made.get()


async def test_a_job_is_made_and_its_end_is_heard(world: World) -> None:
    process = await world.process()
    process.calls.start(ID, a_job(), CONTEXT)
    job = await made(world)
    process.calls.job_changed(job)
    process.calls.job_changed(world.cluster.end(job, "Complete"))
    name = job["metadata"]["name"]
    assert await process.result() == RunResult(status=RunStatus.SUCCEEDED, sentence=f"Job {name} completed.")


async def test_a_job_is_adopted_by_the_next_process_even_if_it_ended_meanwhile(world: World) -> None:
    first = await world.process()
    first.calls.start(ID, a_job(), CONTEXT)
    job = await made(world)
    second = await world.process()
    second.calls.start(ID, a_job(), CONTEXT)
    world.cluster.end(job, "Failed", reason="BackoffLimitExceeded")
    third = await world.process()
    third.calls.start(ID, a_job(), CONTEXT)
    said = f"Job {job['metadata']['name']} failed (BackoffLimitExceeded)."
    assert await third.result() == RunResult(status=RunStatus.FAILED, sentence=said)
    assert world.cluster.made.empty()


async def test_a_job_survives_the_loss_of_the_database(world: World, tmp_path: Path) -> None:
    first = await world.process()
    first.calls.start(ID, a_job(), CONTEXT)
    job = await made(world)
    empty = await open_store(None, tmp_path / "new")
    second = await world.process(Runs(empty))
    second.calls.start(ID, a_job(), CONTEXT)
    second.calls.job_changed(world.cluster.end(job, "Complete"))
    world.cluster.end(job, "Complete")
    assert (await second.result()).status is RunStatus.SUCCEEDED
    assert world.cluster.made.empty()
    await second.die()
    await empty.close()


async def test_a_job_that_was_made_and_is_gone_is_not_run_again(world: World) -> None:
    first = await world.process()
    first.calls.start(ID, a_job(), CONTEXT)
    await made(world)
    async with asyncio.timeout(20):
        while not (await Runs(world.store).of_rollouts(["r1"]))[0].tries:
            await asyncio.sleep(0)
    world.cluster.jobs.clear()
    second = await world.process()
    second.calls.start(ID, a_job(), CONTEXT)
    result = await second.result()
    assert result.status is RunStatus.INTERRUPTED
    assert result.sentence.endswith("is gone, and with it how it ended.")
    assert world.cluster.made.empty()


async def test_a_deleted_job_has_failed(world: World) -> None:
    process = await world.process()
    process.calls.start(ID, a_job(), CONTEXT)
    job = await made(world)
    process.calls.job_changed(job, gone=True)
    name = job["metadata"]["name"]
    assert await process.result() == RunResult(status=RunStatus.FAILED, sentence=f"Job {name} was deleted before it ended.")


async def test_a_job_that_does_not_end_is_deleted(world: World) -> None:
    process = await world.process()
    process.calls.start(ID, a_job(timeout="1s"), CONTEXT)
    name = (await made(world))["metadata"]["name"]
    assert await process.result() == RunResult(status=RunStatus.FAILED, sentence=f"Job {name} did not end within 1s.")
    assert world.cluster.jobs == {}


async def test_a_job_that_the_cluster_refuses_is_interrupted(world: World) -> None:
    world.cluster.errors = [Unavailable("the cluster is restarting"), Invalid("The Job was refused: no image.")]
    process = await world.process()
    process.calls.start(ID, a_job(), CONTEXT)
    assert await process.result() == RunResult(status=RunStatus.INTERRUPTED, sentence="The Job was refused: no image.")


async def test_the_end_of_a_rollout_ends_its_runs(world: World) -> None:
    process = await world.process()
    process.calls.start(ID, a_job(), CONTEXT)
    name = (await made(world))["metadata"]["name"]
    process.calls.drop("r1")
    async with asyncio.timeout(20):
        assert await world.cluster.deleted.get() == name
    assert process.calls.results("r1") == {}
    assert (await world.row()).detail == "The rollout ended before it did."
    assert process.done.empty()


async def test_a_notice_goes_out_though_the_rollout_is_over_and_is_tried_again(world: World) -> None:
    world.there.answers = [answer(503), answer(200)]
    process = await world.process()
    process.calls.start("r1/2.1/onRollback/ticket", a_hook(world, Edge.ON_ROLLBACK), ROLLED_BACK)
    process.calls.drop("r1")
    row = await world.row("r1/2.1/onRollback/ticket")
    assert (row.status, row.tries, row.kind, row.edge) == ("Succeeded", 2, "hook", "onRollback")
    assert process.done.empty()


async def test_a_notice_survives_a_restart_and_is_not_sent_twice(world: World) -> None:
    id_ = "r1/2.1/onRollback/ticket"
    world.there.gates["/hook"] = asyncio.Event()
    first = await world.process()
    first.calls.start(id_, a_hook(world, Edge.ON_ROLLBACK), ROLLED_BACK)
    await world.there.arrived.get()
    await world.store.flush()
    world.there.gates.pop("/hook").set()
    second = await world.process()
    await second.calls.load("r1")
    await second.calls.resume()
    second.calls.start(id_, a_hook(world, Edge.ON_ROLLBACK), ROLLED_BACK)
    assert (await world.row(id_)).status is RunStatus.SUCCEEDED
    assert len(world.there.received) == 2  # once by each: the first was killed before it knew
    async with asyncio.timeout(20):
        while await Outbox(world.store).due(world.clock.now() + timedelta(days=999)):
            await asyncio.sleep(0)
    third = await world.process()
    await third.calls.resume()
    assert len(world.there.received) == 2


async def test_a_notice_does_not_wait_for_the_store(world: World) -> None:
    process = await world.process(Flaky(Runs(world.store), away=1))
    process.calls.start("n1", a_hook(world, Edge.ON_ROLLBACK), ROLLED_BACK)
    assert process.calls.results("r1") == {"n1": RunResult(status=RunStatus.RUNNING)}
    async with asyncio.timeout(20):
        assert (await world.there.arrived.get()).json["edge"] == "onRollback"
    assert (await world.row("n1")).status is RunStatus.SUCCEEDED
