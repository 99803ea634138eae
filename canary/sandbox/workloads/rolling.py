"""The arithmetic of a Deployment's rollout: how many pods each of its ReplicaSets should have next.

Pure, and step by step as in Kubernetes: first the new one grows within the surge, then the old ones shrink as far as enough
pods are available.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from canary.sandbox.objects import Object

DEFAULT_SHARE = "25%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """In pods: wanted, how many more there may be, how many may be missing."""

    replicas: int
    surge: int
    unavailable: int

    @property
    def most(self) -> int:
        """The number of pods that all ReplicaSets together may have; none when none is wanted."""
        return self.replicas + self.surge if self.replicas else 0

    @property
    def fewest_available(self) -> int:
        return self.replicas - self.unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One ReplicaSet: its wanted and its available pods; `most` is what its Deployment allowed when it was last sized."""

    name: str
    replicas: int
    available: int
    most: int | None = None


def limits_of(deployment: Object) -> Limits:
    spec = deployment["spec"]
    replicas = replicas_of(deployment)
    if (spec.get("strategy") or {}).get("type") == "Recreate":
        return Limits(replicas=replicas, surge=0, unavailable=0)
    rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
    surge = absolute(rolling.get("maxSurge", DEFAULT_SHARE), replicas, up=True)
    unavailable = absolute(rolling.get("maxUnavailable", DEFAULT_SHARE), replicas, up=False)
    if not surge and not unavailable:
        unavailable = 1  # both may round to none, and then nothing could ever move
    return Limits(replicas=replicas, surge=surge, unavailable=min(unavailable, replicas))


def replicas_of(obj: Object) -> int:
    """The wanted number; absent means one."""
    found = obj["spec"].get("replicas")
    return 1 if found is None else int(found)


def absolute(value: int | str, total: int, *, up: bool) -> int:
    """Resolve a number of pods or a percentage of them; surges are rounded up, absences down."""
    if isinstance(value, int):
        return value
    exact = total * int(value.removesuffix("%")) / 100
    return math.ceil(exact) if up else math.floor(exact)


def grown(limits: Limits, new: Member, old: Sequence[Member]) -> int:
    """The next size of the new ReplicaSet."""
    if new.replicas >= limits.replicas:
        return limits.replicas
    room = limits.replicas + limits.surge - new.replicas - sum(each.replicas for each in old)
    return new.replicas + max(0, min(room, limits.replicas - new.replicas))


def shrunk(limits: Limits, new: Member, old: Sequence[Member]) -> dict[str, int]:
    """The next sizes of the old ReplicaSets, oldest first: what is not available goes first, then what can be spared."""
    everyone = [*old, new]
    room = sum(each.replicas for each in everyone) - limits.fewest_available - (new.replicas - new.available)
    if room <= 0:
        return {}
    sizes = {each.name: each.replicas for each in old}
    for each in old:
        broken = min(room, max(0, each.replicas - each.available))
        sizes[each.name] -= broken
        room -= broken
    spare = sum(each.available for each in everyone) - limits.fewest_available
    for each in old:
        going = max(0, min(spare, sizes[each.name]))
        sizes[each.name] -= going
        spare -= going
    return {each.name: sizes[each.name] for each in old if sizes[each.name] != each.replicas}


def proportional(limits: Limits, members: Sequence[Member], current: int) -> dict[str, int]:
    """Sizes after the Deployment was scaled in the middle of a rollout: each active ReplicaSet by its share.

    `members` are oldest first, `current` is the Deployment's own count of pods; what rounding leaves goes to the largest.
    """
    room = limits.most - sum(each.replicas for each in members)
    newest_first = room > 0
    ordered = sorted(reversed(members) if newest_first else members, key=lambda each: -each.replicas)
    sizes, added = {}, 0
    for each in ordered:
        share = _share(limits, each, current)
        part = min(share, room - added) if room > 0 else max(share, room - added)
        sizes[each.name] = each.replicas + (part if room else 0)
        added += part if room else 0
    if ordered and room:
        sizes[ordered[0].name] = max(0, sizes[ordered[0].name] + room - added)
    return {each.name: sizes[each.name] for each in members if sizes[each.name] != each.replicas}


def _share(limits: Limits, member: Member, current: int) -> int:
    if not limits.replicas:
        return -member.replicas
    most = member.most or current or limits.most
    return int(member.replicas * limits.most / most + 0.5) - member.replicas
