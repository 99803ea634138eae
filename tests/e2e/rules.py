"""The rules of traffic, checked over everything that happened in a namespace: each revision of etcd is one moment of truth.

R1: nobody gains traffic without a ready endpoint from somebody who has one. R2: a canary goes only when it has no traffic, unless
nobody else is there (R4). R3: the split is there before
any pod of the canary, and outlives them all. R11: a split never comes to nothing.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from strategies.routers.smi import quantity
from tests.e2e.picture import Happened, Obj
from tests.e2e.plane import ready_pods

ROLE = "canary.delivery/role"
OURS = "canary-delivery"


def shares(split: Obj) -> dict[str, Decimal]:
    """What each leaf gets of the whole, in percent."""
    weights = {each["service"]: quantity(each["weight"], "weight") for each in split["spec"]["backends"]}
    total = sum(weights.values()) or Decimal(1)
    return {leaf: (100 * weight / total).quantize(Decimal("0.001")).normalize() for leaf, weight in weights.items()}


class World:
    """The namespace at one moment."""

    def __init__(self) -> None:
        self.now: dict[tuple[str, str], Obj] = {}

    def all(self, kind: str) -> list[Obj]:
        return [obj for key, obj in self.now.items() if key[0] == kind]

    def meshed(self) -> bool:
        return any(each["spec"]["traffic"]["router"] != "replicas" for each in self.all("Canary"))

    def canary_pods(self) -> list[str]:
        return [each["metadata"]["name"] for each in self.all("Pod") if each["metadata"].get("labels", {}).get(ROLE) == "canary"]

    def canary_share(self) -> Decimal | None:
        splits = self.all("TrafficSplit")
        return next((share for leaf, share in shares(splits[0]).items() if leaf.endswith("-canary")), None) if splits else None

    def ready(self, service: str) -> list[str]:
        return ready_pods(self.all("EndpointSlice"), service)

    def stable_ready(self) -> bool:
        leaves = (leaf for split in self.all("TrafficSplit") for leaf in shares(split))
        return any(self.ready(leaf) for leaf in leaves if not leaf.endswith("-canary"))

    def take(self, one: Happened) -> None:
        if one.gone:
            self.now.pop((one.kind, one.name), None)
        else:
            self.now[one.kind, one.name] = one.obj


def broken(history: Sequence[Happened]) -> list[str]:
    """One sentence for each breach; an empty list is what every story must end with."""
    world = World()
    found: list[str] = []
    for one in history:
        before = world.now.get((one.kind, one.name))
        found += [f"revision {one.revision}: {breach}" for breach in _breaches(world, before, one)]
        world.take(one)
    return found


def _breaches(world: World, before: Obj | None, one: Happened) -> Iterator[str]:
    match one.kind:
        case "TrafficSplit":
            yield from _of_split(world, before, one)
        case "Deployment" if before and _going(one) and not _going_already(before) and one.name.endswith("-canary"):
            if world.canary_share() and world.stable_ready():
                yield f"R2: {one.name} goes with {world.canary_share()} % of traffic"
        case "Pod" if before is None and one.obj["metadata"].get("labels", {}).get(ROLE) == "canary" and world.meshed():
            if world.canary_share() is None:
                yield f"R3: {one.name} comes before the split"


def _of_split(world: World, before: Obj | None, one: Happened) -> Iterator[str]:
    if one.gone:
        if world.meshed() and (left := world.canary_pods()):
            yield f"R3: the split goes before {', '.join(left)}"
        return
    after = shares(one.obj)
    if not any(after.values()):
        yield f"R11: {one.name} comes to nothing"
    earlier = shares(before) if before else {one.obj["spec"]["service"]: Decimal(100)}
    able = any(world.ready(leaf) for leaf, share in earlier.items() if share > after.get(leaf, 0))
    for leaf, share in after.items():
        if share > earlier.get(leaf, 0) and able and not world.ready(leaf):
            yield f"R1: {leaf} goes to {share} % without a ready endpoint"


def _going(one: Happened) -> bool:
    return one.gone or "deletionTimestamp" in one.obj["metadata"]


def _going_already(before: Obj) -> bool:
    return "deletionTimestamp" in before["metadata"]
