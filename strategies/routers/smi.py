"""SMI TrafficSplit, v1alpha1 to v1alpha4, from one version table.

Linkerd's proxy drops zero weights and falls back to the apex when none is left, so both leaves are always named and their sum is
always above zero. It turns a weight into an unsigned 32-bit number of ten-thousandths, so a sum above 429,496 overflows there.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from strategies.routers.base import Abilities, Manifest, Place, RoutingError, Split

GROUP = "split.smi-spec.io"
KIND = "TrafficSplit"
LARGEST_SUM = 429_496
FINEST = Decimal("0.001")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one version writes weights. v1alpha1 takes quantities, no plain fractions: there both weights become whole numbers."""

    decimals: bool


DIALECTS = {
    "v1alpha2": Dialect(decimals=True),
    "v1alpha4": Dialect(decimals=True),
    "v1alpha3": Dialect(decimals=True),
    "v1alpha1": Dialect(decimals=False),
}

_QUANTITY = re.compile(r"^([+-]?[0-9]+(?:\.[0-9]*)?|[+-]?\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$")
_SUFFIX = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal("1e3"),
    "M": Decimal("1e6"),
    "G": Decimal("1e9"),
    "T": Decimal("1e12"),
    "P": Decimal("1e15"),
    "E": Decimal("1e18"),
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}


class Smi:
    """The router "smi"."""

    name = "smi"
    abilities = Abilities(fractions=True)

    def render(self, split: Split, place: Place) -> Manifest:
        """The TrafficSplit that gives `split.canary` percent to the canary leaf. Raises RoutingError."""
        stable, canary = _weights(split.canary, DIALECTS[place.version])
        return {
            "apiVersion": f"{GROUP}/{place.version}",
            "kind": KIND,
            "metadata": {"name": place.name, "namespace": place.namespace},
            "spec": {
                "service": split.apex,
                "backends": [
                    {"service": split.stable_leaf, "weight": stable},
                    {"service": split.canary_leaf, "weight": canary},
                ],
            },
        }

    def read(self, found: Manifest, split: Split) -> Decimal | None:
        """The canary leaf's live share in percent, or None when the object splits something else.

        Weights are relative and need not add up to 100. A third backend with a weight makes the answer None too: what we would
        write is not what stands there.
        """
        if found["spec"].get("service") != split.apex:
            return None
        weights = backends(found)
        total = sum(weights.values(), Decimal(0))
        ours = weights.get(split.canary_leaf, Decimal(0)) + weights.get(split.stable_leaf, Decimal(0))
        if total <= 0 or ours != total:
            return None
        share = HUNDRED * weights.get(split.canary_leaf, Decimal(0)) / total
        return share.quantize(FINEST).normalize() + Decimal(0)

    def acknowledged(self, found: Manifest) -> bool | None:
        """TrafficSplit has no status."""
        del found
        return None


def backends(found: Manifest) -> dict[str, Decimal]:
    """Weight per backend service, summed where a service is named twice. Raises RoutingError on a weight that is no quantity."""
    weights: dict[str, Decimal] = {}
    for index, backend in enumerate(found["spec"].get("backends") or ()):
        field = f"TrafficSplit {found['metadata']['name']}: spec.backends[{index}].weight"
        service = str(backend["service"])
        weights[service] = weights.get(service, Decimal(0)) + quantity(backend.get("weight", 0), field)
    return weights


def quantity(value: Any, field: str) -> Decimal:
    """A Kubernetes quantity (`1`, `"500m"`, `"1e3"`, `0.1`) as a number. Raises RoutingError naming the field."""
    match = _QUANTITY.match(str(value).strip())
    if match is None or isinstance(value, bool):
        raise RoutingError(f"{field} is {value!r}, which is no quantity: write a number such as 10 or 500m.")
    number, suffix = match.group(1), match.group(2) or ""
    exponent = suffix[:1] in ("e", "E") and len(suffix) > 1
    amount = Decimal(number + suffix) if exponent else Decimal(number) * _SUFFIX[suffix]
    if amount < 0:
        raise RoutingError(f"{field} is {value!r}: a weight cannot be negative.")
    return amount


def _weights(canary: Decimal, dialect: Dialect) -> tuple[int | float, int | float]:
    if not 0 <= canary <= HUNDRED:
        raise RoutingError(f"A weight of {canary} % is out of range: it must be from 0 to 100.")
    if canary != canary.quantize(FINEST):
        raise RoutingError(f"A weight of {canary} % is too fine: TrafficSplit knows thousandths of a percent.")
    pair = (HUNDRED - canary, canary)
    if all(weight == weight.to_integral_value() for weight in pair):
        return int(pair[0]), int(pair[1])
    if dialect.decimals:
        return float(pair[0]), float(pair[1])
    return int(pair[0] * 1000), int(pair[1] * 1000)
