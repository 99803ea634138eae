"""From a bad sample to no traffic for the canary."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.bench.delivery import WATCHFUL, Delivery, a_delivery, share
from tests.bench.figures import Figure, Unit, quantile, spread
from tests.bench.rig import Rig

TIMES = 15
TIMES_QUICK = 4
_LOOKS = 3  # before it turns bad: counters must be seeded


@dataclass(frozen=True, slots=True, kw_only=True)
class _Caught:
    """Milliseconds from the answer that condemned and from the moment it turned bad; looks in between that showed failures."""

    answer: float
    turned: float
    looks: int


async def bench(rig: Rig, *, quick: bool) -> AsyncIterator[Figure]:
    """The default metrics each second; the canary fails all requests from a moment on.

    The clock starts when the answer goes out that completes the evidence, and stops when a watch shows weight 0.
    """
    async with a_delivery(rig, analysis=WATCHFUL) as delivery:
        await delivery.new_version()
        caught = [await _once(delivery) for _ in range(TIMES_QUICK if quick else TIMES)]
    answers = [one.answer for one in caught]
    for figure in spread("evidence: last sample answered to weight 0", answers, Unit.MILLISECONDS, goal=100):
        yield figure
    turned = quantile([one.turned for one in caught], 0.5)
    looks = quantile([float(one.looks) for one in caught], 0.5)
    yield Figure(name="evidence: turned bad to weight 0, p50", value=turned, unit=Unit.MILLISECONDS, note="looks every 1 s")
    yield Figure(name="evidence: looks with failures, p50", value=looks, unit=Unit.LOOKS)


async def _once(delivery: Delivery) -> _Caught:
    counters = delivery.rig.counters
    await delivery.until_weight(50)
    before = len(counters.answers)
    while len(counters.answers) < before + _LOOKS:
        await asyncio.sleep(0.05)
    harmless = counters.answers[-1].bad
    turned = counters.turn_bad()
    gone = await delivery.split.first(lambda split: share(split) == 0, since=turned)
    counters.turn_good()
    await delivery.until_phase("RolledBack")
    await delivery.command("retry")
    looks = [answer for answer in counters.answers if turned < answer.at <= gone and answer.bad > harmless]
    return _Caught(answer=(gone - looks[-1].at) * 1000, turned=(gone - turned) * 1000, looks=len(looks))
