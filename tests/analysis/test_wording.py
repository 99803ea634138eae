"""Numbers as people read them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from analysis.plan import Builtin, BuiltinMeasure, CountsMeasure, Dialect
from analysis.wording import number, percent, seconds, share, wording_of


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (0, "0 %"),
        (0.0000012, "0.00012 %"),
        (0.00051, "0.051 %"),
        (0.031, "3.1 %"),
        (0.0999, "10 %"),
        (0.1234, "12.3 %"),
        (1, "100 %"),
    ],
)
def test_percentages_keep_what_can_be_read(part, words):
    assert words == percent(part)


def test_a_share_of_nothing_is_a_dash():
    assert (share(0, 0), share(22, 11_032)) == ("-", "0.2 % of 11,032")


@pytest.mark.parametrize(
    ("value", "words"), [(1, "1"), (1.53, "1.5"), (9.99, "10"), (20, "20"), (4100.4, "4,100"), (1e300, "over 1,000,000")]
)
def test_evidence_is_no_more_precise_than_it_matters(value, words):
    assert words == number(value)


@pytest.mark.parametrize(
    ("amount", "words"), [("0.5", "500 ms"), ("0.0025", "2.5 ms"), ("1.50", "1.5 s"), ("10", "10 s"), ("0", "0 ms")]
)
def test_times_are_written_as_people_do(amount, words):
    assert words == seconds(Decimal(amount))


def test_a_bound_that_was_asked_for_goes_without_saying():
    slow = BuiltinMeasure(builtin=Builtin.SLOW_SHARE, dialect=Dialect.HTTP, above=timedelta(milliseconds=500))
    assert wording_of(slow, "500 ms").noted == ""
    assert wording_of(slow, None).does == "is slower than 500 ms in"
    assert wording_of(CountsMeasure(bad="a", total="b"), None).does == "goes wrong in"
