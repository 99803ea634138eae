"""PromQL's functions of scalars and instant vectors. Arguments come evaluated, their types checked by the parser."""

import math
import re
from collections.abc import Callable, Sequence

from canary.sandbox.metrics.quantiles import histogram_quantiles
from canary.sandbox.metrics.selection import compiled
from canary.sandbox.metrics.values import QueryError, Sample, Value, Vector, distinct

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)


def samples_of(value: Value) -> Vector:
    assert isinstance(value, list)
    return [each for each in value if isinstance(each, Sample)]


def number_of(value: Value) -> float:
    assert isinstance(value, float)
    return value


def _histogram_quantile(_: float, args: Sequence[Value]) -> Value:
    return histogram_quantiles(number_of(args[0]), samples_of(args[1]))


def _vector(_: float, args: Sequence[Value]) -> Value:
    return [Sample({}, number_of(args[0]))]


def _scalar(_: float, args: Sequence[Value]) -> Value:
    found = samples_of(args[0])
    return found[0].value if len(found) == 1 else math.nan


def _time(time: float, _: Sequence[Value]) -> Value:
    return float(time)


def _abs(_: float, args: Sequence[Value]) -> Value:
    return distinct([each.unnamed(abs(each.value)) for each in samples_of(args[0])])


def _clamp_min(_: float, args: Sequence[Value]) -> Value:
    bound = number_of(args[1])
    return distinct([each.unnamed(max(each.value, bound)) for each in samples_of(args[0])])


def _clamp_max(_: float, args: Sequence[Value]) -> Value:
    bound = number_of(args[1])
    return distinct([each.unnamed(min(each.value, bound)) for each in samples_of(args[0])])


def _label_replace(_: float, args: Sequence[Value]) -> Value:
    """Set a label to what a pattern finds in another, where it matches; an empty value takes the label away."""
    target, replacement, source, pattern = (str(each) for each in args[1:])
    if not _LABEL.fullmatch(target):
        raise QueryError(f"invalid destination label name in label_replace(): {target}")
    made = []
    for each in samples_of(args[0]):
        match = compiled(pattern).fullmatch(each.labels.get(source, ""))
        labels = dict(each.labels) if match is None else {**each.labels, target: _expanded(replacement, match)}
        made.append(Sample({name: value for name, value in labels.items() if value}, each.value))
    return distinct(made)


def _expanded(replacement: str, match: re.Match[str]) -> str:
    """Fill in `$1`, `${1}` and `${name}`; a group that doesn't exist is empty, `$$` is a dollar."""
    numbered = {str(number): each for number, each in enumerate(match.groups(), 1)}
    known: dict[str, str | None] = {"0": match[0], **numbered, **match.groupdict()}

    def group(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return "$" if name is None else known.get(name) or ""

    return re.sub(r"\$(?:(\w+)|\{(\w+)\}|\$)", group, replacement)


FUNCTIONS: dict[str, Callable[[float, Sequence[Value]], Value]] = {
    "histogram_quantile": _histogram_quantile,
    "vector": _vector,
    "scalar": _scalar,
    "time": _time,
    "abs": _abs,
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
    "label_replace": _label_replace,
}
