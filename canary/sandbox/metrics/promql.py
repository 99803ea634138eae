"""Evaluates PromQL over the sandbox's database: the part of the language that judging a canary takes.

What is missing is refused with a sentence, never approximated: subqueries, `@`, `group_left`, and the functions and
aggregations that are not in the tables of `functions`, `ranges` and `operators`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import promql_parser as ast

from canary.sandbox.metrics.functions import FUNCTIONS, samples_of
from canary.sandbox.metrics.operators import AGGREGATIONS, ARITHMETIC, COMPARISONS, SETS, Matching, aggregate, combine
from canary.sandbox.metrics.ranges import RANGE_FUNCTIONS
from canary.sandbox.metrics.selection import offset_of, selection_of
from canary.sandbox.metrics.tsdb import Database
from canary.sandbox.metrics.values import Matrix, QueryError, Range, Sample, Value, Vector, distinct


@lru_cache(maxsize=256)
def parse(query: str) -> Any:
    """Parse a query. Raises QueryError with the parser's own sentence."""
    try:
        return ast.parse(query)
    except ValueError as error:
        raise QueryError(f'invalid parameter "query": parse error: {error}', "bad_data") from error


def is_range(node: Any) -> bool:
    """Whether an expression is a range vector by its type, whatever it finds."""
    return is_range(node.expr) if isinstance(node, ast.ParenExpr) else isinstance(node, ast.MatrixSelector)


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates expressions as of one time, in seconds since 1970."""

    database: Database
    time: float

    def value(self, node: Any) -> Value:
        """Evaluate any expression. Raises QueryError."""
        evaluate = _NODES.get(type(node))
        if evaluate is None:
            raise QueryError(f"the sandbox can't evaluate a {type(node).__name__}")
        return evaluate(self, node)


def _literal(_: Evaluator, node: Any) -> Value:
    literal: Value = node.val
    return literal


def _inner(run: Evaluator, node: Any) -> Value:
    return run.value(node.expr)


def _negated(run: Evaluator, node: Any) -> Value:
    found = run.value(node.expr)
    if isinstance(found, float):
        return -found
    return distinct([each.unnamed(-each.value) for each in samples_of(found)])


def _instant(run: Evaluator, node: Any) -> Value:
    name, test = selection_of(node)
    found = run.database.instant(name, test, run.time - offset_of(node))
    return [Sample(dict(labels), value) for labels, value in found]


def _ranges(run: Evaluator, node: Any) -> Value:
    selector = node.vector_selector
    name, test = selection_of(selector)
    end = run.time - offset_of(selector)
    start = end - node.range.total_seconds()
    return [Range(dict(labels), points, start, end) for labels, points in run.database.ranges(name, test, start, end)]


def _aggregated(run: Evaluator, node: Any) -> Value:
    symbol = str(node.op)
    if symbol not in AGGREGATIONS:
        raise QueryError(f"the sandbox knows no aggregation {symbol}, only {', '.join(AGGREGATIONS)}")
    modifier, vector = node.modifier, samples_of(run.value(node.expr))
    if modifier is None:
        return aggregate(symbol, vector)
    if modifier.type == ast.AggModifierType.By:
        return aggregate(symbol, vector, by=modifier.labels)
    return aggregate(symbol, vector, without=modifier.labels)


def _combined(run: Evaluator, node: Any) -> Value:
    symbol = str(node.op)
    if symbol not in {*ARITHMETIC, *COMPARISONS, *SETS}:
        raise QueryError(f"the sandbox knows no operator {symbol}")
    return combine(symbol, _operand(run, node.lhs), _operand(run, node.rhs), _matching(node.modifier))


def _operand(run: Evaluator, node: Any) -> float | Vector:
    found = run.value(node)
    return found if isinstance(found, float) else samples_of(found)


def _called(run: Evaluator, node: Any) -> Value:
    name = node.func.name
    if name == "timestamp":
        return _timestamps(run, node.args[0])
    if name not in FUNCTIONS and name not in RANGE_FUNCTIONS:
        known = ", ".join(sorted([*RANGE_FUNCTIONS, *FUNCTIONS, "timestamp"]))
        raise QueryError(f"the sandbox knows no function {name}, only {known}")
    args = [run.value(each) for each in node.args]
    if name in FUNCTIONS:
        return FUNCTIONS[name](run.time, args)
    assert isinstance(args[0], list)
    return _over(RANGE_FUNCTIONS[name], [each for each in args[0] if isinstance(each, Range)])


def _timestamps(run: Evaluator, node: Any) -> Value:
    """When the samples of a selector are from; of anything calculated, now."""
    if isinstance(node, ast.ParenExpr):
        return _timestamps(run, node.expr)
    if not isinstance(node, ast.VectorSelector):
        return distinct([each.unnamed(run.time) for each in samples_of(run.value(node))])
    name, test = selection_of(node)
    found = run.database.newest(name, test, run.time - offset_of(node))
    return distinct([Sample(dict(labels), value).unnamed(time) for labels, time, value in found])


def _subquery(_: Evaluator, node: Any) -> Value:
    raise QueryError(f"the sandbox knows no subqueries, such as {node.prettify()}")


_NODES: dict[type, Callable[[Evaluator, Any], Value]] = {
    ast.NumberLiteral: _literal,
    ast.StringLiteral: _literal,
    ast.ParenExpr: _inner,
    ast.UnaryExpr: _negated,
    ast.VectorSelector: _instant,
    ast.MatrixSelector: _ranges,
    ast.AggregateExpr: _aggregated,
    ast.BinaryExpr: _combined,
    ast.Call: _called,
    ast.SubqueryExpr: _subquery,
}


def _over(function: Callable[[Range], float | None], windows: Matrix) -> Vector:
    found = ((each, function(each)) for each in windows)
    return distinct([Sample(each.labels, 0.0).unnamed(value) for each, value in found if value is not None])


def _matching(modifier: Any) -> Matching:
    if modifier is None:
        return Matching()
    if modifier.card in (ast.VectorMatchCardinality.ManyToOne, ast.VectorMatchCardinality.OneToMany):
        raise QueryError("the sandbox matches vectors one to one only, without group_left and group_right")
    if modifier.matching is None:
        return Matching(as_bool=modifier.return_bool)
    labels = frozenset(modifier.matching.labels)
    if modifier.matching.type == ast.LabelModifierType.Include:
        return Matching(on=labels, as_bool=modifier.return_bool)
    return Matching(ignoring=labels, as_bool=modifier.return_bool)
