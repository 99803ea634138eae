"""What it means that there is no good answer, in words that go after a provider's name; the same for every provider."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from analysis.providers.base import ErrorKind
from analysis.providers.pauses import pause_of

MOST_OF_AN_ERROR = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no answer: `words` follow the provider's name."""

    kind: ErrorKind
    words: str
    pause: timedelta | None = None


def refusal(status: int, said: str, headers: Mapping[str, str]) -> Refusal:
    """Reads a status that isn't 200. `headers` find their names in any case."""
    if 300 <= status < 400:
        where = headers.get("Location", "elsewhere").split("?")[0][:200]
        return Refusal(kind=ErrorKind.REDIRECTED, words=f"redirects to {where}: give the address that answers itself.")
    if status in (401, 403):
        return Refusal(kind=ErrorKind.UNAUTHORIZED, words=f"refuses the credentials (HTTP {status}).")
    if status == 429:
        pause = pause_of(headers.get("Retry-After"))
        return Refusal(kind=ErrorKind.RATE_LIMITED, words=f"is asked too often (HTTP 429): {said}.", pause=pause)
    if status >= 500:
        return Refusal(kind=ErrorKind.UNAVAILABLE, words=f"is unavailable (HTTP {status}): {said}.")
    return Refusal(kind=ErrorKind.REFUSED, words=f"refuses the query (HTTP {status}): {said}.")


def said_in(body: bytes) -> str:
    """What an error's body says, as far as it can be told: the usual fields of JSON, or the beginning of the text."""
    try:
        found = _message(json.loads(body))
    except (ValueError, RecursionError):
        found = ""
    text = " ".join((found or body[:MOST_OF_AN_ERROR].decode(errors="replace")).split())
    if not found and text.startswith("<"):
        return "an HTML page came instead of a reason"
    return text[:MOST_OF_AN_ERROR].rstrip(".") or "it didn't say why"


def cause_of(error: Exception) -> str:
    """The innermost cause: what libraries wrap around it only repeats the address, or says nothing."""
    inner: BaseException = error
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    return " ".join((str(inner) or str(error)).split())[:MOST_OF_AN_ERROR].rstrip(".") or type(inner).__name__


def _message(told: Any) -> str:
    match told:
        case str():
            return told
        case [first, *_]:
            return _message(first)
        case dict():
            named = (told[name] for name in ("error", "errors", "message", "Message", "detail", "title") if told.get(name))
            return next(filter(None, map(_message, named)), "")
        case _:
            return ""
