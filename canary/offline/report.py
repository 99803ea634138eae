"""A story as plain JSON. Times are seconds on the clock of what was played, shares fractions of one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from canary.offline.recording import plain
from canary.offline.story import Change, MetricEnd, Story
from canary.offline.watching import clock


def told(story: Story, *, trace: bool = False) -> dict[str, Any]:
    """The whole story; its changes of mind only where they are asked for."""
    document = {
        "verdict": story.verdict.value,
        "at": _seconds(story.at),
        "reason": story.reason,
        "sentence": story.sentence,
        "ending": story.ending.value,
        "step": story.step,
        "weight": plain(float(story.weight)),
        "metrics": [_metric(metric) for metric in story.metrics],
    }
    return document | {"trace": [_change(change) for change in story.trace]} if trace else document


def _metric(metric: MetricEnd) -> Mapping[str, Any]:
    verdict, tally = metric.verdict, metric.tally
    ratio = verdict.ratio
    return {
        "metric": verdict.metric,
        "verdict": verdict.verdict.value,
        "since": _seconds(verdict.since),
        "sentence": verdict.sentence,
        "canary": _counts(tally.canary_bad, tally.canary_total),
        "stable": _counts(tally.stable_bad, tally.stable_total),
        "ratio": None if ratio is None else {"low": ratio.low, "estimate": ratio.estimate, "high": ratio.high},
        "evidence": verdict.evidence,
        "bound": verdict.bound,
    }


def _counts(bad: float, total: float) -> Mapping[str, float]:
    return {"bad": plain(bad), "total": plain(total)}


def _change(change: Change) -> Mapping[str, Any]:
    return {
        "at": _seconds(change.at),
        "metric": change.metric,
        "what": change.what,
        "sentence": change.sentence,
        "step": change.step,
        "weight": plain(float(change.weight)),
    }


def _seconds(time: datetime) -> int | float:
    return plain(clock(time))
