"""Evaluates PromQL over the sandbox's database: the part of the language that judging a canary takes.

What is missing is refused with a sentence, never approximated: subqueries, `@`, `group_left`, and the functions and
aggregations that are not in the tables here and in `ranges` and `operators`.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import promql_parser as ast

from canary.sandbox.metrics.counters import NAME
from canary.sandbox.metrics.operators import AGGREGATIONS, ARITHMETIC, COMPARISONS, SETS, Matching, aggregate, combine
from canary.sandbox.metrics.quantiles import histogram_quantiles
from canary.sandbox.metrics.ranges import RANGE_FUNCTIONS
from canary.sandbox.metrics.tsdb import Database, Test
from canary.sandbox.metrics.values import Matrix, QueryError, Range, Sample, Value, Vector, distinct

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)


@lru_cache(maxsize=256)
def parse(query: str) -> Any:
    """Parse a query. Raises QueryError with the parser's own sentence."""
    try:
        return ast.parse(query)
    except ValueError as error:
        raise QueryError(f'invalid parameter "query": parse error: {error}', "bad_data") from error


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates expressions as of one time, in seconds since 1970."""

    database: Database
    time: float

    def value(self, node: Any) -> Value:
        """Evaluate any expression. Raises QueryError."""
        match node:
            case ast.NumberLiteral() | ast.StringLiteral():
                literal: Value = node.val
                return literal
            case ast.ParenExpr():
                return self.value(node.expr)
            case ast.UnaryExpr():
                return self._negated(node)
            case ast.VectorSelector():
                return self._instant(node)
            case ast.MatrixSelector():
                return self._ranges(node)
            case ast.AggregateExpr():
                return self._aggregated(node)
            case ast.BinaryExpr():
                return self._combined(node)
            case ast.Call():
                return self._called(node)
            case ast.SubqueryExpr():
                raise QueryError("the sandbox knows no subqueries")
            case _:
                raise QueryError(f"the sandbox can't evaluate a {type(node).__name__}")

    def vector(self, node: Any) -> Vector:
        found = self.value(node)
        assert isinstance(found, list)
        return [each for each in found if isinstance(each, Sample)]

    def scalar(self, node: Any) -> float:
        found = self.value(node)
        assert isinstance(found, float)
        return found

    def text(self, node: Any) -> str:
        found = self.value(node)
        assert isinstance(found, str)
        return found

    def _negated(self, node: Any) -> Value:
        found = self.value(node.expr)
        if isinstance(found, float):
            return -found
        return distinct([each.unnamed(-each.value) for each in self.vector(node.expr)])

    def _instant(self, node: Any) -> Vector:
        name, test = _selection(node)
        found = self.database.instant(name, test, self.time - _offset(node))
        return [Sample(dict(labels), value) for labels, value in found]

    def _ranges(self, node: Any) -> Matrix:
        selector = node.vector_selector
        name, test = _selection(selector)
        end = self.time - _offset(selector)
        start = end - node.range.total_seconds()
        return [Range(dict(labels), points, start, end) for labels, points in self.database.ranges(name, test, start, end)]

    def _aggregated(self, node: Any) -> Vector:
        symbol = str(node.op)
        if symbol not in AGGREGATIONS:
            raise QueryError(f"the sandbox knows no aggregation {symbol}, only {', '.join(AGGREGATIONS)}")
        modifier, vector = node.modifier, self.vector(node.expr)
        if modifier is None:
            return aggregate(symbol, vector)
        if modifier.type == ast.AggModifierType.By:
            return aggregate(symbol, vector, by=modifier.labels)
        return aggregate(symbol, vector, without=modifier.labels)

    def _combined(self, node: Any) -> Value:
        symbol = str(node.op)
        if symbol not in {*ARITHMETIC, *COMPARISONS, *SETS}:
            raise QueryError(f"the sandbox knows no operator {symbol}")
        left, right = (self._operand(side) for side in (node.lhs, node.rhs))
        return combine(symbol, left, right, _matching(node.modifier))

    def _operand(self, node: Any) -> float | Vector:
        found = self.value(node)
        return found if isinstance(found, float) else self.vector_of(found)

    def vector_of(self, found: Value) -> Vector:
        assert isinstance(found, list)
        return [each for each in found if isinstance(each, Sample)]

    def _called(self, node: Any) -> Value:
        name, args = node.func.name, node.args
        if name in RANGE_FUNCTIONS:
            windows = self.value(args[0])
            assert isinstance(windows, list)
            return _over(RANGE_FUNCTIONS[name], [each for each in windows if isinstance(each, Range)])
        function = _FUNCTIONS.get(name)
        if function is None:
            known = ", ".join(sorted([*RANGE_FUNCTIONS, *_FUNCTIONS]))
            raise QueryError(f"the sandbox knows no function {name}, only {known}")
        return function(self, args)


def _over(function: Callable[[Range], float | None], windows: Matrix) -> Vector:
    found = ((each, function(each)) for each in windows)
    return distinct([Sample(each.labels, 0.0).unnamed(value) for each, value in found if value is not None])


def _selection(node: Any) -> tuple[str | None, Test]:
    """The metric's name, when it is given outright, and the test for the other labels."""
    if node.at is not None:
        raise QueryError("the sandbox knows no @ modifier")
    if node.matchers.or_matchers:
        raise QueryError("the sandbox knows no `or` between matchers")
    matchers = list(node.matchers.matchers)
    name = node.name
    tests = []
    for each in matchers:
        if each.name == NAME and each.op == ast.MatchOp.Equal and name is None:
            name = each.value
        else:
            tests.append((each.name, _label_test(each.op, each.value)))
    return name, lambda labels: all(test(labels.get(label, "")) for label, test in tests)


