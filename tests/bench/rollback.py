"""From a person's command to no traffic for the canary."""

import time
from collections.abc import AsyncIterator

from tests.bench.delivery import Delivery, a_delivery, share
from tests.bench.figures import Figure, Unit, spread
from tests.bench.rig import Rig

TIMES = 40
TIMES_QUICK = 8


async def bench(rig: Rig, *, quick: bool) -> AsyncIterator[Figure]:
    """The annotation is sent, the split's weight 0 comes back on a watch: both hops of the API server are in it."""
    async with a_delivery(rig) as delivery:
        await delivery.new_version()
        took = [await _once(delivery) for _ in range(TIMES_QUICK if quick else TIMES)]
    for figure in spread("rollback: command sent to weight 0 watched", took, Unit.MILLISECONDS, goal=20):
        yield figure


async def _once(delivery: Delivery) -> float:
    await delivery.until_weight(50)
    await delivery.until_phase("Progressing")
    sent = time.perf_counter()
    await delivery.command("rollback")
    gone = await delivery.split.first(lambda split: share(split) == 0, since=sent)
    await delivery.until_phase("RolledBack")
    await delivery.command("retry")
    return (gone - sent) * 1000
