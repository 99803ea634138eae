"""Whole judgements: labels against numpy and scipy, missing data, and the result in Kayenta's JSON."""

import json
import random
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.kayenta.config import CanaryConfig, Thresholds
from analysis.kayenta.judge import Judgement, UnknownMetric, judge_pairs, to_json
from analysis.kayenta.pairs import PAIRS
from tests.analysis.judges import rank_oracle

STEADY = [10.0, 11.0, 12.0, 11.0, 10.0, 12.0, 11.0, 10.5]
HIGHER = [value + 10 for value in STEADY]


def a_config(*metrics, **canary) -> CanaryConfig:
    listed = metrics or ({"name": "errors", "groups": ["g"], "analysisConfigurations": {"canary": canary}},)
    return CanaryConfig.model_validate({"metrics": list(listed)})


def a_pair(control, experiment, name="errors"):
    return {"name": name, "id": f"id of {name}", "values": {"control": list(control), "experiment": list(experiment)}}


def judged(config, *pairs) -> Judgement:
    return judge_pairs(config, PAIRS.validate_python(list(pairs)), Thresholds())


def label(control, experiment, **canary) -> str:
    [result] = judged(a_config(**canary), a_pair(control, experiment)).results
    return result.labelled.label


@pytest.mark.parametrize(
    ("control", "experiment", "canary", "expected"),
    [
        (STEADY, STEADY, {}, "Pass"),
        (STEADY, HIGHER, {}, "High"),
        (HIGHER, STEADY, {}, "Low"),
        (HIGHER, STEADY, {"direction": "increase"}, "Pass"),
        (STEADY, HIGHER, {"effectSize": {"allowedIncrease": 3}}, "Pass"),
        (STEADY, [], {}, "Nodata"),
        ([], STEADY, {}, "Nodata"),
        (STEADY, [nan] * 8, {}, "Nodata"),
        (STEADY, [nan] * 8, {"mustHaveData": True}, "NodataFailMetric"),
        (STEADY, [nan] * 8, {"mustHaveData": True, "critical": True}, "Nodata"),
        (STEADY, [nan] * 8, {"nanStrategy": "replace", "direction": "increase"}, "Nodata"),
        ([nan] * 8, HIGHER, {"nanStrategy": "replace"}, "High"),
        ([], [1.0], {"nanStrategy": "replace"}, "Nodata"),
        ([1.0], [2.0], {}, "Error"),
        ([*STEADY, 1e9], [*HIGHER, -1e9], {"outliers": {"strategy": "remove"}}, "High"),
    ],
)
def test_labels(control, experiment, canary, expected):
    assert label(control, experiment, **canary) == expected


@given(st.integers(0, 9_999), st.integers(10, 40), st.sampled_from([0.7, 1.0, 1.2, 2.0]), st.sampled_from(["increase", "either"]))
def test_labels_agree_with_numpy_and_scipy(seed, many, factor, direction):
    seeded = random.Random(seed)
    control = [seeded.lognormvariate(2, 0.4) for _ in range(many)]
    experiment = [seeded.lognormvariate(2, 0.4) * factor for _ in range(many)]
    assert label(control, experiment, direction=direction) in rank_oracle.standings(experiment, control, direction)


@pytest.mark.parametrize(("bound", "score", "critical"), [(1.5, 0.0, True), (4.0, 50.0, False)])
def test_a_critical_metric_decides_only_beyond_its_critical_bound(bound, score, critical):
    grave = {"critical": True, "effectSize": {"criticalIncrease": bound}}
    config = a_config(
        {"name": "errors", "groups": ["g"], "analysisConfigurations": {"canary": grave}}, {"name": "other", "groups": ["g"]}
    )
    found = judged(config, a_pair(STEADY, HIGHER), a_pair(STEADY, STEADY, "other"))
    assert (found.score.score, found.score.label, found.results[0].labelled.critical) == (score, "Fail", critical)


def test_a_dead_canary_does_not_pass():
    found = judged(a_config(nanStrategy="replace", direction="increase"), a_pair(STEADY, ["NaN"] * 8))
    assert (found.score.label, found.score.reason) == ("Nodata", "1 of 1 metrics have no data.")


def test_a_metric_that_the_list_leaves_out_has_no_data():
    found = judged(a_config({"name": "errors"}, {"name": "latency"}), a_pair(STEADY, STEADY))
    assert [(result.name, result.labelled.label) for result in found.results] == [("errors", "Pass"), ("latency", "Nodata")]


def test_a_metric_counts_once_for_each_set_of_tags():
    found = judged(a_config(), a_pair(STEADY, STEADY), a_pair(STEADY, STEADY), a_pair(STEADY, HIGHER))
    assert found.score.score == 66.67


def test_a_pair_of_nothing_that_is_known_is_refused():
    with pytest.raises(UnknownMetric, match=r'there is no metric "latency" in the config \(errors\)'):
        judged(a_config(), a_pair(STEADY, STEADY, "latency"))


def test_the_result_in_kayentas_words():
    found = to_json(judged(a_config(), a_pair([1.0, 2.0, "NaN", 3.0], [1.0, 3.0, 2.0])))
    stats = {"min": 1.0, "max": 3.0, "mean": 2.0, "std": 1.0, "count": 3}
    assert json.loads(json.dumps(found)) == {
        "judgeName": "NetflixACAJudge-v1.0",
        "results": [
            {
                "name": "errors",
                "id": "id of errors",
                "tags": {},
                "classification": "Pass",
                "classificationReason": "",
                "groups": ["g"],
                "experimentMetadata": {"stats": stats},
                "controlMetadata": {"stats": stats},
                "resultMetadata": {"ratio": 1.0},
                "critical": False,
                "muted": False,
            }
        ],
        "groupScores": [{"name": "g", "score": 100.0, "classification": "", "classificationReason": ""}],
        "score": {"score": 100.0, "classification": "Pass", "classificationReason": ""},
    }


def test_the_result_shows_how_much():
    [result] = to_json(judged(a_config(), a_pair(STEADY, HIGHER)))["results"]
    assert result["classificationReason"].startswith("errors was classified as High (shifted by 10")
    assert result["resultMetadata"]["ratio"] == pytest.approx(1.914, abs=0.001)


def test_a_ratio_to_nothing_is_no_number():
    [result] = to_json(judged(a_config(), a_pair([0.0] * 8, HIGHER)))["results"]
    assert result["resultMetadata"] == {"ratio": "NaN"}
    assert json.dumps(result, allow_nan=False)


def test_a_metric_without_points_has_no_statistics():
    [result] = to_json(judged(a_config(), a_pair(STEADY, [])))["results"]
    assert result["experimentMetadata"]["stats"] == {"min": 0.0, "max": 0.0, "mean": 0.0, "std": 0.0, "count": 0}
