"""Durations as people write them in Kubernetes: `500ms`, `30s`, `1h30m`, `1d`. Never a bare number, never negative."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from analysis.scalars.sections import SOMETHING, refuse_one

_COUNT = "[0-9]{1,5}"
ANY_DURATION = rf"^({_COUNT}(\.[0-9]{{1,3}})?(ms|s|m|h|d))+$"
WHOLE_SECONDS = f"^({_COUNT}(s|m|h|d))+$"
LONGEST = 24  # characters; keeps every duration far inside what dates can hold
_TICK = timedelta(microseconds=1)
_MICROSECONDS = {"ms": 1000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_UNITS = ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"))


def parse_duration(value: object) -> timedelta:
    """`"1h30m"` as a span of time; ValueError with a sentence for anything else."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or len(value) > LONGEST or not re.fullmatch(ANY_DURATION, value):
        raise refuse_one(_odd(value))
    # Exact: durationpy adds up floats, and 53376 days and a second came out a microsecond short.
    parts = re.findall(r"([0-9.]+)(ms|s|m|h|d)", value)
    return sum((int(Decimal(count) * _MICROSECONDS[unit]) * _TICK for count, unit in parts), timedelta(0))


def _odd(value: object) -> str:
    if str(value).startswith("-"):
        return f"{value} is negative, which no duration can be: write it as 30s, 5m or 1h30m"
    if re.fullmatch(r"[0-9.]+", str(value)):
        return f"{value} has no unit: write {value}s for seconds or {value}m for minutes"
    return f"{value!r} is not a duration: write it as 500ms, 30s, 5m, 1h30m or 1d"


def format_duration(span: timedelta) -> str:
    """The span as `parse_duration` reads it: 90 s is `1m30s`. Exact to the microsecond."""
    left = span // timedelta(microseconds=1)
    parts = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        parts.append(f"{count}{unit}" if count else "")
    if left:
        parts.append(f"{format((Decimal(left) / 1000).normalize(), 'f')}ms")
    return "".join(parts) or "0s"


def _positive(value: object) -> timedelta:
    span = parse_duration(value)
    if span <= timedelta(0):
        raise refuse_one("is nothing: write a duration above 0, as 500ms, 30s or 5m")
    return span


def _interval(value: object) -> timedelta:
    span = _positive(value)
    if span % timedelta(seconds=1):
        raise refuse_one(f"{format_duration(span)} is not in whole seconds: write at least 1s")
    return span


def _spelled(pattern: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "maxLength": LONGEST, **more})


_SPELL = PlainSerializer(format_duration, return_type=str)

Duration: TypeAlias = Annotated[timedelta, BeforeValidator(parse_duration), _SPELL, _spelled(ANY_DURATION)]
PositiveDuration: TypeAlias = Annotated[timedelta, BeforeValidator(_positive), _SPELL, _spelled(ANY_DURATION, **SOMETHING)]
Interval: TypeAlias = Annotated[timedelta, BeforeValidator(_interval), _SPELL, _spelled(WHOLE_SECONDS, **SOMETHING)]
