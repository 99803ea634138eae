"""TrafficSplits as the SMI adaptor and Linkerd's destination service read them: an apex's leaves and their integer weights. Pure.

Weights are Kubernetes quantities; a thousandth is the finest, rounded up; zero means not at all.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from canary.sandbox.objects import Object
from canary.sandbox.resources import Resource

# All served versions of a kind share the same objects, so any version will do to look at them.
TRAFFIC_SPLITS = Resource(
    group="split.smi-spec.io", version="v1alpha2", plural="trafficsplits", kind="TrafficSplit", short_names=("ts",)
)

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


class BadSplit(ValueError):
    """The split can't be put in force; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A service that gets a share of the apex's requests; `weight` is relative, in thousandths."""

    service: str
    weight: int


def apex_of(split: Object) -> str:
    return str(split["spec"].get("service", ""))


def leaves_of(split: Object) -> tuple[Leaf, ...]:
    """Read the backends that have any weight. Raises BadSplit for a weight that is no quantity, or is negative."""
    found = [Leaf(service=each["service"], weight=thousandths(each["weight"])) for each in split["spec"].get("backends") or []]
    return tuple(each for each in found if each.weight)


def thousandths(weight: Any) -> int:
    """Read a quantity such as `1`, `"500m"`, `0.1` or `"1e3"`. Raises BadSplit."""
    match = _QUANTITY.fullmatch(str(weight))
    if match is None:
        raise BadSplit(f"weight {weight!r} is no quantity")
    number, exponent, suffix = Decimal(match[1]), match[2], match[3] or ""
    if exponent:
        number = Decimal(match[1] + exponent)
    elif suffix in _BINARY:
        number *= 1024 ** _BINARY[suffix]
    else:
        number = number.scaleb(_DECIMAL[suffix])
    if number < 0:
        raise BadSplit(f"weight {weight} is negative")
    return math.ceil(number * 1000)


def choose(leaves: Sequence[Leaf], rng: Random) -> Leaf | None:
    """Draw a leaf by weight; None when there is none. Leaves that can't serve are to be left out before."""
    if not leaves:
        return None
    return rng.choices(leaves, weights=[each.weight for each in leaves])[0]
