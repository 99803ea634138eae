"""What the analysis asks of a metric provider: one query at one time, and an answer or a `ProviderError`.

ProviderError
  refused, unauthorized, redirected, too-large, garbage    ask differently, or mend the address
  unavailable, timeout, resting                            may be over at the next look
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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


class ErrorKind(StrEnum):
    """Why a provider gave no answer."""

    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    REDIRECTED = "redirected"
    TOO_LARGE = "too-large"
    GARBAGE = "garbage"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    RESTING = "resting"


class ProviderError(Exception):
    """A query had no answer; `sentence` says so to a person, and names no secret."""

    def __init__(self, kind: ErrorKind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence


class MetricSource(Protocol):
    """A metric provider, as the analysis needs it."""

    async def query(self, promql: str, at: datetime) -> Answer:
        """Evaluates an expression at one time. Raises ProviderError."""
