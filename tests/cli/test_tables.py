"""Lists, histories, lines and spans: plain text."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.cli.ages import age, span
from canary.cli.columns import columns
from canary.cli.history import history_table
from canary.cli.list import table
from canary.cli.progress import progress_line
from canary.cli.reading import read
from canary.errors import Invalid
from tests.cli.states import NOW, a_canary, idle, progressing, rolled_back


def test_a_list() -> None:
    readings = [read(a_canary(progressing())), read(a_canary(idle(), name="details")), read(a_canary(name="ratings"))]
    assert table(readings, NOW) == [
        "NAME      PHASE         STEP   WEIGHT   VERDICT    MESSAGE                                  AGE",
        "details   Idle          -      -        -          6d4b75cb6d serves; nothing new to try.   3h",
        "ratings   Idle          -      -        -          Not looked at by any controller yet.     3h",
        "reviews   Progressing   2/4    25%      Continue   Holds 25 % for 5m.                       3h",
    ]


def test_a_narrow_terminal_cuts_the_message_only() -> None:
    assert table([read(a_canary(rolled_back()))], NOW, width=77) == [
        "NAME      PHASE        STEP   WEIGHT   VERDICT   MESSAGE                  AGE",
        "reviews   RolledBack   -      -        -         Canary fails 30 % of …   3h",
    ]


def test_all_namespaces_and_wide() -> None:
    lines = table([read(a_canary(progressing()))], NOW, everywhere=True, wide=True, width=40)
    head, sides = ["NAMESPACE", "NAME", "PHASE", "STEP", "WEIGHT", "VERDICT"], ["STABLE", "IMAGE", "TRIED", "IMAGE"]
    assert lines[0].split() == [*head, *sides, "MESSAGE", "AGE"]
    assert "bookinfo    reviews" in lines[1]
    assert "6d4b75cb6d   reviews:v1   a1b2c3d4e5   reviews:v2   Holds 25 % for 5m.   3h" in lines[1]


def test_a_history() -> None:
    why = "Canary fails 30 % of 52 requests, stable 0 % of 400: over the limit of 5 %."
    assert history_table(read(a_canary(rolled_back())), NOW) == [
        "NUMBER   REVISION     IMAGE        OUTCOME      TOOK   ENDED     WHY",
        f"3        a1b2c3d4e5   reviews:v2   RolledBack   2m     10m ago   {why}",
    ]


def test_a_line_of_progress() -> None:
    assert progress_line(read(a_canary(progressing()))) == "reviews  Progressing  2/4  25%  Continue  Holds 25 % for 5m."
    assert progress_line(read(a_canary())) == "reviews  not looked at by any controller yet"


def test_a_status_that_somebody_else_wrote_is_an_error_of_one_line() -> None:
    with pytest.raises(Invalid, match=r"The status of Canary reviews can't be read \(status\.phase\)"):
        read(a_canary({"phase": "Sideways"}))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (-5, "0s"), (59.9, "59s"), (60, "1m"), (192, "3m12s"), (3600, "1h"), (90061, "1d1h")]
)
def test_a_span_has_two_units_at_most(seconds: float, text: str) -> None:
    assert text == span(timedelta(seconds=seconds))


def test_an_age_has_one_unit() -> None:
    assert [age(NOW - timedelta(seconds=seconds), NOW) for seconds in (0, 740, 180000)] == ["0s", "12m", "2d"]


@given(st.lists(st.tuples(st.text("ab ", max_size=30), st.text("cd ", max_size=60)), max_size=5), st.integers(60, 120))
def test_lines_fit_the_width(rows: list[tuple[str, str]], width: int) -> None:
    lines = columns([("NAME", "MESSAGE"), *rows], elastic="MESSAGE", width=width)
    assert len(lines) == len(rows) + 1
    assert all(len(line) <= width for line in lines)
