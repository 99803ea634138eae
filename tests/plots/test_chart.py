import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.plots.chart import Ink, Line, linear, logarithmic, staircase, time_label, time_ticks, value_label


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (100, (0, 20, 40, 60, 80, 100)),
        (2.1, (0, 0.5, 1, 1.5, 2, 2.5)),
        (0.031, (0, 0.01, 0.02, 0.03, 0.04)),
        (0, (0, 0.2, 0.4, 0.6, 0.8, 1)),
    ],
)
def test_a_linear_axis_has_round_ticks_beyond_its_values(most, ticks):
    assert linear(most).ticks == pytest.approx(ticks)


@given(st.floats(1e-6, 1e12))
def test_every_value_has_its_place_on_an_axis(most):
    for scale in (linear(most), logarithmic([most])):
        assert 0 <= scale.place(most) <= 1
        assert scale.place(scale.low) == 0
        assert 2 <= len(scale.ticks) <= 8
    assert linear(most).high >= most * (1 - 1e-9)


def test_powers_of_ten_from_a_tenth_on():
    scale = logarithmic([0.01, 4100])
    assert scale.ticks == (1, 10, 100, 1000, 10000)
    assert [scale.place(value) for value in (0.0, 0.1, 1, 1e9)] == pytest.approx([0, 0, 0.2, 1])


@given(st.floats(1, 5_000_000))
def test_the_axis_of_time_is_not_crowded(seconds):
    ticks = time_ticks(seconds)
    assert ticks[0] == 0
    assert ticks[-1] <= seconds
    assert len(ticks) <= 9


def test_labels():
    assert [time_label(seconds) for seconds in (0, 45, 90, 7200, 86400)] == ["0", "45s", "1m30s", "2h", "1d"]
    assert [value_label(value, " %") for value in (0, 0.25, 1000)] == ["0 %", "0.25 %", "1,000 %"]


def test_a_line_is_cut_where_nothing_is_known():
    line = Line(name="canary", ink=Ink.BLUE, points=((0, 1.0), (10, 2.0), (20, None), (30, 4.0)))
    assert staircase(line) == [[(0, 1.0), (10, 2.0)], [(30, 4.0)]]


def test_stairs_have_corners_and_hold_until_they_are_cut():
    line = Line(name="weight", ink=Ink.GREY, points=((0, 5.0), (10, 25.0), (20, None)), stairs=True)
    assert staircase(line) == [[(0, 5.0), (10, 5.0), (10, 25.0), (20, 25.0)]]
