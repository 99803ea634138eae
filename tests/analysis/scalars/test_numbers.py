import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from analysis.scalars import Percent, PositivePercent, Weight, exact, format_percent, parse_percent, plain
from analysis.scalars.numbers import PERCENT

WEIGHT = TypeAdapter(Weight)
thousandths = st.integers(1, 100_000).map(lambda count: Decimal(count) / 1000)
percentages = st.integers(0, 100_000_000).map(lambda count: Decimal(count) / 1_000_000)


@given(thousandths)
def test_every_weight_survives_json_exactly(weight: Decimal):
    assert WEIGHT.validate_python(json.loads(json.dumps(plain(weight)))) == weight


@given(st.floats() | st.integers() | st.booleans() | st.text(max_size=5) | st.none())
def test_anything_is_a_weight_or_refused(value: object):
    try:
        weight = WEIGHT.validate_python(value)
    except ValidationError:
        return
    assert 0 < weight <= 100
    assert weight == weight.quantize(Decimal("0.001"))


@pytest.mark.parametrize(("value", "decimal"), [(5, "5"), (0.1, "0.1"), (33.333, "33.333"), (2e9, "2E+9"), (100.0, "100")])
def test_a_number_is_what_its_author_wrote(value: float, decimal: str):
    assert exact(value) == Decimal(decimal)


@pytest.mark.parametrize("value", [True, "5", None, float("nan"), float("inf"), [5]])
def test_what_is_no_number_is_refused(value: object):
    with pytest.raises(ValueError, match=r"is not a (finite )?number"):
        exact(value)


@given(percentages)
def test_every_percentage_is_read_again(share: Decimal):
    assert parse_percent(format_percent(share)) == share


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (5, "5 has no unit: write 5%"),
        (0.05, "0.05 has no unit: write 0.05%"),
        ("5", '"5" is not a percentage'),
        ("5 %", '"5 %" is not a percentage'),
        ("101%", '"101%" is not a percentage from 0% to 100%'),
        ("100.1%", "is not a percentage"),
        ("-1%", "is not a percentage"),
        ("1.1234567%", "is not a percentage"),
        (None, "null is not a percentage"),
    ],
)
def test_what_is_no_percentage_is_refused(value: object, says: str):
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_percent(value)


@given(st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,7})?%", fullmatch=True))
def test_the_patterns_agree_with_the_values(text: str):
    good = len(text.partition(".")[2]) <= 7 and Decimal(text[:-1]) <= 100 and len(text.partition(".")[0].rstrip("%")) <= 3
    assert bool(re.search(PERCENT, text)) == (good and _short(text))
    assert bool(re.search("[1-9]", text)) == (Decimal(text[:-1]) > 0)


def _short(text: str) -> bool:
    """Two digits before the point unless it is 100."""
    whole = text[:-1].partition(".")[0]
    return len(whole) <= 2 or whole == "100"


def test_a_bound_of_nothing_is_refused_where_it_makes_no_sense():
    assert TypeAdapter(Percent).validate_python("0%") == 0
    with pytest.raises(ValidationError, match="is nothing: write more than 0%"):
        TypeAdapter(PositivePercent).validate_python("0.0%")
