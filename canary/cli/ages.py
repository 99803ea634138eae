"""Spans of time for people who look at a screen: two units are enough, and nobody wants microseconds."""

from datetime import datetime, timedelta

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def span(length: timedelta) -> str:
    """`3m12s`, `2d5h`, `0s`; nothing is negative."""
    left = max(0, int(length.total_seconds()))
    parts: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if parts or count:
            parts.append(f"{count}{unit}" if count else "")
        if len(parts) == 2:
            break
    return "".join(parts) or "0s"


def age(moment: datetime, now: datetime) -> str:
    """How long ago, in its largest unit, as kubectl's AGE: `12m`."""
    seconds = max(0, int((now - moment).total_seconds()))
    return next((f"{seconds // size}{unit}" for size, unit in _UNITS if seconds >= size), "0s")
