"""Writes until it is killed; prints what it was promised is written. Run by `test_crash`."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from canary.store.engine import open_store
from canary.store.journal import DecisionRecord, Journal
from canary.store.models import RunKind
from canary.store.runs import RunRecord, Runs
from strategies.model import Phase

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


async def main(url, state_dir):
    store = await open_store(url or None, Path(state_dir))
    journal, runs = Journal(store), Runs(store)
    for number in count():
        for part in range(20):
            at = NOON + timedelta(seconds=number)
            reason = f"{number}.{part}"
            journal.decided(
                DecisionRecord(namespace="n", canary="c", at=at, phase=Phase.IDLE, reason=reason, sentence="Goes on.")
            )
        await store.flush()
        await runs.claim(RunRecord(id=str(number), rollout_id="r", kind=RunKind.TEST, name="t", attempt=1, started_at=NOON))
        print(number, flush=True)


asyncio.run(main(*sys.argv[1:]))
