"""The part of expr-lang in which conditions of Argo Rollouts are written, as a tree: comparisons of one measured number.

`result[0]`, and `result` where a provider gives one number, are the `Value`. Whatever looks at anything else, such as a second
series or a field of an object, is `Untranslatable`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|\{\{\s*args\.[^{}\s]+\s*\}\})|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>&&|\|\||[<>=!]=|[-+*/<>!()\[\],.#{}?:]))"
)
_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/"))
_WORDS = {"and": "&&", "or": "||", "not": "!"}
_DEEPEST = 40


class Untranslatable(ValueError):
    """A condition that ours can't say surely; the message says why, as the predicate of a sentence about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as it was written; `value` is None for an argument of a template."""

    text: str

    @property
    def value(self) -> float | None:
        return None if "{" in self.text else float(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """true or false."""

    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """`len(result)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """`isNaN(...)`, `isNil(...)` or `... == nil`: true where nothing was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """`default(of, instead)`."""

    of: "Node"
    instead: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary:
    """`!of` or `-of`."""

    sign: str
    of: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """`left sign right`."""

    sign: str
    left: "Node"
    right: "Node"


Node = Value | Number | Truth | Count | Missing | Fallback | Unary | Binary


def parse(text: str) -> Node:
    """The tree of a condition. Raises Untranslatable."""
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise Untranslatable(f"holds {text[at:].strip()[:20]!r}, which is no part of a comparison of numbers")
        found.append(_WORDS.get(token[0].strip(), re.sub(r"\s+", "", token[0])))
        at = token.end()
    return found


class _Parser:
    """By descent, one level of binding after another."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._level(0)
        if self._at < len(self._tokens):
            raise Untranslatable(f"goes on with {self._tokens[self._at]!r} where it should end")
        return node

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while (sign := self._peek()) in _LEVELS[level]:
            self._at += 1
            if self._peek() == "nil" and sign in ("==", "!="):
                self._at += 1
                left = Missing() if sign == "==" else Unary(sign="!", of=Missing())
                continue
            left = Binary(sign=sign, left=left, right=self._level(level + 1))
        return left

    def _unary(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Untranslatable("is nested too deeply")
        try:
            if (sign := self._peek()) in ("!", "-"):
                self._at += 1
                return Unary(sign=sign, of=self._unary())
            return self._primary()
        finally:
            self._depth -= 1

    def _primary(self) -> Node:
        word = self._next()
        if word == "(":
            node = self._level(0)
            self._expect(")")
            return node
        if word[0].isdigit() or word[0] == "." or word.startswith("{{"):
            return Number(text=word)
        if word in ("true", "false"):
            return Truth(holds=word == "true")
        if word == "result":
            return self._result()
        if word == "#":
            return Value()
        if self._peek() == "(":
            return self._call(word)
        raise Untranslatable(f"asks for {word}, and ours see one number, result")

    def _result(self) -> Node:
        while (sign := self._peek()) in ("[", "."):
            if sign == ".":
                raise Untranslatable("asks for a field of an object: have the query, or the JSONPath, give one number")
            self._at += 1
            if self._next() != "0":
                raise Untranslatable("asks for another series than the first: have the query give one number")
            self._expect("]")
        return Value()

    def _call(self, name: str) -> Node:
        self._expect("(")
        if name not in _CALLS:
            raise Untranslatable(f"calls {name}, for which there is no word in ours")
        node = _CALLS[name](self)
        self._expect(")")
        return node

    def of_value(self) -> Node:
        """The one argument, which must be what was measured."""
        node = self._level(0)
        if not isinstance(node, Value):
            raise Untranslatable("tests something else than the measured value for being there")
        return node

    def fallback(self) -> Node:
        """Two arguments."""
        of = self.of_value()
        self._expect(",")
        return Fallback(of=of, instead=self._level(0))

    def every(self) -> Node:
        """A list and what is asked of each of its items: there is one."""
        self.of_value()
        self._expect(",")
        braced = self._peek() == "{"
        self._at += braced
        node = self._level(0)
        if braced:
            self._expect("}")
        return node

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise Untranslatable("ends too early")
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if (found := self._next()) != token:
            raise Untranslatable(f"has {found!r} where {token!r} belongs")


def _counted(parser: _Parser) -> Node:
    parser.of_value()
    return Count()


def _missing(parser: _Parser) -> Node:
    parser.of_value()
    return Missing()


_CALLS: dict[str, Callable[[_Parser], Node]] = {
    "len": _counted,
    "isNaN": _missing,
    "isNil": _missing,
    "default": _Parser.fallback,
    "asFloat": _Parser.of_value,
    "all": _Parser.every,
    "any": _Parser.every,
}
