"""The one place where HTTP answers, Status objects and aiohttp's exceptions become our errors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
from kubernetes.aio.config import ConfigException

from canary.errors import (
    AlreadyExists,
    CanaryError,
    Cause,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    NotServed,
    Refused,
    Throttled,
    TimedOut,
    Unauthorized,
    Unavailable,
)

_LONGEST_MESSAGE = 500
_DEFAULT_PAUSE = timedelta(seconds=1)

_BY_CODE: dict[int, type[CanaryError]] = {
    403: Forbidden,
    408: TimedOut,
    409: Conflict,
    410: Gone,
    504: TimedOut,
}

DISTURBANCES = (aiohttp.ClientError, OSError, ValueError, ConfigException)
"""Raised by a request that brought no answer, or none that can be read; `disturbed` translates them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was tried, for sentences: a verb, the object in words, and the plural by which the server calls it."""

    verb: str
    what: str
    plural: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.what}"


def disturbed(error: Exception, attempt: Attempt) -> CanaryError:
    """A request that got no answer, or one that could not be read."""
    match error:
        case TimeoutError():
            return late(attempt, None)
        case ConfigException():
            return Unauthorized(f"Cannot {attempt}: no credentials ({_plain(str(error))}).")
        case json.JSONDecodeError() | UnicodeDecodeError():
            return Unavailable(f"Cannot {attempt}: the answer is not the JSON of a Kubernetes API.")
        case _:
            return Unavailable(f"Cannot {attempt}: {_plain(str(error)) or type(error).__name__}.")


def late(attempt: Attempt, deadline: timedelta | None) -> TimedOut:
    """No answer in time; None when it was not our own deadline that passed."""
    within = f" within {deadline.total_seconds():g} s" if deadline else ""
    return TimedOut(f"Cannot {attempt}: no answer from the Kubernetes API{within}.")


def refused(code: int, body: bytes, headers: Mapping[str, str], attempt: Attempt) -> CanaryError:
    """An answer other than 2xx; anything in front of the API server may have written it, so the body may be no Status."""
    return from_status({**_parsed(body), "code": code}, attempt, retry_after=headers.get("Retry-After"))


def from_status(status: Mapping[str, Any], attempt: Attempt, *, retry_after: str | None = None) -> CanaryError:
    """A Status object, of an answer or of a watch's ERROR event."""
    code, reason = int(status.get("code") or 0), status.get("reason") or ""
    message = _plain(str(status.get("message") or reason or f"HTTP {code}"))
    details = status.get("details") or {}
    sentence = f"Cannot {attempt}: {message}."
    match code:
        case 400 | 413 | 422:
            error: CanaryError = _invalid(attempt, details, sentence)
        case 401:
            error = Unauthorized(f"Cannot {attempt}: the Kubernetes API does not accept our credentials ({message}).")
        case 404:
            error = _missing(attempt, details, sentence)
        case 409 if reason == "AlreadyExists":
            error = AlreadyExists(f"{_capital(attempt.what)} exists already.")
        case 429:
            error = Throttled(sentence, retry_after=_pause(retry_after, details))
        case _:
            error = _BY_CODE.get(code, Unavailable if code >= 500 else Refused)(sentence)
    return error


def _invalid(attempt: Attempt, details: Mapping[str, Any], sentence: str) -> Invalid:
    causes = _causes(details)
    told = "; ".join(f"{cause.field}: {cause.message}" if cause.field else cause.message for cause in causes)
    return Invalid(f"Cannot {attempt}: {_plain(told)}." if told else sentence, causes=causes)


def _missing(attempt: Attempt, details: Mapping[str, Any], sentence: str) -> NotFound:
    # The server names what it looked for; where it doesn't, it knows no such path, hence no such kind.
    if not details.get("name"):
        return NotServed(f"Cannot {attempt}: the cluster serves no such kind of object.")
    if details.get("kind") == attempt.plural:
        return NotFound(f"{_capital(attempt.what)} does not exist.")
    return NotFound(sentence)


def _causes(details: Mapping[str, Any]) -> tuple[Cause, ...]:
    return tuple(
        Cause(field=str(cause.get("field") or ""), message=_plain(str(cause.get("message") or cause.get("reason") or "refused")))
        for cause in details.get("causes") or ()
    )


def _pause(retry_after: str | None, details: Mapping[str, Any]) -> timedelta:
    told = retry_after if retry_after is not None else str(details.get("retryAfterSeconds") or "")
    return timedelta(seconds=int(told)) if told.isdecimal() else _DEFAULT_PAUSE


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        status = json.loads(body)
    except ValueError:
        return {"message": body.decode(errors="replace")}
    return status if isinstance(status, dict) else {}


def _plain(message: str) -> str:
    line = " ".join(message.split()).rstrip(".")
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
