"""Templates of the user's: known placeholders are filled in per version, and everything else is refused by name."""

from contextlib import suppress
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.plan import Version
from analysis.templates import BadTemplate, check, complete, fill, placeholders, settle
from tests.analysis.world import a_subject

ALL = "{{namespace}} {{pods}} {{leaf}} {{canary}} {{service}} {{ deployment }}"


def test_every_placeholder_is_filled_in_per_version():
    assert fill(ALL, a_subject(), Version.STABLE) == "bookinfo reviews-6d4b75cb6d-.+ reviews-stable reviews reviews reviews"
    assert fill(ALL, a_subject(), Version.CANARY) == "bookinfo reviews-canary-.+ reviews-canary reviews reviews reviews-canary"


def test_an_unknown_placeholder_is_named_and_the_known_ones_are_listed():
    with pytest.raises(BadTemplate) as refused:
        check('up{pod=~"{{target}}"}')
    known = "{{namespace}}, {{pods}}, {{leaf}}, {{canary}}, {{service}}, {{deployment}}, {{interval}}, {{from}}, {{to}}"
    assert f"The placeholder {{{{target}}}} is unknown; known are {known}." == str(refused.value)


def test_an_empty_query_is_refused():
    with pytest.raises(BadTemplate, match="The query is empty"):
        check("  \n ")


def test_what_is_filled_in_cannot_leave_its_string():
    hostile = a_subject(namespace='shop"} or vector(1) or up{a="\\')
    assert fill('up{namespace="{{namespace}}"}', hostile, Version.CANARY) == r'up{namespace="shop\"} or vector(1) or up{a=\"\\"}'


def test_what_is_filled_in_is_not_filled_in_again():
    assert fill("{{namespace}}", a_subject(namespace="{{pods}}"), Version.CANARY) == "{{pods}}"


def test_the_interval_is_settled_before_anything_else():
    settled = settle("rate(x{a='{{namespace}}'}[{{ interval }}s])", timedelta(seconds=90))
    assert settled == "rate(x{a='{{namespace}}'}[90s])"
    assert placeholders(settled) == {"namespace"}


def test_a_prometheus_has_no_window():
    with pytest.raises(BadTemplate, match=r"The placeholder \{\{from\}\} is unknown; known are"):
        fill("up > {{from}}", a_subject(), Version.CANARY)


def test_what_is_filled_in_is_quoted_for_where_it_stands():
    hostile = {"pods": "a&b=c/../[a-z]+#x"}
    assert complete("/q?p={{pods}}", hostile, lambda text: quote(text, safe="")) == "/q?p=a%26b%3Dc%2F..%2F%5Ba-z%5D%2B%23x"


@given(st.text())
def test_any_text_is_either_fine_or_refused(text):
    with suppress(BadTemplate):
        check(text)
        assert "{{" not in fill(text, a_subject(), Version.CANARY) or "}}" not in text.split("{{", 1)[1]
