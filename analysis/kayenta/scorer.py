"""From many metrics to one score out of 100, as Kayenta's weighted sum of groups (reference: judgement §1.4).

The number is Kayenta's in every case; what it is called is not, where Kayenta fails open or calls missing data a failure:

- a metric that can't be judged (`Error`) is ignored by Kayenta, and a score that leaves one out passes: here it is `Error`;
- a group without a single judged metric counts 100: here a score that would pass is `Nodata`;
- no data of a critical metric, or of half of all, fails: here it is `Nodata`. `mustHaveData` fails its group, as asked for.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from analysis.kayenta.config import Thresholds

_TOO_MANY_SILENT = 0.5


class Label(StrEnum):
    """What one metric comes to."""

    PASS = "Pass"  # noqa: S105 - a label, not a password
    HIGH = "High"
    LOW = "Low"
    NO_DATA = "Nodata"
    NO_DATA_FAIL = "NodataFailMetric"
    ERROR = "Error"


class ScoreLabel(StrEnum):
    """What all metrics come to."""

    PASS = "Pass"  # noqa: S105 - a label, not a password
    MARGINAL = "Marginal"
    FAIL = "Fail"
    NO_DATA = "Nodata"
    ERROR = "Error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A metric that was judged; `critical` says that it decides by itself unless it passed."""

    label: Label
    reason: str = ""
    groups: tuple[str, ...] = ()
    critical: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScore:
    """Passed out of judged metrics, in percent; 0 where none was judged, which then counts as 100."""

    name: str
    score: float
    judged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalScore:
    """The weighted sum, rounded to two decimals, and what it is called."""

    score: float
    label: ScoreLabel
    reason: str
    groups: tuple[GroupScore, ...]


def total(results: Sequence[Labelled], weights: Mapping[str, float], thresholds: Thresholds) -> TotalScore:
    """The score of all metrics that are not muted."""
    heard = [result for result in results if not result.muted]
    groups = _groups(heard)
    if verdict := _decided(heard):
        label, reason = verdict
        return TotalScore(score=0.0, label=label, reason=reason, groups=groups)
    score = _rounded(
        sum(100.0 * weight if not group.judged else group.score * weight for group, weight in _weighed(groups, weights))
    )
    label, reason = _called(score, thresholds, heard, groups)
    return TotalScore(score=score, label=label, reason=reason, groups=groups)


def _decided(heard: Sequence[Labelled]) -> tuple[ScoreLabel, str] | None:
    """What no sum is needed for."""
    critical = [result for result in heard if result.critical and result.label is not Label.PASS]
    failed = next((result for result in critical if result.label not in (Label.NO_DATA, Label.ERROR)), None)
    if failed is not None:
        return ScoreLabel.FAIL, f"Canary Failed: {failed.reason}"
    if critical:
        return ScoreLabel.ERROR if critical[0].label is Label.ERROR else ScoreLabel.NO_DATA, critical[0].reason
    if not heard:
        return ScoreLabel.NO_DATA, "No metric is judged: all are muted."
    silent = sum(result.label is Label.NO_DATA for result in heard)
    if silent >= _TOO_MANY_SILENT * len(heard):
        return ScoreLabel.NO_DATA, f"{silent} of {len(heard)} metrics have no data."
    return None


def _called(
    score: float, thresholds: Thresholds, heard: Iterable[Labelled], groups: Iterable[GroupScore]
) -> tuple[ScoreLabel, str]:
    if score < thresholds.marginal:
        return ScoreLabel.FAIL, ""
    if error := next((result for result in heard if result.label is Label.ERROR), None):
        return ScoreLabel.ERROR, error.reason
    if silent := next((group for group in groups if not group.judged), None):
        return ScoreLabel.NO_DATA, f"No metric of group {silent.name} has data."
    return ScoreLabel.PASS if score >= thresholds.passing else ScoreLabel.MARGINAL, ""


def _groups(heard: Iterable[Labelled]) -> tuple[GroupScore, ...]:
    labels: dict[str, Counter[Label]] = {}
    for result in heard:
        for group in result.groups:
            labels.setdefault(group, Counter())[result.label] += 1
    return tuple(_group(name, counts) for name, counts in labels.items())


def _group(name: str, counts: Mapping[Label, int]) -> GroupScore:
    judged = sum(counts[label] for label in (Label.PASS, Label.HIGH, Label.LOW, Label.NO_DATA_FAIL))
    return GroupScore(name=name, score=100.0 * counts[Label.PASS] / judged if judged else 0.0, judged=judged > 0)


def _weighed(groups: Sequence[GroupScore], weights: Mapping[str, float]) -> Iterable[tuple[GroupScore, float]]:
    """Groups without a weight share equally what the others leave of 100; the weight of an absent group is lost."""
    strangers = [group for group in groups if group.name not in weights]
    rest = (100.0 - sum(weights.values())) / len(strangers) if strangers else 0.0
    return [(group, weights.get(group.name, rest) / 100.0) for group in groups]


def _rounded(score: float) -> float:
    return float(Decimal(repr(score)).quantize(Decimal("0.01"), ROUND_HALF_UP))
