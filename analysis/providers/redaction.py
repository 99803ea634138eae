"""Credentials taken out of what a provider says: an error that repeats the key it refuses must not carry it into a status."""

import base64
from collections.abc import Iterable

HIDDEN = "…"
_SHORTEST = 4  # a shorter one would tear holes into ordinary words, and is no secret


def secrets_of(values: Iterable[str], basic: tuple[str, str] | None = None) -> tuple[str, ...]:
    """What is not to be repeated: header values, whole and less their scheme, and a login in both of its spellings."""
    found = {part for value in values for part in (value, value.rpartition(" ")[2])}
    if basic is not None:
        found |= {basic[1], base64.b64encode(":".join(basic).encode()).decode()}
    return tuple(sorted((secret for secret in found if len(secret) >= _SHORTEST), key=len, reverse=True))


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text
