"""API requests of a whole rollout, and of each of its steps."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import chain

from tests.bench.delivery import NAME, WATCHFUL, a_delivery
from tests.bench.figures import Figure, Unit
from tests.bench.idle import told
from tests.bench.rig import Rig
from tests.lab.audit import AuditedRequest

WEIGHTS = (5, 25, 50, 100)
REPLICAS = 4
HOLD = 5
HOLD_QUICK = 3


async def bench(rig: Rig, *, quick: bool) -> AsyncIterator[Figure]:
    """5 → 25 → 50 → 100 % of a Deployment of four, judged every second, to its promotion.

    A step reaches from one weight written to the next, which includes its pods, its verdicts and its records.
    """
    hold = HOLD_QUICK if quick else HOLD
    steps = [{"weight": weight, "hold": f"{hold}s"} for weight in WEIGHTS]
    async with a_delivery(rig, steps=steps, analysis=WATCHFUL, replicas=REPLICAS) as delivery:
        begun = datetime.now(UTC)
        await delivery.new_version()
        await delivery.until_phase("Progressing")
        await delivery.until_phase("Promoted")
        await asyncio.sleep(1)
        requests = [request for request in rig.requests(begun) if request.verb != "watch"]
    parts = list(_parts(requests))
    climbed = parts[2 : 1 + len(WEIGHTS)]
    mean = sum(map(len, climbed)) / len(climbed)
    yield Figure(name="step: API requests, mean", value=mean, unit=Unit.REQUESTS, goal=4, note=f"{WEIGHTS} %, {REPLICAS} pods")
    names = ("before the split", f"to {WEIGHTS[0]} %", *(f"{weight} %" for weight in WEIGHTS[:-1]), "100 % and promotion")
    ending = list(chain.from_iterable(parts[len(WEIGHTS) + 1 :]))
    for name, part in zip(names, [*parts[: len(WEIGHTS) + 1], ending], strict=True):
        yield Figure(name=f"  {name}", value=len(part), unit=Unit.REQUESTS, note=told(part)[2:])
    yield Figure(name="rollout: API requests, all", value=len(requests), unit=Unit.REQUESTS, note=told(requests)[2:])


def _parts(requests: list[AuditedRequest]) -> Iterator[list[AuditedRequest]]:
    """Cut behind every write of the split."""
    part: list[AuditedRequest] = []
    for request in requests:
        part.append(request)
        if (request.verb, request.resource, request.name) == ("patch", "trafficsplits", NAME):
            yield part
            part = []
    yield part
