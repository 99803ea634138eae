"""One metric of the resource: what is measured, how it is judged, and what its owner wants done about each verdict."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from analysis.plan import Builtin
from analysis.scalars import (
    Number,
    Percent,
    PositiveDuration,
    PositivePercent,
    Section,
    Within,
    Word,
    exactly_one,
    one_of,
    refuse_one,
    section,
)
from analysis.templates import BadTemplate, check
from analysis.verdict import Policy

SLOW = timedelta(milliseconds=500)


def _fillable(template: str) -> str:
    try:
        check(template)
    except BadTemplate as error:
        raise refuse_one(str(error)) from None
    return template


class CountsSpec(Section):
    """Two PromQL expressions of raw counters, such as `http_requests_total{...}`: never a rate, increments are taken by us."""

    bad: Annotated[str, Field(min_length=1, max_length=2048)]
    """Instant vector of the counters of bad events. {{pods}}, {{leaf}}, {{deployment}}, {{service}}, {{namespace}} and
    {{canary}} are filled in, once per version."""
    total: Annotated[str, Field(min_length=1, max_length=2048)]
    """Instant vector of the counters of all events."""

    _placeholders = field_validator("bad", "total")(_fillable)


class WorseSpec(Section):
    """How much worse than stable still counts as "not worse"."""

    ratio: Annotated[Decimal, Within(1, 100)] = Decimal("1.1")
    """Up to this many times stable's share of bad events."""
    margin: Percent = Decimal("0.02")
    """Or up to this much more, in percentage points."""


class ThresholdSpec(Section):
    """A fixed bound, as in Flagger and Argo Rollouts: for values the number itself, for shares of bad events in percent."""

    model_config = section(
        ("has(self.min) || has(self.max)", "give min, max or both: a threshold without a bound can't fail"),
        ("!has(self.min) || !has(self.max) || self.min <= self.max", "min is above max: exchange them"),
    )

    min: Number | None = None
    """A check below this fails."""
    max: Number | None = None
    """A check above this fails."""
    failures: Annotated[int, Field(ge=1, le=1000)] = 1
    """The check that fails as this number condemns the version."""
    min_requests: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """A check with fewer events than this says nothing. Shares of bad events only."""

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        if self.min is None and self.max is None:
            raise refuse_one("give min, max or both: a threshold without a bound can't fail")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refuse_one(f"min {self.min} is above max {self.max}: exchange them")
        return self


class MetricSpec(Section):
    """One metric: builtin, your own counts of bad events, or a value, with how it is judged."""

    model_config = section(
        one_of("builtin", "counts", "value"),
        (
            "!has(self.above) || (has(self.builtin) && self.builtin == 'slow-share')",
            "above belongs to builtin slow-share: remove it",
        ),
        ("!has(self.value) || has(self.threshold)", "a value needs a threshold: add threshold with min, max or both"),
        (
            "!has(self.threshold) || !(has(self.worse) || has(self.limit))",
            "threshold takes the place of worse and limit: remove it, or remove them",
        ),
    )

    name: Word
    """What this metric is called in status, journal and dashboards."""
    builtin: Builtin | None = None
    """error-share: failed requests out of all. slow-share: requests slower than `above` out of all."""
    above: PositiveDuration | None = None
    """What slow-share calls slow. Default 500ms; a bound of the latency histogram is best."""
    counts: CountsSpec | None = None
    """Bad events out of all events, by PromQL of your own."""
    value: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
    """A PromQL expression that gives one number per version; placeholders as in `counts`."""
    worse: WorseSpec | None = None
    """How much worse than stable still counts as "not worse". With `limit` alone, stable is not compared with."""
    limit: PositivePercent | None = None
    """The canary's share of bad events may not be above this. When stable's is too, the canary is not blamed."""
    threshold: ThresholdSpec | None = None
    """Judge by a fixed bound instead of by comparison; the only way for a value."""
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
        if self.value is not None and self.threshold is None:
            raise refuse_one("a value needs a threshold: add threshold with min, max or both", "threshold")
        if self.threshold is not None and (self.worse is not None or self.limit is not None):
            raise refuse_one("takes the place of worse and limit: remove it, or remove them", "threshold")
        return self


DEFAULT_METRICS = (
    MetricSpec(name="errors", builtin=Builtin.ERROR_SHARE),
    MetricSpec(name="slow", builtin=Builtin.SLOW_SHARE, above=SLOW),
)
