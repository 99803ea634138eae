"""Durations on the command line, written as in the resource: `30s`, `5m`, `1h30m`."""

from datetime import timedelta
from typing import Any

import click

from analysis.scalars import parse_duration


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


DURATION = _Duration()
