"""Resident memory of the controller after rollouts."""

from collections.abc import AsyncIterator

from tests.bench.delivery import WATCHFUL, a_delivery
from tests.bench.figures import Figure, Unit
from tests.bench.rig import Rig

ROLLOUTS = 20
ROLLOUTS_QUICK = 5


async def bench(rig: Rig, *, quick: bool) -> AsyncIterator[Figure]:
    """A fresh controller runs one judged rollout after the other, each rolled back by hand."""
    rollouts = ROLLOUTS_QUICK if quick else ROLLOUTS
    await rig.restart()
    async with a_delivery(rig, analysis=WATCHFUL) as delivery:
        await delivery.new_version()
        resident = []
        for _ in range(rollouts):
            await delivery.until_weight(50)
            await delivery.command("rollback")
            await delivery.until_phase("RolledBack")
            resident.append(rig.controller.resident)
            await delivery.command("retry")
    yield Figure(name="memory: after one rollout", value=resident[0], unit=Unit.MEBIBYTES)
    yield Figure(
        name="memory: after many rollouts", value=resident[-1], unit=Unit.MEBIBYTES, goal=95, note=f"{rollouts} rollouts"
    )
