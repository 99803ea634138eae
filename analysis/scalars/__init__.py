"""The words that the resource's schema is made of.

Both slices of the schema (`analysis.spec`, `strategies.spec`) are written with these, so that a duration or a percentage reads,
is checked and is published in the CRD in one way.
"""

from analysis.scalars.durations import Duration, Interval, PositiveDuration, format_duration, parse_duration
from analysis.scalars.names import BY_NAME, DNS_LABEL, OBJECT_NAME, SERVICE_NAME, Header, Headers, SecretRef, Word, taken
from analysis.scalars.numbers import (
    FINEST,
    HUNDRED,
    Number,
    Percent,
    PositivePercent,
    Weight,
    Within,
    exact,
    format_number,
    format_percent,
    parse_percent,
    plain,
)
from analysis.scalars.sections import RULES, Objection, Section, exactly_one, one_of, refuse, refuse_one, section

__all__ = [
    "BY_NAME",
    "DNS_LABEL",
    "FINEST",
    "HUNDRED",
    "OBJECT_NAME",
    "RULES",
    "SERVICE_NAME",
    "Duration",
    "Header",
    "Headers",
    "Interval",
    "Number",
    "Objection",
    "Percent",
    "PositiveDuration",
    "PositivePercent",
    "SecretRef",
    "Section",
    "Weight",
    "Within",
    "Word",
    "exact",
    "exactly_one",
    "format_duration",
    "format_number",
    "format_percent",
    "one_of",
    "parse_duration",
    "parse_percent",
    "plain",
    "refuse",
    "refuse_one",
    "section",
    "taken",
]
