from datetime import UTC, datetime, timedelta
from decimal import Decimal

from analysis.verdict import Verdict
from canary.store.evidence import Evidence, JudgeState, Measurement
from canary.store.journal import CommandRecord, DecisionRecord, Journal, RolloutRecord
from canary.store.models import RunKind
from canary.store.outbox import Message, Outbox
from canary.store.retention import prune
from canary.store.runs import RunRecord, Runs
from strategies.model import Phase

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WHERE = {"namespace": "bookinfo", "canary": "reviews"}


async def a_rollout_of(day, store, *, number, ended=True):
    """Everything that a rollout of that day leaves behind."""
    name = f"r{number}"
    journal, evidence = Journal(store), Evidence(store)
    ended_at = day if ended else None
    journal.rollout(
        RolloutRecord(id=name, number=number, revision="6f7c", image="reviews:v3", started_at=day, ended_at=ended_at, **WHERE)
    )
    phase = Phase.PROGRESSING
    journal.decided(
        DecisionRecord(rollout_id=name, at=day, phase=phase, weight=Decimal(5), reason=name, sentence="Goes on.", **WHERE)
    )
    journal.command(CommandRecord(id=name, verb="pause", who="ada", why="", received_at=day, **WHERE))
    counts = {"stable_bad": 0, "stable_total": 1, "canary_bad": 0, "canary_total": 1}
    found = Measurement(rollout_id=name, metric="errors", at=day, verdict=Verdict.PASS, evidence=None, sentence="Fine.", **counts)
    evidence.save([JudgeState(rollout_id=name, metric="errors", state={}, updated_at=day)], [found])
    outbox = Outbox(store)
    outbox.add(Message(id=name, kind="webhook", payload={}, due_at=day))
    await store.flush()
    await Runs(store).claim(RunRecord(id=name, rollout_id=name, kind=RunKind.TEST, name="smoke", attempt=1, started_at=day))
    if ended:
        await outbox.done(name, day)


EVERYTHING = {"measurements": 1, "decisions": 1, "commands": 1, "outbox": 1, "evidence": 1, "runs": 1, "rollouts": 1}


async def test_what_is_old_goes_and_what_is_not_stays(store):
    await a_rollout_of(NOON - 100 * DAY, store, number=1)
    await a_rollout_of(NOON - 10 * DAY, store, number=2)
    assert await prune(store, NOON - 90 * DAY) == EVERYTHING
    assert dict.fromkeys(EVERYTHING, 0) == await prune(store, NOON - 90 * DAY)
    assert [rollout.number for rollout in await Journal(store).rollouts("bookinfo", "reviews")] == [2]
    assert await prune(store, NOON) == EVERYTHING


async def test_a_rollout_that_has_not_ended_keeps_what_it_needs(store):
    await a_rollout_of(NOON - 100 * DAY, store, number=1, ended=False)
    kept = {"outbox", "evidence", "runs", "rollouts"}
    assert {name: int(name not in kept) for name in EVERYTHING} == await prune(store, NOON)
    assert len(await Evidence(store).load(["r1"])) == 1
    assert len(await Runs(store).of_rollouts(["r1"])) == 1


async def test_a_lot_goes_in_several_bites(store):
    journal = Journal(store)
    for second in range(2500):
        at = NOON + timedelta(seconds=second)
        journal.decided(DecisionRecord(at=at, phase=Phase.IDLE, reason="Waiting", sentence="Waits.", **WHERE))
    await store.flush()
    assert (await prune(store, NOON + timedelta(seconds=2400)))["decisions"] == 2400
    assert len(await journal.decisions("bookinfo", "reviews", limit=1000)) == 100
