"""Conditions of Argo Rollouts: what they become, that they mean the same, and what is refused."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.judges import condition
from analysis.judges.condition import Check
from canary.convert.expr_lang import parse
from canary.convert.expressions import Untranslatable, translate


@pytest.mark.parametrize(
    ("success", "failure", "expected"),
    [
        ("result[0] >= 0.95", None, {"min": 0.95}),
        ("result <= 5", None, {"max": 5}),
        ("0.95 <= result[0]", None, {"min": 0.95}),
        ("result[0] >= 1 && result[0] <= 2e3", None, {"min": 1, "max": 2000}),
        (None, "result[0] < 0.9 || 5 < result[0]", {"min": 0.9, "max": 5}),
        (None, "result > 5", {"max": 5}),
        ("result[0] >= -5", None, {"min": -5}),
        ("result[0] < 0.05", None, {"successWhen": "result < 0.05"}),
        (None, "result[0] >= 0.5", {"failWhen": "result >= 0.5"}),
        ("result[0] < 0.05", "result[0] > 0.2", {"successWhen": "result < 0.05", "failWhen": "result > 0.2"}),
        ("not (result > 5 and result < 7)", None, {"successWhen": "!(result > 5 && result < 7)"}),
        ("(result[0] + 1) * 2 < 3 - (2 - 1)", None, {"successWhen": "(result + 1) * 2 < 3 - (2 - 1)"}),
        ("result[0] >= {{ args.least }}", None, {"min": "{{args.least}}"}),
        ("result[0] < {{args.most}}", None, {"successWhen": "result < {{args.most}}"}),
        ("all(result, # < 0.5)", None, {"successWhen": "result < 0.5"}),
        ("all(result, {# <= 0.5})", None, {"max": 0.5}),
        ("asFloat(result) > 0", None, {"successWhen": "result > 0"}),
        ("result[0] == 1", None, {"successWhen": "result == 1"}),
    ],
)
def test_what_they_become(success: str | None, failure: str | None, expected: dict[str, Any]) -> None:
    found = translate(success, failure)
    assert (found.threshold, found.passes_unmeasured) == (expected, False)


@pytest.mark.parametrize(
    ("success", "failure", "passes"),
    [
        ("len(result) == 0 || result[0] >= 0.95", None, True),
        ("result[0] >= 0.95 || len(result) == 0", None, False),  # theirs looks at result[0] first, and that is an error
        ("isNaN(result[0]) || result[0] >= 0.95", None, True),
        ("len(result) > 0 && result[0] >= 0.95", None, False),
        ("!isNil(result) && result >= 0.95", None, False),
        ("result == nil || result >= 0.95", None, True),
        ("default(result, 1) >= 0.95", None, True),
        ("default(result[0], 0) >= 0.95", None, False),
        (None, "len(result) > 0 && result[0] < 0.95", True),
        (None, "result[0] < 0.95", False),
    ],
)
def test_guards_fall_away_and_what_they_said_of_missing_data_is_kept(
    success: str | None, failure: str | None, passes: bool
) -> None:
    found = translate(success, failure)
    assert (found.threshold, found.passes_unmeasured) == ({"min": 0.95}, passes)


@pytest.mark.parametrize(
    ("success", "says"),
    [
        ("result[1] > 5", "asks for another series than the first"),
        ("result.ok == true", "asks for a field of an object"),
        ('result == "ok"', "holds '\"ok\"', which is no part of a comparison of numbers"),
        ("asInt(result) > 5", "calls asInt"),
        ("latest > 5", "asks for latest"),
        ("len(other) > 5", "asks for other"),
        ("len(5) > 5", "tests something else than the measured value"),
        ("len(result) > 0", "is true whatever number is measured"),
        ("true", "is true whatever number is measured"),
        ("result + 1", "is neither true nor false"),
        ("result", "is neither true nor false"),
        ("result >", "ends too early"),
        ("result > 5 result", "goes on with 'result'"),
        ("(result > 5", "ends too early"),
        ("result > 5 ? true : false", "goes on with '?'"),
        ("result ** 2 > 5", "has"),
        ("(" * 300 + "result" + ")" * 300 + " > 1", "is nested too deeply"),
    ],
)
def test_what_cannot_be_said_surely_is_refused(success: str, says: str) -> None:
    with pytest.raises(Untranslatable) as refused:
        translate(success, None)
    assert says in str(refused.value) or says == "has"


def test_a_metric_without_a_condition_could_not_fail() -> None:
    with pytest.raises(Untranslatable, match="has no condition"):
        translate(None, None)


@given(st.text(alphabet="result[0]<>=!&|()len.isNa#{} ,-+*/notadr\"'", max_size=60))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except Untranslatable as error:
        assert str(error)  # noqa: PT017 - nearly everything is refused


# -- meaning ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """A condition as Argo's user writes it, and as Python means it for one number."""

    theirs: str
    python: str


