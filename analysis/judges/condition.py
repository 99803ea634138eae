"""Success and failure conditions in CEL: `result < 0.05 || result < 1.2 * stable`.

An expression sees two numbers, the canary's `result` and `stable`'s, which is `null` where stable has none, and answers
true or false. It is bounded before it is compiled: short, numbers and truth values only, no functions, texts, lists or macros,
so its cost is bounded too. All numbers are doubles: `2` is read as `2.0`, since CEL multiplies no double by an integer.
The evaluator is imported when the first expression is compiled; many canaries never need it.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from itertools import product
from typing import Protocol

LONGEST = 512
_NAMES = frozenset({"result", "stable"})
_WORDS = _NAMES | {"true", "false", "null"}
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>(?:[0-9]+\.[0-9]+|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>&&|\|\||[<>=!]=|[-+*/<>!?:()])"
)
_ALLOWED = "write numbers, result, stable, true, false, null and the signs < <= > >= == != && || ! + - * / ? : ( )"
_PROBES = 16
"""Numbers of the expression around which it is tried out."""


class BadCondition(ValueError):
    """An expression can't be used; the message is a sentence that names it and what is wrong."""


class NoAnswer(Exception):
    """An expression has no answer for these values; the message is a sentence that says why."""


class Check(StrEnum):
    """What one check of one value comes to."""

    GOOD = "good"
    FAILED = "failed"
    UNCLEAR = "unclear"


class _Program(Protocol):
    def execute(self, context: dict[str, float | None]) -> object: ...

    def variables(self) -> list[str]: ...


def check(expression: str) -> None:
    """Raises BadCondition unless the expression is within bounds, compiles, looks at `result` and answers true or false."""
    program = _compiled(expression)
    if "result" not in program.variables():
        raise BadCondition(f"{expression!r} does not look at result, the canary's value: compare it with something")
    numbers = _probes(expression)
    for result, stable in product(numbers, [number * 1.0000003 for number in numbers]):
        try:
            answer = program.execute({"result": result, "stable": stable})
        except (TypeError, ValueError, RuntimeError):
            sentence = f"{expression!r} has no answer for result {result:.6g} and stable {stable:.6g}"
            raise BadCondition(f"{sentence}: calculate with numbers only, and join comparisons with && and ||") from None
        if not isinstance(answer, bool):
            raise BadCondition(f"{expression!r} gives {answer!r}, neither true nor false: compare it with something")


def holds(expression: str, result: float, stable: float | None) -> bool:
    """Whether the expression, which `check` has let pass, is true of these values. Raises NoAnswer."""
    program = _compiled(expression)
    if stable is None and "stable" in program.variables():
        return _without_stable(program, expression, result)
    try:
        return program.execute({"result": result, "stable": stable}) is True
    except (TypeError, ValueError, RuntimeError):
        raise NoAnswer(f"`{expression}` has no answer for result {result:.6g} and stable {_shown(stable)}.") from None


def conclude(success: str | None, failure: str | None, result: float, stable: float | None) -> Check:
    """Both conditions together, as Argo Rollouts has them: failure first; one alone decides both ways; neither is unclear.

    Raises NoAnswer.
    """
    if failure is not None and holds(failure, result, stable):
        return Check.FAILED
    if success is None:
        return Check.GOOD
    if holds(success, result, stable):
        return Check.GOOD
    return Check.FAILED if failure is None else Check.UNCLEAR


def _without_stable(program: _Program, expression: str, result: float) -> bool:
    """`||` may have its answer without the comparison that stable is missing from."""
    try:
        return program.execute({"result": result, "stable": None}) is True
    except (TypeError, ValueError, RuntimeError):
        raise NoAnswer(f"Stable has no value, and `{expression}` asks for it.") from None


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> _Program:
    """Raises BadCondition."""
    if len(expression) > LONGEST:
        raise BadCondition(f"has {len(expression)} characters: shorten it to {LONGEST}")
    text = "".join(_doubles(expression))
    import cel

    try:
        program: _Program = cel.compile(text)
    except ValueError as error:
        raise BadCondition(f"{expression!r} is no CEL expression: {_reason(str(error))}") from None
    return program


def _doubles(expression: str) -> Iterator[str]:
    """The tokens, with every number as a double. Raises BadCondition for what is not allowed."""
    at = 0
    while at < len(expression):
        found = _TOKEN.match(expression, at)
        if found is None or (found.lastgroup == "word" and found[0] not in _WORDS):
            wrong = found[0] if found else expression[at:].split(maxsplit=1)[0][:20]
            raise BadCondition(f"{expression!r} has {wrong!r} at character {at + 1}: {_ALLOWED}")
        yield f"{found[0]}.0" if found[0].isdecimal() else found[0]
        at = found.end()


def _probes(expression: str) -> list[float]:
    """Values on both sides of the first numbers of an expression, and never on them, where a division could be by zero."""
    numbers = [float(found[0]) for found in _TOKEN.finditer(expression) if found.lastgroup == "number"]
    around = [factor * number + nudge for number in numbers[:_PROBES] for factor, nudge in ((0.97, -1e-7), (1.03, 1e-7))]
    return [-1.7, 0.31, 13.9, *around]


def _reason(message: str) -> str:
    """The first complaint of the parser, without the list of all that it would have liked."""
    if "Recursion limit" in message:
        return "it is nested too deeply"
    first = message.partition("Syntax error: ")[2] or message.rpartition("ERROR: ")[2]
    reason = first.partition("\n")[0].partition(" expecting ")[0]
    return reason.replace("mismatched input '<EOF>'", "it ends too early").replace("'<EOF>'", "the end")


def _shown(value: float | None) -> str:
    return "null" if value is None else f"{value:.6g}"
