"""The part of kubectl's JSONPath that printer columns use: fields, indexes, `[*]`, and filters such as `[?(@.type=="Ready")]`."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"""\.(?P<field>(?:\\.|[^.\[\\])+)
      | \[\?\(@(?P<path>[^=!]+?)\s*(?P<op>==|!=)\s*(?P<value>"[^"]*"|'[^']*'|[^)\s]+)\s*\)\]
      | \[(?P<index>-?\d+)\]
      | \[(?P<all>\*)\]
      | \[['"](?P<quoted>[^'"]+)['"]\]""",
    re.VERBOSE,
)


def found(path: str, obj: Any) -> list[Any]:
    """Everything the path leads to, in order. Raises ValueError for a path outside the supported part."""
    values = [obj]
    for step in _steps(path):
        values = [each for value in values for each in _next(step, value)]
    return values


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[re.Match[str], ...]:
    text = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    text = text if text.startswith((".", "[")) else f".{text}"
    steps, at = [], 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise ValueError(f"the sandbox does not understand the JSONPath {path!r} from {text[at:]!r} on")
        steps.append(match)
        at = match.end()
    return tuple(steps)


def _next(step: re.Match[str], value: Any) -> Iterator[Any]:
    name = step["field"] or step["quoted"]
    if name is not None:
        name = name.replace("\\", "")
        if name == "*":
            yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        elif isinstance(value, dict) and name in value:
            yield value[name]
    elif isinstance(value, list):
        yield from _picked(step, value)


def _picked(step: re.Match[str], value: list[Any]) -> Iterator[Any]:
    if step["all"]:
        yield from value
    elif step["index"]:
        index = int(step["index"])
        yield from value[index:][:1] if -len(value) <= index < len(value) else ()
    else:
        wanted = step["value"].strip("\"'")
        for each in value:
            reached = [str(one) for one in found(step["path"], each)]
            if (wanted in reached) == (step["op"] == "=="):
                yield each
