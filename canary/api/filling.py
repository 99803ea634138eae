"""Arguments into a template's fields, as it was written and before any of them is read: each may be an argument.

A field that is no text takes the value out of its quotes: `max: "{{args.max}}"` becomes a number.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from analysis.arguments import BadArgument, fill, names, whole
from analysis.spec.templates import AnalysisTemplateSpec
from canary.api.refusals import path
from canary.api.structural import Node, structural
from canary.errors import Cause

_BARE = frozenset({"number", "integer", "boolean"})

At = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """`given` are the arguments with a value, `later` those that will get one.

    Filling collects what is `wrong`, and the paths of the fields that are `left` as they were because they wait for an argument.
    """

    given: Mapping[str, str]
    later: frozenset[str] = frozenset()
    wrong: list[Cause] = field(default_factory=list)
    left: set[str] = field(default_factory=set)

    def fill(self, raw: Mapping[str, Any]) -> Any:
        """A template's spec without its `args`, which are in their places."""
        body = {name: value for name, value in raw.items() if name != "args"}
        return self._fill(body, _schema(), ())

    def _fill(self, value: Any, node: Node, at: At) -> Any:
        if isinstance(value, Mapping):
            known = node.get("properties", {})
            return {name: self._fill(inner, known.get(name, {}), (*at, name)) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._fill(item, node.get("items", {}), (*at, index)) for index, item in enumerate(value)]
        if not isinstance(value, str) or not names(value):
            return value
        return self._text(value, path("spec", at), bare=node.get("type") in _BARE and whole(value) is not None)

    def _text(self, text: str, where: str, *, bare: bool) -> Any:
        wanted, known = names(text), self.later | self.given.keys()
        if wanted & self.later and wanted <= known:
            self.left.add(where)
            return text
        try:
            found = fill(text, self.given, known)
        except BadArgument as error:
            self.wrong.append(Cause(field=where, message=str(error)))
            return text
        return _out_of_quotes(found) if bare else found


def _out_of_quotes(text: str) -> Any:
    """A number or a truth value; anything else stays text, and is refused as such."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float) else text


@lru_cache(maxsize=1)
def _schema() -> Node:
    return structural(AnalysisTemplateSpec)
