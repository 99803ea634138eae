"""Points in time as Kubernetes writes them: RFC 3339 in UTC, with microseconds where there are any."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema


def format_moment(moment: datetime) -> str:
    """`2026-11-21T14:10:05.25Z`, exact; the moment must know its time zone."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_moment(value: object) -> datetime:
    """What `format_moment` writes; ValueError for anything else and for a moment without a time zone."""
    if isinstance(value, datetime):
        return value
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no time zone: write it as 2026-11-21T14:10:05Z")
    return moment.astimezone(UTC)


Moment: TypeAlias = Annotated[
    datetime,
    BeforeValidator(parse_moment),
    PlainSerializer(format_moment, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
