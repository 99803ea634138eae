"""Conditions of Argo Rollouts (expr-lang over `result`) as ours: bounds where they say the same, else CEL over one number.

Theirs look at a list of series and guard against its being empty, or NaN. Ours are asked only when there is exactly one number:
guards are worked out for that case and fall away, and what they said about missing data is told apart, in `passes_unmeasured`.
What can't be translated surely isn't: `Untranslatable`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from canary.convert.expr_lang import Binary, Count, Fallback, Missing, Node, Number, Truth, Unary, Untranslatable, Value, parse

__all__ = ["Condition", "Untranslatable", "translate"]

_RANK = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5}
_UNARY = 6
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`threshold` holds min and max, or successWhen and failWhen. `passes_unmeasured`: without data, theirs would have passed."""

    threshold: dict[str, Any]
    passes_unmeasured: bool


def translate(success: str | None, failure: str | None) -> Condition:
    """Both conditions of a metric. Raises Untranslatable with the reason."""
    if success is None and failure is None:
        raise Untranslatable("has no condition, so nothing it measures can fail: give it a threshold")
    good, bad = (None if text is None else parse(text) for text in (success, failure))
    passes = _without_data(good) is True if good is not None else _without_data(bad) is False if bad is not None else False
    simple_good, simple_bad = (None if node is None else _simple(node) for node in (good, bad))
    threshold = _bounds(simple_good, simple_bad) or _conditions(simple_good, simple_bad)
    return Condition(threshold=threshold, passes_unmeasured=passes)


def _simple(node: Node) -> Node:
    """The condition where there is one number. Raises Untranslatable when nothing of it is left."""
    folded = _folded(node)
    match folded:
        case Truth():
            truth = "true" if folded.holds else "false"
            raise Untranslatable(f"is {truth} whatever number is measured: say in onNoData what missing data means")
        case Binary(sign=sign) if sign in _RANK and _RANK[sign] <= 3:
            return folded
        case Unary(sign="!"):
            return folded
        case _:
            raise Untranslatable("is neither true nor false: compare the value with something")


def _folded(node: Node) -> Node:
    match node:
        case Count():
            return Number(text="1")
        case Missing():
            return Truth(holds=False)
        case Fallback(of=inner):
            return _folded(inner)
        case Unary(sign=sign, of=inner):
            return _unary(sign, _folded(inner))
        case Binary():
            return _binary(node.sign, _folded(node.left), _folded(node.right))
        case _:
            return node


def _unary(sign: str, of: Node) -> Node:
    if isinstance(of, Truth) and sign == "!":
        return Truth(holds=not of.holds)
    if isinstance(of, Number) and of.value is not None and sign == "-":
        return Number(text=of.text.removeprefix("-") if of.value < 0 else f"-{of.text}")
    return Unary(sign=sign, of=of)


def _binary(sign: str, left: Node, right: Node) -> Node:
    if sign in ("&&", "||"):
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Truth):
                decides = one.holds == (sign == "||")
                return one if decides else other
    values = [node.value for node in (left, right) if isinstance(node, Number) and node.value is not None]
    if len(values) == 2 and _RANK[sign] == _RANK["=="]:
        return Truth(holds=_compare(sign, values[0], values[1]))
    return Binary(sign=sign, left=left, right=right)


def _compare(sign: str, left: float, right: float) -> bool:
    return {
        "==": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[sign]


# -- without data -----------------------------------------------------------------------------------------------------------


def _without_data(node: Node | None) -> bool | float | None:
    """What the condition would have said of no series; None: nothing, but an error."""
    match node:
        case Truth(holds=known) | Number(value=known):
            said: bool | float | None = known
        case Count():
            said = 0.0
        case Missing():
            said = True
        case Fallback(instead=instead):
            said = _without_data(instead)
        case Unary(sign="!", of=of):
            inner = _without_data(of)
            said = None if inner is None else not inner
        case Binary(sign=sign, left=left, right=right):
            said = _both(sign, _without_data(left), right)
        case _:
            said = None
    return said


def _both(sign: str, left: bool | float | None, other: Node) -> bool | float | None:
    if sign in ("&&", "||"):
        if left is None or left == (sign == "||"):
            return left
        return _without_data(other)
    right = _without_data(other)
    if left is None or right is None or _RANK[sign] != _RANK["=="]:
        return None
    return _compare(sign, left, right)


# -- as ours ----------------------------------------------------------------------------------------------------------------


def _conditions(good: Node | None, bad: Node | None) -> dict[str, Any]:
    found = {"successWhen": good, "failWhen": bad}
    return {name: _cel(node) for name, node in found.items() if node is not None}


def _bounds(good: Node | None, bad: Node | None) -> dict[str, Any] | None:
    """min and max, both of them good values; None when it takes a condition to say it."""
    if good is not None and bad is not None:
        return None
    join, signs = ("&&", {">=": "min", "<=": "max"}) if good is not None else ("||", {"<": "min", ">": "max"})
    whole = good or bad
    assert whole is not None, "one of them is given"
    found: dict[str, Any] = {}
    for part in _parts(join, whole):
        match part:
            case Binary(left=Value(), right=Number(text=bound), sign=sign) if sign in signs and signs[sign] not in found:
                found[signs[sign]] = _number(bound)
            case Binary(left=Number(text=bound), right=Value(), sign=sign) if signs.get(_MIRRORED.get(sign, "")) not in (
                None,
                *found,
            ):
                found[signs[_MIRRORED[sign]]] = _number(bound)
            case _:
                return None
    return found


def _parts(join: str, node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.sign == join:
        yield from _parts(join, node.left)
        yield from _parts(join, node.right)
    else:
        yield node


def _number(text: str) -> int | float | str:
    if "{" in text:
        return text
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _cel(node: Node, rank: int = 0) -> str:
    match node:
        case Value():
            return "result"
        case Number():
            return node.text
        case Truth():
            return "true" if node.holds else "false"
        case Unary():
            return f"{node.sign}{_cel(node.of, _UNARY)}"
        case Binary():
            own = _RANK[node.sign]
            text = f"{_cel(node.left, own)} {node.sign} {_cel(node.right, own + 1)}"
            return f"({text})" if own < rank else text
        case _:
            raise Untranslatable(f"{type(node).__name__} is left over")
