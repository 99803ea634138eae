"""Judges a list of metric-set pairs by a canary config, and puts the result into Kayenta's own JSON.

Each pair is a metric of its own, so a metric with several sets of tags counts several times. Unlike in Kayenta, a canary that
has no value at all is `Nodata` whatever `nanStrategy` says (zeros in its place would let a dead one pass), and so is a metric
of the config that the list leaves out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from statistics import fmean, stdev
from typing import Any

from analysis.judges.rank_compare import Standing, compare
from analysis.judges.rank_shift import AllTied
from analysis.kayenta.config import JUDGE, CanaryConfig, KayentaMetric, Thresholds
from analysis.kayenta.pairs import MetricSetPair, cleaned, measured
from analysis.kayenta.scorer import Label, Labelled, TotalScore, total
from analysis.wording import number


class UnknownMetric(ValueError):
    """A pair is of a metric that the config doesn't have; the message is a sentence that names both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult:
    """One pair, judged: the points that were ranked, what they come to, and how many times stable's mean the canary's is."""

    name: str
    labelled: Labelled
    id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    control: Sequence[float] = ()
    experiment: Sequence[float] = ()
    ratio: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All metrics and their score."""

    results: tuple[MetricResult, ...]
    score: TotalScore


def judge_pairs(config: CanaryConfig, pairs: Sequence[MetricSetPair], thresholds: Thresholds) -> Judgement:
    """The judgement of a canary. Raises UnknownMetric."""
    results = (*_judged(config, pairs), *_missing(config, pairs))
    score = total([result.labelled for result in results], config.classifier.group_weights, thresholds)
    return Judgement(results=results, score=score)


def judge_pair(metric: KayentaMetric, pair: MetricSetPair) -> MetricResult:
    """One metric by its points."""
    analysis = metric.analysis
    control, experiment = (
        cleaned(values, analysis.nan_strategy, analysis.outliers) for values in (pair.values.control, pair.values.experiment)
    )
    silent = not control or not experiment or not measured(pair.values.experiment)
    labelled = _no_data(metric) if silent else _ranked(metric, control, experiment)
    return MetricResult(
        name=pair.name,
        labelled=labelled,
        id=pair.id,
        tags=pair.tags,
        control=control,
        experiment=experiment,
        ratio=1.0 if silent else _ratio(control, experiment),
    )


def to_json(judgement: Judgement) -> dict[str, Any]:
    """As Kayenta writes it; standard deviations are those of samples."""
    score = judgement.score
    return {
        "judgeName": JUDGE,
        "results": [_result_to_json(result) for result in judgement.results],
        "groupScores": [
            {"name": group.name, "score": group.score, "classification": "", "classificationReason": ""} for group in score.groups
        ],
        "score": {"score": score.score, "classification": score.label, "classificationReason": score.reason},
    }


def _judged(config: CanaryConfig, pairs: Sequence[MetricSetPair]) -> Iterator[MetricResult]:
    for pair in pairs:
        if pair.name not in config.by_name:
            known = ", ".join(config.by_name)
            raise UnknownMetric(f'there is no metric "{pair.name}" in the config ({known}): add it there, or leave the pair out')
        yield judge_pair(config.by_name[pair.name], pair)


def _missing(config: CanaryConfig, pairs: Sequence[MetricSetPair]) -> Iterator[MetricResult]:
    given = {pair.name for pair in pairs}
    return (MetricResult(name=metric.name, labelled=_no_data(metric)) for metric in config.metrics if metric.name not in given)


def _no_data(metric: KayentaMetric) -> Labelled:
    analysis = metric.analysis
    required = analysis.must_have_data and not analysis.critical
    label = Label.NO_DATA_FAIL if required else Label.NO_DATA
    return _labelled(metric, label, f"Missing data for {metric.name}", critical=analysis.critical)


def _ranked(metric: KayentaMetric, control: Sequence[float], experiment: Sequence[float]) -> Labelled:
    critical = metric.analysis.critical
    try:
        found = compare(experiment, control, metric.analysis.rank())
    except AllTied:
        return _labelled(metric, Label.ERROR, f"{metric.name} has too few points to be ranked", critical=critical)
    if found.standing is Standing.PASS:
        return _labelled(metric, Label.PASS, "")
    size = "" if found.effect is None else f", effect size {number(found.effect)}"
    moved = "" if found.shift is None else f" (shifted by {found.shift.estimate:.4g}{size})"
    grave = critical and found.critical
    reason = f"{metric.name} was classified as {found.standing}{' (Critical)' if grave else ''}{moved}"
    return _labelled(metric, Label(found.standing.value), reason, critical=grave)


def _labelled(metric: KayentaMetric, label: Label, reason: str, *, critical: bool = False) -> Labelled:
    return Labelled(label=label, reason=reason, groups=metric.groups, critical=critical, muted=metric.analysis.muted)


def _ratio(control: Sequence[float], experiment: Sequence[float]) -> float:
    if sorted(control) == sorted(experiment):
        return 1.0
    above, below = fmean(experiment), fmean(control)
    return above / below if above and below else nan


def _result_to_json(result: MetricResult) -> dict[str, Any]:
    labelled = result.labelled
    return {
        "name": result.name,
        "id": result.id,
        "tags": dict(result.tags),
        "classification": labelled.label,
        "classificationReason": labelled.reason,
        "groups": list(labelled.groups),
        "experimentMetadata": {"stats": _stats(result.experiment)},
        "controlMetadata": {"stats": _stats(result.control)},
        "resultMetadata": {"ratio": "NaN" if isnan(result.ratio) else result.ratio},
        "critical": labelled.critical,
        "muted": labelled.muted,
    }


def _stats(points: Sequence[float]) -> dict[str, float]:
    if not points:
        return {"min": 0.0, "max": 0.0, "mean": 0.0, "std": 0.0, "count": 0}
    spread = stdev(points) if len(points) > 1 else 0.0
    return {"min": min(points), "max": max(points), "mean": fmean(points), "std": spread, "count": len(points)}
