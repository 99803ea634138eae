"""How many pods a weight needs, and which share a number of pods can reach."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from strategies.model import Sizing

HUNDRED = Decimal(100)


def pods_for(sizing: Sizing, weight: Decimal, stable: int) -> int:
    """Canary pods wanted to carry `weight` percent beside `stable` pods; never 0 for a weight above 0."""
    if sizing.count is not None:
        return sizing.count
    if sizing.full:
        return max(1, stable)
    share = sizing.percent if sizing.percent is not None else weight
    return max(1, _up(stable * share / HUNDRED))


def enough(sizing: Sizing, wanted: int) -> int:
    """How many of `wanted` pods must be ready before a weight is raised; at least one."""
    return max(1, _up(wanted * sizing.ready / HUNDRED))


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSplit:
    """Pods of each version behind one Service, and the share that this really is, in percent."""

    canary: int
    stable: int

    @property
    def reached(self) -> Decimal:
        """The canary's share of the pods in percent, to three decimals."""
        total = self.canary + self.stable
        return (HUNDRED * self.canary / total).quantize(Decimal("0.001")) if total else Decimal(0)


def split_pods(total: int, weight: Decimal) -> PodSplit:
    """The pods of each version for a share of pods near `weight` percent.

    The sum is `total`, except that with a total of 1 a second pod is added for 0 < weight < 100: one version must
    not take the other's only pod. Between 0 and 100 both versions keep at least one pod.
    """
    if weight <= 0:
        return PodSplit(canary=0, stable=total)
    if weight >= HUNDRED:
        return PodSplit(canary=max(1, total), stable=0)
    wished = int((total * weight / HUNDRED).to_integral_value(ROUND_HALF_UP))
    canary = min(max(1, wished), max(1, total - 1))
    return PodSplit(canary=canary, stable=max(1, total - canary))


def _up(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))
