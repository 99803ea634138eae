import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from canary.store.models import RunKind
from canary.store.runs import Claimed, RunRecord, Runs
from strategies.model import RunStatus

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_run(**changes):
    run = RunRecord(id="r1/2/1/smoke", rollout_id="r1", kind=RunKind.TEST, name="smoke", step=2, attempt=1, started_at=NOON)
    return replace(run, **changes)


def finished(**changes):
    return a_run(**{"status": RunStatus.SUCCEEDED, "tries": 1, "finished_at": NOON + MINUTE, "detail": "200"} | changes)


async def test_a_run_is_claimed_once(store):
    runs = Runs(store)
    assert Claimed(run=a_run()) == await runs.claim(a_run())
    assert a_run() == await runs.claim(a_run(started_at=NOON + MINUTE))


async def test_of_many_who_claim_at_once_one_gets_it(opened):
    everybody = [Runs(await opened()) for _ in range(2)] * 5
    answers = await asyncio.gather(*(runs.claim(a_run(detail=str(number))) for number, runs in enumerate(everybody)))
    claimed = [answer for answer in answers if isinstance(answer, Claimed)]
    assert len(claimed) == 1
    assert [claimed[0].run] * 9 == [answer for answer in answers if isinstance(answer, RunRecord)]


async def test_the_first_result_stands(store):
    runs = Runs(store)
    await runs.claim(a_run())
    assert finished() == await runs.finish(finished())
    assert finished() == await runs.finish(finished(status=RunStatus.FAILED, detail="too late"))
    assert finished() == await runs.claim(a_run())


async def test_a_result_is_kept_although_the_claim_was_lost_with_the_database(store):
    runs = Runs(store)
    assert finished() == await runs.finish(finished())
    assert (finished(),) == await runs.of_rollouts(["r1"])


async def test_what_a_dead_process_left_running_is_interrupted_and_may_still_end(store):
    runs = Runs(store)
    hook = a_run(id="hook", kind=RunKind.HOOK, edge="beforeStep", started_at=NOON - MINUTE)
    for run in (a_run(), hook, a_run(id="later", started_at=NOON + MINUTE)):
        await runs.claim(run)
    await runs.claim(a_run(id="done"))
    await runs.finish(finished(id="done"))
    left = tuple(replace(run, status=RunStatus.INTERRUPTED) for run in (hook, a_run()))
    assert left == await runs.interrupted(NOON + MINUTE)
    assert await runs.interrupted(NOON + MINUTE) == ()
    assert finished() == await runs.finish(finished())  # a Job goes on without us


async def test_the_runs_of_a_rollout_are_listed_in_the_order_of_their_start(store):
    runs = Runs(store)
    for run in (a_run(id="b", started_at=NOON + MINUTE), a_run(id="a"), a_run(id="x", rollout_id="r2")):
        await runs.claim(run)
    assert (a_run(id="a"), a_run(id="b", started_at=NOON + MINUTE)) == await runs.of_rollouts(["r1"])
