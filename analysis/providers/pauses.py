"""`Retry-After`, the pause that a server asks for: seconds, or the time when it is over (RFC 9110, section 10.2.3)."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def pause_of(header: str | None, now: datetime | None = None) -> timedelta | None:
    """The length of the pause; None where none was asked for, or not so that anybody could tell how long."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return timedelta(seconds=int(text))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - (now or datetime.now(UTC)), timedelta())
