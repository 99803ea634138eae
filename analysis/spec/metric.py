"""One metric of the resource: what is measured, how it is judged, and what its owner wants done about each verdict."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from analysis.plan import Builtin
from analysis.scalars import (
    PositiveDuration,
    PositivePercent,
    Section,
    Word,
    exactly_one,
    one_of,
    refuse_one,
    section,
)
from analysis.spec.judging import RankSpec, ThresholdSpec, WorseSpec
from analysis.spec.provider import ProviderSpec
from analysis.templates import BadTemplate, check
from analysis.verdict import Policy

SLOW = timedelta(milliseconds=500)

_UNJUDGED = "a value needs a threshold or rank: add threshold with min, max or both, or rank with a direction"
_UNRANKED = "ranks are of values: give a value, or judge shares of bad events by worse, limit or threshold"
_TWO_JUDGES = "rank takes the place of threshold: remove one of them"


def _fillable(template: str) -> str:
    try:
        check(template)
    except BadTemplate as error:
        raise refuse_one(str(error)) from None
    return template


class CountsSpec(Section):
    """Two queries. In PromQL, raw counters, such as `http_requests_total{...}`: never a rate, increments are taken by us. In the
    language of another provider, how many events there were in the window that is asked for."""

    bad: Annotated[str, Field(min_length=1, max_length=2048)]
    """The bad events. {{pods}}, {{leaf}}, {{deployment}}, {{service}}, {{namespace}}, {{canary}} and {{interval}} (in seconds)
    are filled in, once per version."""
    total: Annotated[str, Field(min_length=1, max_length=2048)]
    """All events."""

    _placeholders = field_validator("bad", "total")(_fillable)


class MetricSpec(Section):
    """One metric: builtin, your own counts of bad events, or a value, with how it is judged."""

    model_config = section(
        one_of("builtin", "counts", "value"),
        (
            "!has(self.above) || (has(self.builtin) && self.builtin == 'slow-share')",
            "above belongs to builtin slow-share: remove it",
        ),
        ("!has(self.value) || has(self.threshold) || has(self.rank)", _UNJUDGED),
        ("!has(self.rank) || has(self.value)", _UNRANKED),
        ("!has(self.rank) || !has(self.threshold)", _TWO_JUDGES),
        (
            "!has(self.threshold) || !(has(self.worse) || has(self.limit))",
            "threshold takes the place of worse and limit: remove it, or remove them",
        ),
        ("!has(self.builtin) || !has(self.provider) || has(self.provider.prometheus)", "builtin is read from a Prometheus"),
    )

    name: Word
    """What this metric is called in status, journal and dashboards."""
    builtin: Builtin | None = None
    """error-share: failed requests out of all. slow-share: requests slower than `above` out of all."""
    above: PositiveDuration | None = None
    """What slow-share calls slow. Default 500ms; a bound of the latency histogram is best."""
    counts: CountsSpec | None = None
    """Bad events out of all events, by queries of your own."""
    value: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
    """A query that gives one number per version; placeholders as in `counts`."""
    provider: ProviderSpec | None = None
    """Where this metric comes from. Default: the provider of `analysis`."""
    worse: WorseSpec | None = None
    """How much worse than stable still counts as "not worse". With `limit` alone, stable is not compared with."""
    limit: PositivePercent | None = None
    """The canary's share of bad events may not be above this. When stable's is too, the canary is not blamed."""
    threshold: ThresholdSpec | None = None
    """Judge by fixed bounds, or conditions, instead of by comparison."""
    rank: RankSpec | None = None
    """Judge a value by the ranks of its points against those of stable's, as Kayenta does."""
    on_failure: Policy | None = None
    """As in `analysis`, for this metric only."""
    on_no_data: Policy | None = None
    """As in `analysis`, for this metric only."""
    on_error: Policy | None = None
    """As in `analysis`, for this metric only."""
    no_data_after: PositiveDuration | None = None
    """As in `analysis`, for this metric only."""

    @field_validator("value")
    @classmethod
    def _placeholders(cls, value: str | None) -> str | None:
        return None if value is None else _fillable(value)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        exactly_one(("builtin", "counts", "value"), (self.builtin, self.counts, self.value))
        if self.above is not None and self.builtin is not Builtin.SLOW_SHARE:
            raise refuse_one("belongs to builtin slow-share: remove it", "above")
        if self.value is not None and self.threshold is None and self.rank is None:
            raise refuse_one(_UNJUDGED, "threshold")
        if self.rank is not None and self.value is None:
            raise refuse_one(_UNRANKED, "rank")
        if self.rank is not None and self.threshold is not None:
            raise refuse_one(_TWO_JUDGES, "rank")
        if self.threshold is not None and (self.worse is not None or self.limit is not None):
            raise refuse_one("takes the place of worse and limit: remove it, or remove them", "threshold")
        return self


DEFAULT_METRICS = (
    MetricSpec(name="errors", builtin=Builtin.ERROR_SHARE),
    MetricSpec(name="slow", builtin=Builtin.SLOW_SHARE, above=SLOW),
)
