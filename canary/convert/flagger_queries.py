"""Queries of Flagger's MetricTemplates (Go templates) with our placeholders, or with arguments of a template of ours."""

import re
from collections.abc import Callable, Mapping

from canary.convert.notes import Notes
from canary.convert.words import word

_PLACEHOLDER = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_VARIABLE = re.compile(r"variables\.(\w+)|index variables \"([^\"]+)\"")
_OURS = {"name": "canary", "namespace": "namespace", "target": "deployment", "service": "service"}
_ONE_LABEL = re.compile(r"\b(app|name|app_kubernetes_io_name)\s*=~?\s*[\"'][^\"']*\{\{\s*target\s*\}\}")
_PODS = '{{deployment}} is the name of a Deployment, and its pods share this label with the other: match pod=~"{{pods}}" instead.'

ARGUMENTS = ("interval", "ingress", "route")
"""What Flagger knows of a Canary and ours do not: arguments of the template."""


def arguments(query: str) -> list[str]:
    """The arguments that a query needs, by our names, in the order in which it names them."""
    found: dict[str, None] = {}
    for placeholder in _PLACEHOLDER.findall(query):
        if placeholder in ARGUMENTS:
            found[placeholder] = None
        elif variable := _VARIABLE.fullmatch(placeholder):
            found[word(variable[1] or variable[2], "variable")] = None
    return list(found)


def as_template(query: str, field: str, notes: Notes) -> str:
    """The query with arguments where they stood."""
    _warn(query, field, notes)
    return _PLACEHOLDER.sub(lambda found: _said(found[1], lambda name: f"{{{{args.{name}}}}}", field, notes), query).strip()


def inline(query: str, values: Mapping[str, str], field: str, notes: Notes) -> str:
    """The query with these values, by our names of arguments, filled in."""
    _warn(query, field, notes)
    return _PLACEHOLDER.sub(lambda found: _said(found[1], lambda name: values.get(name, ""), field, notes), query).strip()


def _said(placeholder: str, argument: Callable[[str], str], field: str, notes: Notes) -> str:
    if placeholder in _OURS:
        return f"{{{{{_OURS[placeholder]}}}}}"
    if placeholder in ARGUMENTS:
        return argument(placeholder)
    if variable := _VARIABLE.fullmatch(placeholder):
        return argument(word(variable[1] or variable[2], "variable"))
    notes.left_out(field, f"{{{{ {placeholder} }}}} is not known: write the query without it.")
    return f"{{{{ {placeholder} }}}}"


def _warn(query: str, field: str, notes: Notes) -> None:
    if _ONE_LABEL.search(query):
        notes.differs(field, _PODS)
