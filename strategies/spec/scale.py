"""How large the canary is."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from analysis.scalars import HUNDRED, PositiveDuration, PositivePercent, Section, parse_percent, refuse_one
from strategies.model import Sizing

_LARGEST = 10_000
_SIZE = r"^(match|full|[0-9]{1,3}(\.[0-9]{1,6})?%)$"
Size = str | int


def _size(value: object) -> Size:
    remedy = 'write match, full, a number of pods as 3, or a percentage of stable\'s as "50%"'
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise refuse_one(f"{value!r} is no size: {remedy}")
    if isinstance(value, int):
        if not 1 <= value <= _LARGEST:
            raise refuse_one(f"{value} pods are out of range: write 1 to {_LARGEST}")
        return value
    if not re.fullmatch(_SIZE, value) or (value.endswith("%") and not parse_percent(value)):
        raise refuse_one(f"{value!r} is no size: {remedy}")
    return value


_SIZE_SCHEMA: dict[str, Any] = {
    "x-kubernetes-int-or-string": True,
    "anyOf": [{"type": "integer"}, {"type": "string"}],
    "minimum": 1,
    "maximum": _LARGEST,
    "maxLength": 11,
    "pattern": _SIZE,
}


class ScaleSpec(Section):
    """How large the canary is, and when it counts as ready."""

    canary: Annotated[Size, BeforeValidator(_size), PlainSerializer(lambda size: size), WithJsonSchema(_SIZE_SCHEMA)] = "match"
    """match: its share of traffic is its share of stable's replicas. full: as many as stable. Or a number, or a percentage."""
    ready: PositivePercent = HUNDRED
    """The share of the wanted pods that must be ready before a weight is raised."""
    deadline: PositiveDuration = timedelta(minutes=10)
    """How long to wait for ready pods before the version is rolled back."""

    def sizing(self) -> Sizing:
        """The planner's form of it."""
        match self.canary:
            case int(count):
                return Sizing(match=False, count=count, ready=self.ready, deadline=self.deadline)
            case "match":
                return Sizing(ready=self.ready, deadline=self.deadline)
            case "full":
                return Sizing(match=False, full=True, ready=self.ready, deadline=self.deadline)
            case share:
                return Sizing(match=False, percent=parse_percent(share), ready=self.ready, deadline=self.deadline)
