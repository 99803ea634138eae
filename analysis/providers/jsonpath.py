"""JSONPath, as much of RFC 9535 as it takes to find a number: names, indexes, wildcards and filters by one comparison.

Left out on purpose, because whoever writes the path is not whoever pays for its evaluation: descendants (`..`), slices, several
selectors in one bracket, functions and their regular expressions. What is left costs no more than one pass over the document.

    $.data.p99    $['a b'][0]    $.results[-1].value    $.rows[*].n    $.rows[?@.version == 'canary'].errors
"""

import json
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_NAME = r"[A-Za-z_\u0080-\U0010ffff][0-9A-Za-z_\u0080-\U0010ffff]*"
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_STEP = re.compile(
    rf"\.(?P<name>{_NAME})|\.\*(?P<all>)"
    rf"|\[\s*(?:\*(?P<every>)|(?P<index>0|-?[1-9][0-9]{{0,8}})|(?P<quoted>{_QUOTED}))\s*\]"
)
_OPEN = re.compile(r"\[\s*\?\s*(?P<bracket>\(\s*)?@")
_REST = re.compile(
    rf"\s*(?P<sign>==|!=|<=|>=|<|>)\s*(?P<literal>{_QUOTED}|true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
    r"\s*(?P<bracket>\)\s*)?\]"
)
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NOTHING = object()


class BadPath(ValueError):
    """A path can't be read; the message is a sentence that says where it stops making sense."""


@dataclass(frozen=True, slots=True)
class _Every:
    """All members of an object, all items of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    """The members or items for which the comparison holds."""

    steps: tuple["_Step", ...]
    sign: str
    literal: Any


_Step = str | int | _Every | _Where


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path that was read."""

    steps: tuple[_Step, ...]

    def find(self, document: Any) -> list[Any]:
        """Every value that the path leads to, in the order of the document."""
        return _walk(self.steps, document)


def parse(text: str) -> JsonPath:
    """Raises BadPath."""
    source = text.strip()
    if not source.startswith("$"):
        raise BadPath("a path begins with $, as in $.data.value")
    steps, at = _steps(source, 1)
    if at != len(source):
        raise BadPath(
            f"the path can't be read from `{source[at : at + 20]}` on: write .name, ['name'], [0], [*] or [?@.name == 'x']"
        )
    return JsonPath(steps)


def _steps(source: str, at: int) -> tuple[tuple[_Step, ...], int]:
    steps: list[_Step] = []
    while True:
        if found := _STEP.match(source, at):
            steps.append(_simple(found))
            at = found.end()
        elif (filtered := _filter(source, at)) is not None:
            step, at = filtered
            steps.append(step)
        else:
            return tuple(steps), at


def _simple(found: re.Match[str]) -> _Step:
    if found["name"] is not None:
        return found["name"]
    if found["index"] is not None:
        return int(found["index"])
    return _Every() if found["quoted"] is None else _text(found["quoted"])


def _filter(source: str, at: int) -> tuple[_Where, int] | None:
    if (opened := _OPEN.match(source, at)) is None:
        return None
    steps, at = _singular(source, opened.end())
    rest = _REST.match(source, at)
    if rest is None or (rest["bracket"] is None) != (opened["bracket"] is None):
        return None
    literal = rest["literal"]
    value = _text(literal) if literal[0] in "'\"" else json.loads(literal)
    return _Where(steps=steps, sign=rest["sign"], literal=value), rest.end()


def _singular(source: str, at: int) -> tuple[tuple[_Step, ...], int]:
    """The steps inside a filter lead to one value: names and indexes only, so that the cost of a filter is its path's length."""
    steps: list[_Step] = []
    while (found := _STEP.match(source, at)) and isinstance(step := _simple(found), str | int):
        steps.append(step)
        at = found.end()
    return tuple(steps), at


def _text(quoted: str) -> str:
    inner = quoted[1:-1]
    if quoted[0] == "'":
        inner = re.sub(r"\\.|\"", lambda found: {"\\'": "'", '"': '\\"'}.get(found[0], found[0]), inner)
    try:
        return str(json.loads(f'"{inner}"'))
    except ValueError:
        raise BadPath(
            f"{quoted} is no text: only \\\\, \\/, \\b, \\f, \\n, \\r, \\t, \\uXXXX and its own quote can be escaped"
        ) from None


def _walk(steps: Sequence[_Step], document: Any) -> list[Any]:
    nodes = [document]
    for step in steps:
        nodes = [found for node in nodes for found in _children(step, node)]
    return nodes


def _children(step: _Step, node: Any) -> Iterator[Any]:
    match step:
        case str():
            if isinstance(node, dict) and step in node:
                yield node[step]
        case int():
            if isinstance(node, list) and -len(node) <= step < len(node):
                yield node[step]
        case _Every():
            yield from _members(node)
        case _Where():
            yield from (member for member in _members(node) if _holds(step, member))


def _members(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _holds(where: _Where, node: Any) -> bool:
    value = next(iter(_walk(where.steps, node)), _NOTHING)
    if where.sign in ("==", "!="):
        return _same(value, where.literal) is (where.sign == "==")
    return _kind(value) == _kind(where.literal) in ("number", "text") and _SIGNS[where.sign](value, where.literal)


def _same(value: Any, literal: Any) -> bool:
    return _kind(value) == _kind(literal) and bool(value == literal)


def _kind(value: Any) -> str:
    """JSON's types, in which true is no number."""
    match value:
        case bool():
            return "truth"
        case int() | float():
            return "number"
        case str():
            return "text"
        case _:
            return type(value).__name__
