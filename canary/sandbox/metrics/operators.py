"""PromQL's operators between scalars and instant vectors, and its aggregations."""

import math
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from canary.sandbox.metrics.counters import NAME
from canary.sandbox.metrics.values import Identity, QueryError, Sample, Vector, distinct, identity


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    return math.nan if not left or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)


def _modulo(left: float, right: float) -> float:
    return math.fmod(left, right) if right and not math.isinf(left) else math.nan


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan if left else math.inf


ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divide, "%": _modulo, "^": _power,
}  # fmt: skip
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
SETS = ("and", "or", "unless")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Which labels must agree: `on` these, or all but the ones ignored. `as_bool`: comparisons give 0 or 1."""

    on: frozenset[str] | None = None
    ignoring: frozenset[str] = frozenset()
    as_bool: bool = False

    def key(self, labels: dict[str, str]) -> Identity:
        if self.on is not None:
            return tuple(sorted((name, value) for name, value in labels.items() if name in self.on))
        return tuple(sorted((name, value) for name, value in labels.items() if name != NAME and name not in self.ignoring))


def combine(symbol: str, left: float | Vector, right: float | Vector, matching: Matching) -> float | Vector:
    """Apply an arithmetic, comparing or set operator. Raises QueryError when elements can't be paired one to one."""
    match left, right:
        case float(), float():
            return _scalar(symbol, left, right)
        case list(), float():
            return distinct([made for each in left if (made := _paired(symbol, each, each.value, right, matching))])
        case float(), list():
            return distinct([made for each in right if (made := _paired(symbol, each, left, each.value, matching))])
        case list(), list() if symbol in SETS:
            return _set(symbol, left, right, matching)
        case list(), list():
            return _matched(symbol, left, right, matching)
    raise AssertionError(f"{symbol} of neither scalars nor vectors")


def _scalar(symbol: str, left: float, right: float) -> float:
    if symbol in ARITHMETIC:
        return ARITHMETIC[symbol](left, right)
    return float(COMPARISONS[symbol](left, right))


def _paired(symbol: str, element: Sample, left: float, right: float, matching: Matching) -> Sample | None:
    """One element's result; None when a comparison drops it. A comparison that filters keeps element, name and value."""
    if symbol in ARITHMETIC:
        return element.unnamed(ARITHMETIC[symbol](left, right))
    true = COMPARISONS[symbol](left, right)
    if matching.as_bool:
        return element.unnamed(float(true))
    return element if true else None


def _matched(symbol: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    partners = _by_key(right, matching, "right")
    made = []
    for key, element in _by_key(left, matching, "left", needed=partners).items():
        if key in partners:
            found = _paired(symbol, element, element.value, partners[key].value, matching)
            if found is not None:
                made.append(Sample(_kept(found.labels, matching), found.value))
    return made


def _kept(labels: dict[str, str], matching: Matching) -> dict[str, str]:
    """The labels of a pair: those it was matched on, or all but the ignored ones."""
    if matching.on is not None:
        return {name: value for name, value in labels.items() if name in matching.on}
    return {name: value for name, value in labels.items() if name not in matching.ignoring}


def _by_key(vector: Vector, matching: Matching, side: str, needed: Collection[Identity] | None = None) -> dict[Identity, Sample]:
    found: dict[Identity, Sample] = {}
    for each in vector:
        key = matching.key(each.labels)
        if key in found and (needed is None or key in needed):
            group = "{" + ", ".join(f'{name}="{value}"' for name, value in key) + "}"
            raise QueryError(
                f"found duplicate series for the match group {group} on the {side} hand-side of the operation; "
                "many-to-many matching not allowed: matching labels must be unique on one side"
            )
        found[key] = each
    return found


def _set(symbol: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    lefts, rights = ({matching.key(each.labels) for each in side} for side in (left, right))
    match symbol:
        case "and":
            return [each for each in left if matching.key(each.labels) in rights]
        case "unless":
            return [each for each in left if matching.key(each.labels) not in rights]
        case _:
            return left + [each for each in right if matching.key(each.labels) not in lefts]


def _largest(values: list[float]) -> float:
    return max((each for each in values if not math.isnan(each)), default=math.nan)


def _smallest(values: list[float]) -> float:
    return min((each for each in values if not math.isnan(each)), default=math.nan)


AGGREGATIONS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "avg": lambda values: math.fsum(values) / len(values),
    "max": _largest,
    "min": _smallest,
    "count": lambda values: float(len(values)),
}


def aggregate(symbol: str, vector: Vector, *, by: Collection[str] = (), without: Collection[str] | None = None) -> Vector:
    """Fold the elements of each group, in the order in which groups first appear."""
    groups: dict[Identity, list[float]] = {}
    for each in vector:
        if without is None:
            kept = {name: value for name, value in each.labels.items() if name in by}
        else:
            kept = {name: value for name, value in each.labels.items() if name != NAME and name not in without}
        groups.setdefault(identity(kept), []).append(each.value)
    return [Sample(dict(labels), AGGREGATIONS[symbol](values)) for labels, values in groups.items()]
