"""Scores by hand: groups, weights, critical metrics, missing data, and where we call a number something else than Kayenta."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.kayenta.config import Thresholds
from analysis.kayenta.scorer import Label, Labelled, ScoreLabel, total

LEAST = Thresholds.model_validate({"pass": 95, "marginal": 75})


def a(label=Label.PASS, *groups, **flags) -> Labelled:
    return Labelled(label=label, groups=groups or ("g",), reason=f"It is {label}.", **flags)


def scored(results, **weights):
    found = total(results, {name: float(weight) for name, weight in weights.items()}, LEAST)
    return found.score, found.label


@pytest.mark.parametrize(
    ("results", "weights", "score", "label"),
    [
        ([a()], {}, 100.0, ScoreLabel.PASS),
        ([a(Label.HIGH)], {}, 0.0, ScoreLabel.FAIL),
        ([a(), a(Label.LOW)], {}, 50.0, ScoreLabel.FAIL),
        ([a(), a(), a(Label.HIGH)], {}, 66.67, ScoreLabel.FAIL),
        ([*[a()] * 7, a(Label.NO_DATA_FAIL)], {}, 87.5, ScoreLabel.MARGINAL),
        ([*[a()] * 3, a(Label.LOW)], {}, 75.0, ScoreLabel.MARGINAL),
        ([a(Label.PASS, "x"), a(Label.HIGH, "y")], {"x": 80, "y": 20}, 80.0, ScoreLabel.MARGINAL),
        ([a(Label.PASS, "x"), a(Label.HIGH, "y"), a(Label.PASS, "z")], {"x": 40}, 70.0, ScoreLabel.FAIL),
        ([a(Label.PASS, "x", "y"), a(Label.HIGH, "y")], {"x": 50, "y": 50}, 75.0, ScoreLabel.MARGINAL),
        ([a(Label.PASS, "x")], {"x": 60, "absent": 40}, 60.0, ScoreLabel.FAIL),
        ([a(), a(Label.HIGH, muted=True)], {}, 100.0, ScoreLabel.PASS),
        ([a(), a(Label.PASS, critical=True)], {}, 100.0, ScoreLabel.PASS),
        ([*[a()] * 9, a(Label.HIGH, critical=True)], {}, 0.0, ScoreLabel.FAIL),
        ([a(), a(), a(Label.NO_DATA)], {}, 100.0, ScoreLabel.PASS),
    ],
)
def test_as_in_kayenta(results, weights, score, label):
    assert scored(results, **weights) == (score, label)


@pytest.mark.parametrize(
    ("results", "weights", "score", "label"),
    [
        ([a(Label.ERROR)] * 3, {}, 100.0, ScoreLabel.ERROR),
        ([*[a()] * 9, a(Label.ERROR)], {}, 100.0, ScoreLabel.ERROR),
        ([a(Label.HIGH), a(Label.ERROR)], {}, 0.0, ScoreLabel.FAIL),
        ([a(Label.ERROR, critical=True), a()], {}, 0.0, ScoreLabel.ERROR),
        ([a(Label.NO_DATA, critical=True), a()], {}, 0.0, ScoreLabel.NO_DATA),
        ([a(Label.NO_DATA, critical=True), a(Label.LOW, critical=True)], {}, 0.0, ScoreLabel.FAIL),
        ([a(Label.NO_DATA), a()], {}, 0.0, ScoreLabel.NO_DATA),
        ([a(Label.PASS, "x"), a(Label.PASS, "x"), a(Label.NO_DATA, "y")], {"x": 50, "y": 50}, 100.0, ScoreLabel.NO_DATA),
        ([a(Label.HIGH, "x"), a(Label.PASS, "x"), a(Label.NO_DATA, "y")], {"x": 80, "y": 20}, 60.0, ScoreLabel.FAIL),
        ([a(Label.HIGH, muted=True)], {}, 0.0, ScoreLabel.NO_DATA),
    ],
)
def test_missing_data_and_errors_neither_pass_nor_fail(results, weights, score, label):
    assert scored(results, **weights) == (score, label)


def test_a_reason_is_given_where_no_sum_decides():
    assert total([a(Label.HIGH, critical=True)], {}, LEAST).reason == "Canary Failed: It is High."
    assert total([a(Label.NO_DATA), a()], {}, LEAST).reason == "1 of 2 metrics have no data."
    assert total([a(Label.PASS, "x"), a(), a(Label.NO_DATA, "y")], {}, LEAST).reason == "No metric of group y has data."
    assert total([a()], {}, LEAST).reason == ""


def test_groups_show_their_own_scores():
    groups = total([a(Label.PASS, "x"), a(Label.HIGH, "x"), a(Label.NO_DATA, "y"), a(Label.PASS, "z")], {}, LEAST).groups
    assert {group.name: (group.score, group.judged) for group in groups} == {
        "x": (50.0, True),
        "y": (0.0, False),
        "z": (100.0, True),
    }


RESULTS = st.lists(st.builds(a, st.sampled_from(Label), st.sampled_from("xyz")), min_size=1, max_size=12)


@given(RESULTS, st.integers(0, 11))
def test_one_more_failure_never_helps(results, at):
    at = at % len(results)
    worse = [*results[:at], a(Label.HIGH, *results[at].groups), *results[at + 1 :]]
    if results[at].label is Label.PASS:
        assert total(worse, {}, LEAST).score <= total(results, {}, LEAST).score


@given(st.permutations([a(Label.PASS, "x"), a(Label.HIGH, "x"), a(Label.PASS, "y"), a(Label.NO_DATA, "y"), a(Label.LOW, "z")]))
def test_the_order_of_metrics_does_not_matter(results):
    assert scored(results, x=20) == (50.0, ScoreLabel.FAIL)
