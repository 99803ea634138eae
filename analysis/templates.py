"""Query templates of the user's: `{{name}}` placeholders, filled in once per version.

Placeholders stand inside PromQL string literals in double quotes, so what is filled in is escaped for one of those.
"""

import re

from analysis.plan import Subject, Version

PLACEHOLDERS = ("namespace", "pods", "leaf", "canary", "service", "deployment")
_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_IN_LITERAL = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class BadTemplate(ValueError):
    """A template can't be filled in; the message is a sentence that says why."""


def check(template: str) -> None:
    """Raises BadTemplate unless every placeholder is known and the template asks for something."""
    if not template.strip():
        raise BadTemplate("The query is empty.")
    for name in _PLACEHOLDER.findall(template):
        if name.strip() not in PLACEHOLDERS:
            known = ", ".join(f"{{{{{one}}}}}" for one in PLACEHOLDERS)
            raise BadTemplate(f"The placeholder {{{{{name.strip()}}}}} is unknown; known are {known}.")


def fill(template: str, subject: Subject, version: Version) -> str:
    """The query of one version. Raises BadTemplate."""
    check(template)
    values = {
        "namespace": subject.namespace,
        "pods": subject.pods(version),
        "leaf": subject.leaf(version),
        "canary": subject.canary,
        "service": subject.service,
        "deployment": subject.deployment(version),
    }
    return _PLACEHOLDER.sub(lambda found: literal(values[found[1].strip()]), template)


def literal(text: str) -> str:
    """Escapes text for a PromQL string literal in double quotes."""
    return text.translate(_IN_LITERAL)