NUMBERS = st.sampled_from(["0", "0.5", "1", "2", "3.25", "100"])
SIGNS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
COMPARED = st.one_of(
    st.builds(lambda sign, number: Written(f"result[0] {sign} {number}", f"(r {sign} {number})"), SIGNS, NUMBERS),
    st.builds(lambda sign, number: Written(f"{number} {sign} result", f"({number} {sign} r)"), SIGNS, NUMBERS),
    st.builds(
        lambda sign, a, b: Written(f"default(result, {a}) + {a} {sign} {b}", f"(r + {a} {sign} {b})"), SIGNS, NUMBERS, NUMBERS
    ),
    st.builds(
        lambda sign, a, b: Written(f"{a} * (result[0] - {b}) {sign} {b}", f"({a} * (r - {b}) {sign} {b})"),
        SIGNS,
        NUMBERS,
        NUMBERS,
    ),
)
GUARDS = st.sampled_from(
    [
        Written("len(result) == 0", "False"),
        Written("len(result) > 0", "True"),
        Written("isNaN(result[0])", "False"),
        Written("result != nil", "True"),
        Written("1 < 2", "True"),
    ]
)


def joined(parts: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    words = st.sampled_from([("&&", "and"), ("||", "or"), ("and", "and"), ("or", "or")])
    both = st.builds(
        lambda a, word, b: Written(f"({a.theirs}) {word[0]} ({b.theirs})", f"({a.python} {word[1]} {b.python})"),
        parts,
        words,
        parts,
    )
    return both | st.builds(lambda a: Written(f"!({a.theirs})", f"(not {a.python})"), parts)


CONDITIONS = st.recursive(COMPARED | GUARDS, joined, max_leaves=6)
VALUES = st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 3.25, 99.0, 100.0, 101.0])


def ours(threshold: dict[str, Any], value: float) -> Check:
    if {"successWhen", "failWhen"} & threshold.keys():
        return condition.conclude(threshold.get("successWhen"), threshold.get("failWhen"), value, None)
    within = threshold.get("min", value) <= value <= threshold.get("max", value)
    return Check.GOOD if within else Check.FAILED


def means(written: Written, value: float) -> bool:
    return bool(eval(written.python, {"r": value}))


@given(CONDITIONS, VALUES)
def test_a_success_condition_means_the_same(written: Written, value: float) -> None:
    try:
        found = translate(written.theirs, None)
    except Untranslatable:
        return
    assert ours(found.threshold, value) is (Check.GOOD if means(written, value) else Check.FAILED)


@given(CONDITIONS, CONDITIONS, VALUES)
def test_both_conditions_together_mean_the_same(good: Written, bad: Written, value: float) -> None:
    try:
        found = translate(good.theirs, bad.theirs)
    except Untranslatable:
        return
    expected = Check.FAILED if means(bad, value) else Check.GOOD if means(good, value) else Check.UNCLEAR
    assert ours(found.threshold, value) is expected


@given(CONDITIONS, VALUES)
def test_a_failure_condition_means_the_same(written: Written, value: float) -> None:
    try:
        found = translate(None, written.theirs)
    except Untranslatable:
        return
    assert ours(found.threshold, value) is (Check.FAILED if means(written, value) else Check.GOOD)
