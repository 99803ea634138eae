import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.scalars.durations import ANY_DURATION, WHOLE_SECONDS, format_duration, parse_duration

written = st.lists(
    st.tuples(st.integers(0, 99_999), st.sampled_from(["", ".5", ".25", ".001"]), st.sampled_from(["ms", "s", "m", "h", "d"])),
    min_size=1,
    max_size=2,
).map(lambda parts: "".join(f"{count}{fraction}{unit}" for count, fraction, unit in parts))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("1d", timedelta(days=1)),
        ("0s", timedelta(0)),
        ("1.5h", timedelta(minutes=90)),
    ],
)
def test_reads_what_people_write(text: str, span: timedelta):
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("5", "5 has no unit: write 5s for seconds or 5m for minutes"),
        (5, "5 has no unit"),
        (0, "0 has no unit"),
        (1.5, "1.5 has no unit"),
        ("-1m", "-1m is negative, which no duration can be"),
        (-5, "-5 is negative"),
        ("", "'' is not a duration: write it as 500ms, 30s, 5m, 1h30m or 1d"),
        ("1 h", "'1 h' is not a duration"),
        ("1w", "'1w' is not a duration"),
        ("1H", "'1H' is not a duration"),
        ("١s", "'١s' is not a duration"),
        ("5m\n", "is not a duration"),
        ("9" * 30 + "s", "is not a duration"),
        (None, "None is not a duration"),
        (True, "True is not a duration"),
    ],
)
def test_refuses_the_rest_with_a_remedy(value: object, says: str):
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_duration(value)


@given(st.timedeltas(timedelta(0), timedelta(days=3000)))
def test_what_is_formatted_is_read_again(span: timedelta):
    assert parse_duration(format_duration(span)) == span


def test_formats_as_people_write():
    spans = [
        timedelta(0),
        timedelta(seconds=90),
        timedelta(milliseconds=1500),
        timedelta(days=1, hours=2),
        timedelta(microseconds=7),
    ]
    assert [format_duration(span) for span in spans] == ["0s", "1m30s", "1s500ms", "1d2h", "0.007ms"]


def test_long_spans_are_exact():
    assert parse_duration("1s53376d") == timedelta(days=53376, seconds=1)


@given(written)
def test_the_patterns_agree_with_the_values(text: str):
    span = parse_duration(text)
    assert bool(re.search(ANY_DURATION, text))
    assert bool(re.search("[1-9]", text)) == (span > timedelta(0))
    assert not (re.search(WHOLE_SECONDS, text) and span % timedelta(seconds=1))


@given(st.text(alphabet="0123456789.smhd-w +", max_size=26))
def test_any_text_is_a_duration_or_refused(text: str):
    try:
        span = parse_duration(text)
    except ValueError:
        return
    assert span >= timedelta(0)
    assert re.search(ANY_DURATION, text)
