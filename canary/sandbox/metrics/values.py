"""What a PromQL expression evaluates to, and how Prometheus prints it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from canary.sandbox.metrics.counters import NAME
from canary.sandbox.metrics.tsdb import Points


class QueryError(Exception):
    """The query can't be answered; the message is for its author. `kind` is Prometheus' errorType."""

    def __init__(self, message: str, kind: str = "execution") -> None:
        super().__init__(message)
        self.kind = kind

    @property
    def status(self) -> int:
        """Malformed queries are 400; those that can't be executed, or that the sandbox doesn't know, 422."""
        return 400 if self.kind == "bad_data" else 422


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of an instant vector."""

    labels: dict[str, str]
    value: float

    def unnamed(self, value: float) -> "Sample":
        """What a calculation makes of it: it is no longer that metric."""
        return Sample({name: each for name, each in self.labels.items() if name != NAME}, value)


@dataclass(frozen=True, slots=True)
class Range:
    """One element of a range vector, with the window that it was cut from."""

    labels: dict[str, str]
    points: Points
    start: float
    end: float


Vector: TypeAlias = list[Sample]
Matrix: TypeAlias = list[Range]
Value: TypeAlias = float | str | Vector | Matrix

Identity: TypeAlias = tuple[tuple[str, str], ...]


def identity(labels: dict[str, str]) -> Identity:
    return tuple(sorted(labels.items()))


def distinct(vector: Vector) -> Vector:
    """Refuse two elements with the same labels, as Prometheus does."""
    if len({identity(each.labels) for each in vector}) != len(vector):
        raise QueryError("vector cannot contain metrics with the same labelset")
    return vector


def printed(value: float) -> str:
    """A number as Prometheus' API spells it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


def instant_result(value: Value, time: float) -> dict[str, Any]:
    """The `data` of an instant query for anything but a range vector."""
    match value:
        case float():
            return {"resultType": "scalar", "result": [time, printed(value)]}
        case str():
            return {"resultType": "string", "result": [time, value]}
        case _:
            samples = [each for each in value if isinstance(each, Sample)]
            return {"resultType": "vector", "result": [{"metric": s.labels, "value": [time, printed(s.value)]} for s in samples]}


def matrix_result(value: Value) -> dict[str, Any]:
    """The `data` of an instant query for a range vector: the samples themselves."""
    assert isinstance(value, list)
    return {"resultType": "matrix", "result": [_range(each) for each in value if isinstance(each, Range)]}


def _range(each: Range) -> dict[str, Any]:
    times, values = each.points
    return {"metric": each.labels, "values": [[at, printed(value)] for at, value in zip(times, values, strict=True)]}


def range_result(steps: Sequence[tuple[float, Value]]) -> dict[str, Any]:
    """The `data` of a range query: what each step gave, put together by labels."""
    lines: dict[Identity, dict[str, Any]] = {}
    for time, value in steps:
        if isinstance(value, str):
            raise QueryError("a range query needs an expression that is a scalar or an instant vector", "bad_data")
        samples = [Sample({}, value)] if isinstance(value, float) else [each for each in value if isinstance(each, Sample)]
        for each in samples:
            line = lines.setdefault(identity(each.labels), {"metric": each.labels, "values": []})
            line["values"].append([time, printed(each.value)])
    return {"resultType": "matrix", "result": list(lines.values())}
