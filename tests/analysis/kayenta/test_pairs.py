"""What becomes of points before they are ranked, with numpy's percentiles beside ours."""

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.kayenta.config import NanStrategy, Outliers
from analysis.kayenta.pairs import PAIRS, cleaned, measured, percentile

KEEP = Outliers()
REMOVE = Outliers.model_validate({"strategy": "remove"})
NUMBERS = st.floats(-1e6, 1e6)


def test_points_without_a_value_are_removed_or_zero():
    assert cleaned([1.0, nan, 3.0], NanStrategy.REMOVE, KEEP) == [1.0, 3.0]
    assert cleaned([1.0, nan, 3.0], NanStrategy.REPLACE, KEEP) == [1.0, 0.0, 3.0]


def test_outliers_go_beyond_the_fences_by_hand():
    # Quartiles 2 and 4: fences at -4 and 10; but 1 % and 99 % of the five points are 1.04 and 96.2, so 100 lies outside of both.
    points = [1.0, 2.0, 3.0, 4.0, 100.0]
    assert cleaned(points, NanStrategy.REMOVE, REMOVE) == [1.0, 2.0, 3.0, 4.0]
    assert cleaned(points, NanStrategy.REMOVE, Outliers.model_validate({"strategy": "remove", "outlierFactor": 50})) == points
    assert cleaned(points, NanStrategy.REMOVE, KEEP) == points


def test_the_middle_stays_however_narrow_the_fences():
    points = [5.0] * 98 + [1.0, 9.0]
    assert cleaned(points, NanStrategy.REMOVE, REMOVE) == [5.0] * 98


def test_nothing_stays_nothing():
    assert cleaned([nan], NanStrategy.REMOVE, REMOVE) == []
    assert not measured([nan, nan])
    assert measured([nan, 0.0])


@given(st.lists(NUMBERS, min_size=1, max_size=40), st.sampled_from([0.0, 0.01, 0.25, 0.5, 0.99, 1.0]))
def test_percentiles_are_numpys(values, share):
    assert percentile(sorted(values), share) == pytest.approx(np.percentile(values, share * 100), rel=1e-9, abs=1e-9)


@given(st.lists(NUMBERS, min_size=1, max_size=40), st.floats(0, 5))
def test_the_fences_are_the_wider_ones(values, factor):
    low, first, third, high = np.percentile(values, [1, 25, 75, 99])
    reach = factor * (third - first)
    fences = min(low, first - reach), max(high, third + reach)
    outliers = Outliers.model_validate({"strategy": "remove", "outlierFactor": factor})
    slack = 1e-9 * (1 + abs(fences[0]) + abs(fences[1]))
    kept = cleaned(values, NanStrategy.REMOVE, outliers)
    assert all(fences[0] - slack <= value <= fences[1] + slack for value in kept)
    assert all(value in kept for value in values if fences[0] + slack <= value <= fences[1] - slack)


def test_a_list_as_kayenta_archives_it():
    archived = [
        {
            "name": "errors",
            "id": "b1",
            "tags": {"zone": "a"},
            "values": {"control": [0, 1, "NaN"], "experiment": [0, 2.5, 3]},
            "scopes": {"control": {"startTimeIso": "2026-03-02T12:00:00Z", "startTimeMillis": 0, "stepMillis": 60000}},
            "attributes": {"control": {"query": "up"}},
        }
    ]
    [pair] = PAIRS.validate_python(archived)
    assert (pair.name, pair.id, pair.tags, pair.values.experiment) == ("errors", "b1", {"zone": "a"}, (0.0, 2.5, 3.0))
    assert pair.values.control[:2] == (0.0, 1.0)
    assert isnan(pair.values.control[2])


@pytest.mark.parametrize(
    "pair",
    [
        {"name": "errors"},
        {"name": "errors", "values": {"control": [1]}},
        {"name": "errors", "values": {"control": [1], "experiment": ["many"]}},
        {"name": "errors", "values": {"control": [1], "experiment": ["Infinity"]}},
        {"values": {"control": [1], "experiment": [1]}},
    ],
)
def test_what_is_no_pair_is_refused(pair):
    with pytest.raises(ValidationError):
        PAIRS.validate_python([pair])
