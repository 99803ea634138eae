"""Arguments in queries: where they stand, and that none gets out of there."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.arguments import BadArgument, fill, names, whole

HOSTILE = st.text(alphabet=st.characters(codec="ascii", exclude_categories=("Cc",))) | st.text(
    alphabet="\"'`\\{}#,=~ )a", max_size=20
)


def literals(query: str) -> list[str]:
    """The string literals of a query, quotes included; fails on one that is not closed."""
    rest = re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`', "", query)
    assert not set("\"'`") & set(rest), query
    return re.findall(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`', query)


@given(HOSTILE)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_an_argument_stays_in_its_literal(quote: str, value: str) -> None:
    filled = fill(f"up{{job={quote}x-{{{{args.a}}}}{quote},b={quote}c{quote}}} > 1", {"a": value})
    escaped = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    assert literals(filled) == [f"{quote}x-{escaped}{quote}", f"{quote}c{quote}"]


@given(HOSTILE)
@pytest.mark.parametrize("template", ["rate(x[{{args.a}}]) > 1", "x # it's {{args.a}}\n", 'sum by ({{ args.a }}) (x{y="z"})'])
def test_outside_of_quotes_nothing_but_a_plain_word_is_let_in(template: str, value: str) -> None:
    try:
        filled = fill(template, {"a": value})
    except BadArgument as error:
        assert "only a number, a duration or a plain name" in str(error)  # noqa: PT017 - most are refused, some are not
    else:
        assert re.fullmatch(r"[+-]?[\w:.][\w:.-]*", value)
        assert filled == template.replace("{{args.a}}", value).replace("{{ args.a }}", value)


@pytest.mark.parametrize(
    ("template", "value", "filled"),
    [
        ("{{args.a}}", 'any("thing") {{ at all', 'any("thing") {{ at all'),
        (" {{ args.a }} ", "500ms", "500ms"),
        ("{{args.a}}%", "2.5", "2.5%"),
        ("x[{{args.a}}] offset -{{args.a}}", "5m", "x[5m] offset -5m"),
        ('x{a="\\"{{args.a}}"}', '"', 'x{a="\\"\\""}'),
        ("x{a=`{{args.a}}\\`} + y[{{args.a}}]", "5m", "x{a=`5m\\`} + y[5m]"),
        ("x{a=`{{args.a}}`}", '"\\', 'x{a=`"\\`}'),
        ("latency", "never", "latency"),
        ('x{a="{{pods}}-{{args.a}}"}', "b", 'x{a="{{pods}}-b"}'),
    ],
)
def test_what_is_filled_in(template: str, value: str, filled: str) -> None:
    assert fill(template, {"a": value}) == filled


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("x{a=`{{args.a}}`}", "`"),
        ("# don't\nx[{{args.a}}]", "5m] or y["),  # the apostrophe of a comment opens no literal
        ('x{a="b\nc[{{args.a}}]', "5m] or y["),  # a line's end closes one
    ],
)
def test_what_would_get_out_is_refused(template: str, value: str) -> None:
    with pytest.raises(BadArgument, match="ends the quotes" if "`" in value else "stands outside of quotes"):
        fill(template, {"a": value})


def test_an_argument_that_nobody_declared_is_named() -> None:
    with pytest.raises(
        BadArgument, match=r"\{\{args\.b\}\} is not among the template's arguments \(a, c\): declare it in spec\.args"
    ):
        fill("{{args.b}}", {"c": "1", "a": "2"})


def test_which_arguments_a_text_asks_for() -> None:
    assert names("{{args.a}} {{ args.b-c }} {{pods}} {{args.}}") == {"a", "b-c", ""}
    assert (whole("{{args.a}}"), whole("{{args.a}}s"), whole("5m")) == ("a", None, None)
