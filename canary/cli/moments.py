"""Times on the command line: `2026-03-02T12:00:00Z`, `2h ago`, `now`. One without a zone is refused: elsewhere it is another."""

from datetime import UTC, datetime
from typing import Any

import click

from analysis.scalars import parse_duration
from canary.clock import SystemClock

_SPELLINGS = "write it as 2026-03-02T12:00:00Z, with its zone, or as 2h ago"
_AGO = " ago"


class _Moment(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return value if isinstance(value, datetime) else parse_moment(value, SystemClock().now())
        except ValueError as error:
            self.fail(str(error), param, ctx)


def parse_moment(text: str, now: datetime) -> datetime:
    """Raises ValueError with the remedy."""
    if text == "now":
        return now
    if text.endswith(_AGO):
        return now - parse_duration(text.removesuffix(_AGO))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is no time: {_SPELLINGS}") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone: {_SPELLINGS}")
    return moment.astimezone(UTC)


MOMENT = _Moment()
