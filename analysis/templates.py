"""Query templates of the user's: `{{name}}` placeholders, filled in once per version.

Placeholders stand inside string literals of a query language, a URL or a JSON text, so what is filled in is quoted for one of
those: as PromQL's literals in double quotes, unless the provider's module says otherwise.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from analysis.plan import Subject, Version

NAMES = ("namespace", "pods", "leaf", "canary", "service", "deployment")
INTERVAL = "interval"
WINDOW = ("from", "to")
PLACEHOLDERS = (*NAMES, INTERVAL, *WINDOW)
_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_IN_LITERAL = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class BadTemplate(ValueError):
    """A template can't be filled in; the message is a sentence that says why."""


def check(template: str) -> None:
    """Raises BadTemplate unless every placeholder is known and the template asks for something."""
    if not template.strip():
        raise BadTemplate("The query is empty.")
    _known(template, PLACEHOLDERS)


def placeholders(template: str) -> frozenset[str]:
    """The names of all placeholders, known or not."""
    return frozenset(name.strip() for name in _PLACEHOLDER.findall(template))


def settle(template: str, interval: timedelta) -> str:
    """The template with `{{interval}}` filled in, in seconds: the one placeholder that is the same for all versions and times."""
    seconds = f"{interval.total_seconds():g}"
    return _PLACEHOLDER.sub(lambda found: seconds if found[1].strip() == INTERVAL else found[0], template)


def blanks(subject: Subject, version: Version) -> dict[str, str]:
    """What the names of a version stand for."""
    return {
        "namespace": subject.namespace,
        "pods": subject.pods(version),
        "leaf": subject.leaf(version),
        "canary": subject.canary,
        "service": subject.service,
        "deployment": subject.deployment(version),
    }


def fill(template: str, subject: Subject, version: Version) -> str:
    """The PromQL of one version. Raises BadTemplate."""
    check(template)
    return complete(template, blanks(subject, version))


def literal(text: str) -> str:
    """Escapes text for a PromQL string literal in double quotes."""
    return text.translate(_IN_LITERAL)


def complete(template: str, values: Mapping[str, str], quote: Callable[[str], str] = literal) -> str:
    """The template with these values filled in, each quoted. Raises BadTemplate for a placeholder that has none."""
    _known(template, tuple(values))
    return _PLACEHOLDER.sub(lambda found: quote(values[found[1].strip()]), template)


def _known(template: str, names: tuple[str, ...]) -> None:
    for name in _PLACEHOLDER.findall(template):
        if name.strip() not in names:
            known = ", ".join(f"{{{{{one}}}}}" for one in names)
            raise BadTemplate(f"The placeholder {{{{{name.strip()}}}}} is unknown; known are {known}.")
