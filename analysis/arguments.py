"""Arguments of a reusable template: `{{args.name}}` in its texts, filled in before anything else reads them.

Inside a string literal of a query an argument is escaped, so that it stays inside whatever it holds. Outside of one nothing can
be escaped, and only a number, a duration or a plain name is let in. A text that is one placeholder and nothing else becomes the
argument as it stands: there is nothing to break out of.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

_PLACEHOLDER = re.compile(r"\{\{\s*args\.(?P<name>[^{}\s]*)\s*\}\}")
_TOKEN = re.compile(rf"{_PLACEHOLDER.pattern}|[\\\"'`#\n]")
_HARMLESS = re.compile(r"[+-]?[A-Za-z0-9_:.][A-Za-z0-9_:.-]*")


class BadArgument(ValueError):
    """A template's text can't be filled in; the message is a sentence that says why."""


class _Place(StrEnum):
    """Where in a query something stands; literals by the quote that ends them."""

    OUTSIDE = ""
    COMMENT = "#"
    DOUBLE = '"'
    SINGLE = "'"
    RAW = "`"


def names(text: str) -> frozenset[str]:
    """The arguments that a text asks for."""
    return frozenset(found["name"] for found in _PLACEHOLDER.finditer(text))


def whole(text: str) -> str | None:
    """The argument that is the whole text; None when there is more to it, or less."""
    found = _PLACEHOLDER.fullmatch(text.strip())
    return found["name"] if found else None


def fill(text: str, given: Mapping[str, str], known: Iterable[str] | None = None) -> str:
    """The text with its arguments filled in; `known` are those that there are, by default the given. Raises BadArgument."""
    if strange := names(text) - given.keys():
        listed = ", ".join(sorted(given if known is None else known)) or "none"
        raise BadArgument(
            f"{{{{args.{min(strange)}}}}} is not among the template's arguments ({listed}): declare it in spec.args"
        )
    if (only := whole(text)) is not None:
        return given[only]
    parts, at, place = [], 0, _Place.OUTSIDE
    while found := _TOKEN.search(text, at):
        parts.append(text[at : found.start()])
        at = found.end()
        if found["name"] is not None:
            parts.append(_fitted(found["name"], given[found["name"]], place))
        elif found[0] == "\\" and place in (_Place.DOUBLE, _Place.SINGLE):
            parts.append(text[found.start() : at + 1])
            at += 1
        else:
            parts.append(found[0])
            place = _after(place, found[0])
    return "".join((*parts, text[at:]))


def _after(place: _Place, mark: str) -> _Place:
    """A line's end closes all but raw literals: to be wrong about a quote in a comment must never open a way out."""
    if mark == "\n":
        return place if place is _Place.RAW else _Place.OUTSIDE
    if place is _Place.OUTSIDE:
        return _Place.OUTSIDE if mark == "\\" else _Place(mark)
    return _Place.OUTSIDE if mark == place and place is not _Place.COMMENT else place


def _fitted(name: str, value: str, place: _Place) -> str:
    match place:
        case _Place.DOUBLE | _Place.SINGLE:
            return value.replace("\\", "\\\\").replace(place, f"\\{place}").replace("\n", "\\n")
        case _Place.RAW if "`" in value:
            raise BadArgument(f"the argument {name} holds a `, which ends the quotes that it stands in: write it without")
        case _Place.RAW:
            return value
        case _Place.OUTSIDE | _Place.COMMENT if _HARMLESS.fullmatch(value):
            return value
        case _:
            raise BadArgument(
                f"the argument {name} stands outside of quotes, where only a number, a duration or a plain name can: "
                f"{_shown(value)} is none; correct it, or have the template put quotes around the placeholder"
            )


def _shown(value: str) -> str:
    return repr(value if len(value) <= 60 else f"{value[:59]}…")
