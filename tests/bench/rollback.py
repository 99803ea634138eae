"""From a person's command to no traffic for the canary."""

import asyncio
import time
from collections.abc import AsyncIterator

from tests.bench.delivery import Delivery, a_delivery, share
from tests.bench.figures import Figure, Unit, spread
from tests.bench.rig import Rig

TIMES = 30
TIMES_QUICK = 6
_QUIET = 0.3


async def bench(rig: Rig, *, quick: bool) -> AsyncIterator[Figure]:
    """The annotation is sent, the split's weight 0 comes back on a watch: both hops of the API server are in it.

    First in the quiet of a step, then while the controller still writes down that the step has begun.
    """
    times = TIMES_QUICK if quick else TIMES
    async with a_delivery(rig) as delivery:
        await delivery.new_version()
        quiet = [await _once(delivery, pause=_QUIET) for _ in range(times)]
        busy = [await _once(delivery, pause=0) for _ in range(times)]
    for figure in spread("rollback: command sent to weight 0 watched", quiet, Unit.MILLISECONDS, goal=20):
        yield figure
    for figure in spread("rollback: the same, in the middle of a turn", busy, Unit.MILLISECONDS):
        yield figure


async def _once(delivery: Delivery, *, pause: float) -> float:
    await delivery.until_weight(50)
    await delivery.until_phase("Progressing")
    await asyncio.sleep(pause)
    sent = time.perf_counter()
    await delivery.command("rollback")
    gone = await delivery.split.first(lambda split: share(split) == 0, since=sent)
    await delivery.until_phase("RolledBack")
    await delivery.command("retry")
    return (gone - sent) * 1000
