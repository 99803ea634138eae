"""How numbers read in sentences for people."""

from datetime import timedelta
from decimal import Decimal


def duration(span: timedelta) -> str:
    """`90 s` as "1m30s": the way durations are written in the resource."""
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    whole = round(seconds)
    parts = [(whole // 3600, "h"), (whole % 3600 // 60, "m"), (whole % 60, "s")]
    return "".join(f"{number}{unit}" for number, unit in parts if number)


def plural(count: int, noun: str) -> str:
    """`1 test`, `2 tests`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def percent(weight: Decimal) -> str:
    """A weight without trailing zeros: `12.5 %`."""
    text = format(weight.normalize(), "f")
    return f"{text} %"
