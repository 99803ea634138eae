"""Selectors: which series an expression means, and regular expressions, which must match as a whole."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import promql_parser as ast

from canary.sandbox.metrics.counters import NAME
from canary.sandbox.metrics.tsdb import Test
from canary.sandbox.metrics.values import QueryError


def selection_of(node: Any) -> tuple[str | None, Test]:
    """The metric's name, when it is given outright, and the test for the other labels."""
    if node.at is not None:
        raise QueryError("the sandbox knows no @ modifier")
    if node.matchers.or_matchers:
        raise QueryError("the sandbox knows no `or` between matchers")
    name = node.name
    tests = []
    for each in node.matchers.matchers:
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
    pattern = compiled(value)
    if op == ast.MatchOp.Re:
        return lambda given: pattern.fullmatch(given) is not None
    return lambda given: pattern.fullmatch(given) is None


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise QueryError(f"the sandbox can't read the regular expression {pattern!r}: {error}", "bad_data") from error


def offset_of(node: Any) -> float:
    return float(node.offset.total_seconds()) if node.offset is not None else 0.0
