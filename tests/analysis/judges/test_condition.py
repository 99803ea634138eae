"""Conditions in CEL: what is let in, what they answer, and that no text does more than answer or be refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.judges.condition import LONGEST, BadCondition, Check, NoAnswer, check, conclude, holds


@pytest.mark.parametrize(
    ("expression", "result", "stable", "answer"),
    [
        ("result < 0.05", 0.04, None, True),
        ("result < 0.05", 0.05, None, False),
        ("result<=1e-3", 0.001, None, True),
        ("result < 2 * stable", 1.9, 1.0, True),
        ("stable == null || result < stable", 5.0, None, True),
        ("stable == null || result < stable", 5.0, 4.0, False),
        ("result < 1 || result < 2 * stable", 0.5, None, True),
        ("(result - stable) / stable < 10 / 100", 1.05, 1.0, True),
        ("stable > 0 ? result / stable < 1.5 : result < .01", 0.0, 0.0, True),
        ("!(result > 1 && result != 3)", 3.0, None, True),
        ("-result < -1", 2.0, None, True),
        ("result == 5", 5.0, None, True),
    ],
)
def test_answers(expression, result, stable, answer):
    check(expression)
    assert answer is holds(expression, result, stable)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("result <", "'result <' is no CEL expression: it ends too early"),
        ("(result < 1", "is no CEL expression: missing ')' at the end"),
        ("result < < 1", "is no CEL expression: extraneous input '<'"),
        ("result", "neither true nor false: compare it with something"),
        ("result > 0 ? true : 1", "gives 1.0, neither true nor false"),
        ("1 < 2", "does not look at result, the canary's value"),
        ("result + true < 1", "calculate with numbers only, and join comparisons with && and ||"),
        ("result && true", "has no answer for result"),
        ("foo < 1", "has 'foo' at character 1: write numbers, result, stable"),
        ("result < size('a')", "has 'size' at character 10"),
        ("[1, 2].all(x, x > result)", "has '[1,' at character 1"),
        ("result in [1]", "has 'in' at character 8"),
        ("result.x < 1", "has '.x' at character 7"),
        ("result % 2 == 0", "has '%' at character 8"),
        ("result < '1'", "at character 10"),
        ("result < 0x10", "has '0x10' at character 10"),
        ("result < 5u", "has '5u' at character 10"),
        ("result < 1\u0663", "at character 10"),
        ("(" * 100 + "result < 1" + ")" * 100, "is nested too deeply"),
        ("result < 1" + " && result < 1" * 40, f"has 570 characters: shorten it to {LONGEST}"),
        ("  ", "is no CEL expression: it ends too early"),
    ],
)
def test_is_refused_with_a_sentence(expression, says):
    with pytest.raises(BadCondition) as refused:
        check(expression)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "result", "stable", "says"),
    [
        ("result < 2 * stable", 1.0, None, "Stable has no value, and `result < 2 * stable` asks for it."),
        ("result < 1 || result < 2 * stable", 2.0, None, "Stable has no value"),
        ("result / stable < 2", 0.0, 0.0, "`result / stable < 2` has no answer for result 0 and stable 0."),
        ("result < 1", float("nan"), None, "has no answer for result nan and stable null."),
    ],
)
def test_no_answer_is_neither_true_nor_false(expression, result, stable, says):
    check(expression)
    with pytest.raises(NoAnswer) as silence:
        holds(expression, result, stable)
    assert says in str(silence.value)


@pytest.mark.parametrize(
    ("success", "failure", "found"),
    [
        ("result < 1", None, Check.FAILED),
        ("result < 9", None, Check.GOOD),
        (None, "result > 1", Check.FAILED),
        (None, "result > 9", Check.GOOD),
        ("result < 9", "result > 1", Check.FAILED),
        ("result < 9", "result > 9", Check.GOOD),
        ("result < 1", "result > 9", Check.UNCLEAR),
    ],
)
def test_both_together_as_argo_has_them(success, failure, found):
    assert found is conclude(success, failure, 5.0, None)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
OPERAND = st.recursive(
    st.sampled_from(["result", "stable", "0", "1", "2.5", "1e9"]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
    max_leaves=6,
)
COMPARISON = st.builds("{} {} {}".format, OPERAND, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), OPERAND)
TRUTH = st.recursive(
    COMPARISON, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||"]), inner), max_leaves=4
)


def reply(expression, result=1.0, stable=None) -> str:
    """The answer, or the sentence that says why there is none."""
    try:
        check(expression)
        return str(holds(expression, result, stable))
    except (BadCondition, NoAnswer) as silence:
        return str(silence)


@given(TRUTH, NUMBERS, st.none() | NUMBERS)
def test_what_is_well_formed_answers_or_says_why_not(expression, result, stable):
    assert reply(expression, result, stable)


TOKENS = ["result", "stable", "true", "null", "1", "2.5", "<", "==", "&&", "!", "-", "/", "?", ":", "(", ")", ",", ".", "[", "'"]


@given(st.text(max_size=40) | st.lists(st.sampled_from(TOKENS)).map(" ".join))
def test_any_text_is_understood_or_refused(text):
    assert reply(text)


@given(st.floats(0.001, 1e6), st.floats(0.001, 1e6), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_comparisons_are_python_s(result, bound, sign):
    assert holds(f"result {sign} {bound!r}", result, None) is eval(f"{result!r} {sign} {bound!r}")
