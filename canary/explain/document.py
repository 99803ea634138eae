"""A story, or whatever else is made of frozen dataclasses, as JSON and YAML have it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from pydantic.alias_generators import to_camel

from analysis.scalars import plain
from canary.api.moments import format_moment


def document(value: object) -> Any:
    """Names in camelCase, moments as RFC 3339, spans in seconds; what is not known, and infinity, is null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {to_camel(field.name): document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): document(each) for name, each in value.items()}
    return [document(each) for each in value] if isinstance(value, list | tuple) else _scalar(value)


def _scalar(value: object) -> object:
    match value:
        case datetime():
            return format_moment(value)
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return plain(value)
        case float():
            return value if isfinite(value) else None
        case _:
            return value
