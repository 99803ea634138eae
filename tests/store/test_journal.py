import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from canary.store.journal import CommandRecord, DecisionRecord, Journal, RolloutRecord
from strategies.model import Phase

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_decision(**changes):
    decision = DecisionRecord(
        namespace="bookinfo",
        canary="reviews",
        at=NOON,
        phase=Phase.PROGRESSING,
        reason="StepLive",
        sentence="25 % of requests go to reviews-canary — “v3”.",
        rollout_id="r1",
        step=2,
        weight=Decimal("25.125"),
        actor="ada",
        detail={"waits": ["hold"], "for": {"seconds": 60}},
    )
    return replace(decision, **changes)


def a_rollout(**changes):
    rollout = RolloutRecord(
        id="r1",
        namespace="bookinfo",
        canary="reviews",
        number=1,
        revision="6f7c",
        image="reviews:v3",
        started_at=NOON,
        stable_revision="1a2b",
        plan={"steps": [{"weight": "5"}]},
    )
    return replace(rollout, **changes)


def a_command(**changes):
    command = CommandRecord(
        id="c1", namespace="bookinfo", canary="reviews", verb="rollback", who="ada", why="looks slow", received_at=NOON
    )
    return replace(command, **changes)


async def test_a_decision_is_told_as_it_was_recorded(store):
    journal = Journal(store)
    journal.decided(a_decision())
    await store.flush()
    assert (a_decision(),) == await journal.decisions("bookinfo", "reviews")


async def test_a_decision_outside_a_rollout_has_no_step_or_weight(store):
    bare = DecisionRecord(namespace="bookinfo", canary="reviews", at=NOON, phase=Phase.IDLE, reason="Waiting", sentence="Waits.")
    journal = Journal(store)
    journal.decided(bare)
    await store.flush()
    assert (bare,) == await journal.decisions("bookinfo", "reviews")


async def test_history_is_a_canarys_own_newest_first_and_as_long_as_asked(store):
    journal = Journal(store)
    for number in range(5):
        journal.decided(a_decision(at=NOON + number * MINUTE, reason=f"R{number}"))
    journal.decided(a_decision(canary="ratings"))
    journal.decided(a_decision(namespace="shop"))
    await store.flush()
    assert [decision.reason for decision in await journal.decisions("bookinfo", "reviews", limit=3)] == ["R4", "R3", "R2"]


async def test_decisions_of_one_instant_keep_their_order(store):
    journal = Journal(store)
    for number in range(300):
        journal.decided(a_decision(reason=f"R{number}"))
    await store.flush()
    told = await journal.decisions("bookinfo", "reviews", limit=1000)
    assert [f"R{number}" for number in range(300)] == [decision.reason for decision in reversed(told)]


async def test_a_rollout_is_one_row_that_ends(store):
    journal = Journal(store)
    journal.rollout(a_rollout())
    await store.flush()
    assert (a_rollout(),) == await journal.rollouts("bookinfo", "reviews")
    ended = a_rollout(
        ended_at=NOON + MINUTE,
        outcome="RolledBack",
        reason="ErrorShare",
        sentence="Too many errors.",
    )
    journal.rollout(ended)
    await store.flush()
    assert (ended,) == await journal.rollouts("bookinfo", "reviews")


async def test_the_last_rollouts_come_first(store):
    journal = Journal(store)
    for number in range(12):
        journal.rollout(a_rollout(id=f"r{number}", number=number, started_at=NOON + number * MINUTE))
    await store.flush()
    assert list(range(11, 1, -1)) == [rollout.number for rollout in await journal.rollouts("bookinfo", "reviews")]


async def test_a_command_is_known_with_who_when_why_and_what_came_of_it(store):
    journal = Journal(store)
    journal.command(a_command())
    done = a_command(outcome="Applied", sentence="Rolled back by ada: looks slow.")
    journal.command(done)
    await store.flush()
    assert (done,) == await journal.commands("bookinfo", "reviews")


@pytest.mark.parametrize("characters", ["half a pair: \ud83d", "zero: \x00"])
async def test_characters_that_a_database_cannot_take_cost_only_their_own_row(characters, store):
    journal = Journal(store)
    journal.decided(a_decision(reason="Fine"))
    journal.decided(a_decision(reason="Odd", sentence=characters))
    await store.flush()
    told = [decision.reason for decision in await journal.decisions("bookinfo", "reviews")]
    assert "Fine" in told
    assert (store.lost, store.problem) == (2 - len(told), None)


async def test_two_processes_write_one_journal(opened):
    stores = [await opened(), await opened()]
    for store in stores:
        for number in range(50):
            Journal(store).decided(a_decision(at=NOON + number * MINUTE))
    await asyncio.gather(*(store.flush() for store in stores))
    assert len(await Journal(stores[0]).decisions("bookinfo", "reviews", limit=1000)) == 100


async def test_what_was_flushed_is_there_after_a_restart(opened):
    first = await opened()
    Journal(first).decided(a_decision())
    await first.close()
    assert (a_decision(),) == await Journal(await opened()).decisions("bookinfo", "reviews")