def _label_test(op: Any, value: str) -> Callable[[str], bool]:
    if op == ast.MatchOp.Equal:
        return lambda given: given == value
    if op == ast.MatchOp.NotEqual:
        return lambda given: given != value
    pattern = _compiled(value)
    if op == ast.MatchOp.Re:
        return lambda given: pattern.fullmatch(given) is not None
    return lambda given: pattern.fullmatch(given) is None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise QueryError(f"the sandbox can't read the regular expression {pattern!r}: {error}", "bad_data") from error


def _offset(node: Any) -> float:
    return float(node.offset.total_seconds()) if node.offset is not None else 0.0


def _matching(modifier: Any) -> Matching:
    if modifier is None:
        return Matching()
    if modifier.card in {ast.VectorMatchCardinality.ManyToOne, ast.VectorMatchCardinality.OneToMany}:
        raise QueryError("the sandbox matches vectors one to one only, without group_left and group_right")
    if modifier.matching is None:
        return Matching(as_bool=modifier.return_bool)
    labels = frozenset(modifier.matching.labels)
    if modifier.matching.type == ast.LabelModifierType.Include:
        return Matching(on=labels, as_bool=modifier.return_bool)
    return Matching(ignoring=labels, as_bool=modifier.return_bool)


def _histogram_quantile(run: Evaluator, args: Any) -> Value:
    return histogram_quantiles(run.scalar(args[0]), run.vector(args[1]))


def _vector(run: Evaluator, args: Any) -> Value:
    return [Sample({}, run.scalar(args[0]))]


def _scalar(run: Evaluator, args: Any) -> Value:
    found = run.vector(args[0])
    return found[0].value if len(found) == 1 else math.nan


def _time(run: Evaluator, _: Any) -> Value:
    return float(run.time)


def _abs(run: Evaluator, args: Any) -> Value:
    return distinct([each.unnamed(abs(each.value)) for each in run.vector(args[0])])


def _clamp_min(run: Evaluator, args: Any) -> Value:
    bound = run.scalar(args[1])
    return distinct([each.unnamed(max(each.value, bound)) for each in run.vector(args[0])])


def _clamp_max(run: Evaluator, args: Any) -> Value:
    bound = run.scalar(args[1])
    return distinct([each.unnamed(min(each.value, bound)) for each in run.vector(args[0])])


def _label_replace(run: Evaluator, args: Any) -> Value:
    """Set a label to what a pattern finds in another, where it matches; an empty value takes the label away."""
    target, replacement, source = (run.text(each) for each in args[1:4])
    pattern = _compiled(run.text(args[4]))
    if not _LABEL.fullmatch(target):
        raise QueryError(f"invalid destination label name in label_replace(): {target}")
    made = []
    for each in run.vector(args[0]):
        match = pattern.fullmatch(each.labels.get(source, ""))
        labels = dict(each.labels)
        if match is not None:
            labels[target] = _expanded(replacement, match)
        made.append(Sample({name: value for name, value in labels.items() if value}, each.value))
    return distinct(made)


def _expanded(replacement: str, match: re.Match[str]) -> str:
    """Fill in `$1`, `${1}` and `${name}`; a group that doesn't exist is empty, `$$` is a dollar."""

    def group(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name is None:
            return "$"
        known: dict[str, str | None] = {**match.groupdict(), **{str(n): each for n, each in enumerate(match.groups(), 1)}}
        return match[0] if name == "0" else known.get(name) or ""

    return re.sub(r"\$(?:(\w+)|\{(\w+)\}|\$)", group, replacement)


_FUNCTIONS: dict[str, Callable[[Evaluator, Any], Value]] = {
    "histogram_quantile": _histogram_quantile,
    "vector": _vector,
    "scalar": _scalar,
    "time": _time,
    "abs": _abs,
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
    "label_replace": _label_replace,
}
