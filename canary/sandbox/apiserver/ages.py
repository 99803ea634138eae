"""Durations as kubectl shows them: `45s`, `5m3s`, `12m`, `3h20m`, `2d4h`, `30d`."""

from datetime import datetime, timedelta


def age(since: str | None, now: datetime) -> str:
    """The time from a Kubernetes timestamp until now; `<unknown>` without one, `<invalid>` when it is no time."""
    if not since:
        return "<unknown>"
    try:
        return human(now - datetime.fromisoformat(since))
    except (ValueError, TypeError):
        return "<invalid>"


def human(span: timedelta) -> str:
    """Two units while the larger one is small, then one."""
    seconds = int(span.total_seconds())
    if seconds < -1:
        return "<invalid>"
    seconds = max(seconds, 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    for limit, text in (
        (seconds < 120, f"{seconds}s"),
        (minutes < 10, _two(minutes, "m", seconds % 60, "s")),
        (hours < 3, f"{minutes}m"),
        (hours < 8, _two(hours, "h", minutes % 60, "m")),
        (hours < 48, f"{hours}h"),
        (days < 8, _two(days, "d", hours % 24, "h")),
        (days < 730, f"{days}d"),
        (days < 2920, _two(days // 365, "y", days % 365, "d")),
    ):
        if limit:
            return text
    return f"{days // 365}y"


def _two(large: int, unit: str, small: int, lesser: str) -> str:
    return f"{large}{unit}{small}{lesser}" if small else f"{large}{unit}"
