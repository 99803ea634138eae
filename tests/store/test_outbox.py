from dataclasses import replace
from datetime import UTC, datetime, timedelta

from canary.store.outbox import Message, Outbox

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_message(**changes):
    return replace(Message(id="m1", kind="webhook", payload={"text": "rolled back"}, due_at=NOON), **changes)


async def test_a_message_is_handed_out_when_it_is_due(store):
    outbox = Outbox(store)
    outbox.add(a_message())
    outbox.add(a_message(id="m0", due_at=NOON - MINUTE))
    outbox.add(a_message(id="m2", due_at=NOON + MINUTE))
    await store.flush()
    assert (a_message(id="m0", due_at=NOON - MINUTE), a_message()) == await outbox.due(NOON)
    assert (a_message(id="m0", due_at=NOON - MINUTE),) == await outbox.due(NOON, limit=1)


async def test_a_message_that_was_sent_is_not_sent_again_even_when_it_is_added_again(store):
    outbox = Outbox(store)
    outbox.add(a_message())
    await store.flush()
    await outbox.done("m1", NOON)
    outbox.add(a_message())
    await store.flush()
    assert await outbox.due(NOON + MINUTE) == ()


async def test_a_message_that_could_not_be_sent_is_due_later(store):
    outbox = Outbox(store)
    outbox.add(a_message())
    await store.flush()
    await outbox.postpone("m1", NOON + MINUTE)
    assert await outbox.due(NOON) == ()
    assert (a_message(due_at=NOON + MINUTE, tries=1),) == await outbox.due(NOON + MINUTE)
