"""Messages that must go out although the receiver, or this process, may be down just now: delivered at least once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from canary.store.engine import Store
from canary.store.models import outbox
from canary.store.rows import as_record, as_row, columns_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something to send, not before `due_at`. `kind` says how; `done_at` is None until it was sent or given up."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    due_at: datetime
    tries: int = 0
    done_at: datetime | None = None


class Outbox:
    """Takes messages without waiting; hands them out when they are due."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, message: Message) -> None:
        """Have the message sent; adding it again changes nothing."""
        self._store.submit(outbox, [as_row(message)])

    async def due(self, now: datetime, *, limit: int = 100) -> tuple[Message, ...]:
        """What is to be sent now, longest due first."""
        waiting = select(*columns_of(Message, outbox)).where(outbox.c.done_at.is_(None), outbox.c.due_at <= now)
        rows = await self._store.read(waiting.order_by(outbox.c.due_at, outbox.c.id).limit(limit))
        return tuple(as_record(Message, row) for row in rows)

    async def done(self, message_id: str, at: datetime) -> None:
        """The message was sent, or is given up."""
        async with self._store.transaction() as connection:
            await connection.execute(update(outbox).where(outbox.c.id == message_id).values(done_at=at, tries=outbox.c.tries + 1))

    async def postpone(self, message_id: str, due_at: datetime) -> None:
        """Sending failed: try again at `due_at`."""
        async with self._store.transaction() as connection:
            await connection.execute(
                update(outbox).where(outbox.c.id == message_id).values(due_at=due_at, tries=outbox.c.tries + 1)
            )
