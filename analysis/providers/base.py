"""What the analysis asks of a metric provider, and an answer or a `ProviderError`.

A Prometheus answers queries at one time (`MetricSource`): raw counters, whole groups of canaries at once. Every other provider
answers a number for one query about one window of time (`NumberSource`).

ProviderError
  refused, unauthorized, redirected, too-large, garbage    ask differently, or mend the address
  unavailable, timeout, rate-limited, partial, resting     may be over at the next look
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Point:
    """One series' value at the time that was asked for; the value may be NaN or infinite."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Vector:
    """An instant vector, possibly empty."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number without labels."""

    value: float


@dataclass(frozen=True, slots=True)
class Unusable:
    """A well-formed answer that holds no numbers for us; `what` says what it holds, with its article."""

    what: str


Answer = Vector | Scalar | Unusable


class InfluxLanguage(StrEnum):
    """What an InfluxDB is asked in: Flux from release 2, SQL and InfluxQL from release 3."""

    FLUX = "flux"
    SQL = "sql"
    INFLUXQL = "influxql"


class ErrorKind(StrEnum):
    """Why a provider gave no answer."""

    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    REDIRECTED = "redirected"
    TOO_LARGE = "too-large"
    GARBAGE = "garbage"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate-limited"
    PARTIAL = "partial"
    RESTING = "resting"


class ProviderError(Exception):
    """A query had no answer; `sentence` says so to a person, and names no secret. `pause` is what the provider asks for."""

    def __init__(self, kind: ErrorKind, sentence: str, *, pause: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.pause = pause


class MetricSource(Protocol):
    """A metric provider, as the analysis needs it."""

    async def query(self, promql: str, at: datetime) -> Answer:
        """Evaluates an expression at one time. Raises ProviderError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of a provider that answers numbers: about the time from `start` to before `end`.

    `template` is the user's query and `blanks` what its placeholders stand for; the provider's module fills it in, since it knows
    how its language quotes. `total` asks for the sum over the window, else for the value at its end.
    """

    template: str
    blanks: Mapping[str, str]
    start: datetime
    end: datetime
    total: bool = False


class NumberSource(Protocol):
    """A metric provider that answers numbers."""

    @property
    def turned_away(self) -> bool:
        """Were the credentials refused? They may have been changed since they were read."""

    async def number(self, ask: Ask) -> Answer:
        """One number, one per series, or none. Raises ProviderError."""

    async def close(self) -> None:
        """Gives up connections."""
