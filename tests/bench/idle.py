"""What a Canary costs that has nothing to do: requests, processor time, memory."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime

from tests.bench.delivery import WATCHFUL, a_delivery
from tests.bench.figures import Figure, Unit
from tests.bench.rig import Rig
from tests.lab.audit import AuditedRequest

SECONDS = 60
SECONDS_QUICK = 10
_SETTLING = 3.0


async def bench(rig: Rig, *, quick: bool) -> AsyncIterator[Figure]:
    """A fresh controller, one Canary, and then nothing happens."""
    seconds = SECONDS_QUICK if quick else SECONDS
    started = datetime.now(UTC)
    await rig.restart()
    up = datetime.now(UTC)
    async with a_delivery(rig, analysis=WATCHFUL):
        await asyncio.sleep(_SETTLING)
        begun, spent = datetime.now(UTC), rig.controller.processor_seconds
        await asyncio.sleep(seconds)
        idle, spent = rig.requests(begun), rig.controller.processor_seconds - spent
        resident = rig.controller.resident
        adopting = rig.requests(up, begun)
    others = [request for request in idle if request.verb != "watch"]
    watches = len(idle) - len(others)
    span = f"in {seconds} s"
    yield Figure(name="idle: API requests", value=len(others), unit=Unit.REQUESTS, goal=0, note=span + told(others))
    yield Figure(name="idle: watches opened again", value=watches, unit=Unit.WATCHES, note=span)
    yield Figure(name="idle: processor time per minute", value=spent * 60 / seconds, unit=Unit.SECONDS, note=span)
    yield Figure(name="idle: resident memory", value=resident, unit=Unit.MEBIBYTES, goal=95)
    yield _asked("start of a controller", rig.requests(started, up))
    yield _asked("adoption of a Canary", adopting)


def told(requests: Iterable[AuditedRequest]) -> str:
    """Verbs and resources, the most frequent first."""
    kinds = Counter(f"{each.verb} {'/'.join(filter(None, (each.resource, each.subresource))) or each.path}" for each in requests)
    return "".join(f", {number}x {kind}" for kind, number in kinds.most_common())


def _asked(name: str, requests: list[AuditedRequest]) -> Figure:
    watches = sum(request.verb == "watch" for request in requests)
    others = [request for request in requests if request.verb != "watch"]
    return Figure(
        name=f"{name}: API requests", value=len(others), unit=Unit.REQUESTS, note=f"and {watches} watches{told(others)}"
    )
