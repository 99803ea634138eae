"""Canary configs of Kayenta's: what is read, what is taken for granted, and what is refused at which field."""

import pytest
from pydantic import ValidationError

from analysis.kayenta.config import CanaryConfig, NanStrategy, OutlierStrategy, Thresholds
from analysis.plan import Direction, Effect, EffectSize, Rank
from canary.api.refusals import causes_of

WHOLE = {
    "name": "golden signals",
    "description": "what we watch",
    "configVersion": "1.0",
    "applications": ["ad-hoc"],
    "judge": {"name": "NetflixACAJudge-v1.0", "judgeConfigurations": {}},
    "metrics": [
        {
            "name": "errors",
            "scopeName": "default",
            "groups": ["Errors", "All"],
            "query": {"type": "prometheus", "metricName": "requests_total", "labelBindings": []},
            "analysisConfigurations": {
                "canary": {
                    "direction": "increase",
                    "nanStrategy": "replace",
                    "critical": True,
                    "mustHaveData": True,
                    "muted": False,
                    "effectSize": {"measure": "cles", "allowedIncrease": 0.6, "criticalIncrease": "0.8"},
                    "outliers": {"strategy": "remove", "outlierFactor": 2},
                }
            },
        },
        {"name": "latency", "groups": ["Latency"]},
    ],
    "templates": {"mine": "PromQL:up"},
    "classifier": {"groupWeights": {"Errors": 70, "Latency": 30}, "scoreThresholds": {"pass": 90, "marginal": 60}},
}


def test_a_whole_config():
    config = CanaryConfig.model_validate(WHOLE)
    errors, _ = config.metrics
    analysis = errors.analysis
    assert (errors.groups, analysis.critical, analysis.must_have_data, analysis.muted) == (("Errors", "All"), True, True, False)
    assert (analysis.nan_strategy, analysis.outliers.strategy) == (NanStrategy.REPLACE, OutlierStrategy.REMOVE)
    effect = Effect(measure=EffectSize.CLES, allowed_increase=0.6, critical_increase=0.8)
    assert analysis.rank() == Rank(direction=Direction.INCREASE, tolerance=0.25, confidence=0.98, points=1, effect=effect)
    assert config.classifier.group_weights == {"Errors": 70.0, "Latency": 30.0}
    assert config.classifier.score_thresholds == Thresholds.model_validate({"pass": 90, "marginal": 60})


def test_what_is_left_out_is_as_in_kayenta():
    analysis = CanaryConfig.model_validate(WHOLE).by_name["latency"].analysis
    assert analysis.rank() == Rank(direction=Direction.EITHER, points=1)
    assert (analysis.nan_strategy, analysis.outliers.strategy, analysis.outliers.outlier_factor) == ("remove", "keep", 3.0)
    assert [analysis.critical, analysis.must_have_data, analysis.muted] == [False] * 3


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"metrics": []}, "config.metrics", "is empty: add an item"),
        ({"metrics": [{"groups": ["a"]}]}, "config.metrics[0].name", "is missing: add it"),
        ({"metrics": [{"name": "a"}, {"name": "a"}]}, "config.metrics[1].name", 'there is another metric called "a"'),
        ({"judge": {"name": "dredd"}}, "config.judge.name", 'there is no judge "dredd" here: write NetflixACAJudge-v1.0'),
        ({"classifier": {"groupWeights": {"a": -1}}}, "config.classifier.groupWeights.a", "-1 is too small: write at least 0"),
        (
            {"classifier": {"scoreThresholds": {"pass": 60, "marginal": 80}}},
            "config.classifier.scoreThresholds",
            "marginal 80 is above pass 60: lower marginal, or raise pass",
        ),
    ],
)
def test_is_refused_at_its_field(change, field, says):
    assert said({**WHOLE, **change}, field).startswith(says)


@pytest.mark.parametrize(
    ("canary", "field", "says"),
    [
        ({"direction": "up"}, "direction", '"up" is not known: write one of increase, decrease, either'),
        ({"nanStrategy": "zero"}, "nanStrategy", '"zero" is not known: write one of remove, replace'),
        ({"outliers": {"strategy": "cut"}}, "outliers.strategy", '"cut" is not known: write one of keep, remove'),
        ({"effectSize": {"measure": "d"}}, "effectSize.measure", '"d" is not known: write one of meanRatio, cles'),
    ],
)
def test_an_unknown_word_is_not_guessed_at(canary, field, says):
    change = {"metrics": [{"name": "a", "analysisConfigurations": {"canary": canary}}]}
    assert said({**WHOLE, **change}, f"config.metrics[0].analysisConfigurations.canary.{field}") == says


def said(config, field) -> str:
    with pytest.raises(ValidationError) as refused:
        CanaryConfig.model_validate(config)
    return next(cause.message for cause in causes_of(refused.value, "config") if cause.field == field)
