"""Credentials taken out of what a provider says: an error that repeats the key it refuses must not carry it into a status."""

import base64
from collections.abc import Iterable

HIDDEN = "…"
_SHORTEST = 4  # a shorter one would tear holes into ordinary words, and is no secret


def secrets_of(values: Iterable[str], basic: tuple[str, str] | None = None) -> tuple[str, ...]:
    """What is not to be repeated: header values, whole and less their scheme, and a login in all of its spellings."""
    given = [*values, *(() if basic is None else (_spelled(basic),))]
    found = {part for value in given for part in (value, value.rpartition(" ")[2], _password(value))}
    return tuple(sorted((secret for secret in found if len(secret) >= _SHORTEST), key=len, reverse=True))


def _spelled(basic: tuple[str, str]) -> str:
    return f"Basic {base64.b64encode(':'.join(basic).encode()).decode()}"


def _password(value: str) -> str:
    """The password inside a header value, empty where there is none."""
    scheme, _, login = value.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(login, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text
