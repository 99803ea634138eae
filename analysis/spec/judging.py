"""How a metric is judged: by comparison with stable, by fixed bounds and conditions, or by ranks."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from analysis.judges.condition import LONGEST, BadCondition, check
from analysis.judges.rank import KEPT
from analysis.plan import Direction, EffectSize
from analysis.scalars import Number, Percent, PositiveDuration, Section, Within, refuse_one, section

LEAST_CONFIDENCE = Decimal(50)

_Condition = Annotated[str, Field(min_length=1, max_length=LONGEST)]
_BOUNDS = "has(self.min) || has(self.max)"
_CONDITIONS = "has(self.successWhen) || has(self.failWhen)"
_NOTHING = "give min, max or both, or successWhen, failWhen or both: a threshold without a bound can't fail"
_TWICE = "give either min and max, or successWhen and failWhen"


class WorseSpec(Section):
    """How much worse than stable still counts as "not worse"."""

    ratio: Annotated[Decimal, Within(1, 100)] = Decimal("1.1")
    """Up to this many times stable's share of bad events."""
    margin: Percent = Decimal("0.002")
    """Or up to this much more, in percentage points."""


class ThresholdSpec(Section):
    """A fixed bound, as in Flagger and Argo Rollouts: for values the number itself, for shares of bad events in percent."""

    model_config = section(
        (f"{_BOUNDS} || {_CONDITIONS}", _NOTHING),
        (f"!({_BOUNDS}) || !({_CONDITIONS})", _TWICE),
        ("!has(self.min) || !has(self.max) || self.min <= self.max", "min is above max: exchange them"),
    )

    min: Number | None = None
    """A check below this fails."""
    max: Number | None = None
    """A check above this fails."""
    success_when: _Condition | None = None
    """A check is good when this CEL expression over `result` (the canary's value) and `stable` (stable's, null where it has none)
    is true, as in `result < 0.05 || result < 1.2 * stable`. Alone: it has failed otherwise."""
    fail_when: _Condition | None = None
    """A check has failed when this CEL expression is true. Alone: it is good otherwise. Neither true: a person has to look."""
    failures: Annotated[int, Field(ge=1, le=1000)] = 1
    """The check that fails as this number condemns the version."""
    in_a_row: bool = False
    """Only failed checks without a good one between them count together."""
    successes: Annotated[int, Field(ge=1, le=1000)] = 1
    """A step needs this many good checks in a row."""
    min_requests: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """A check with fewer events than this says nothing. Shares of bad events only."""

    @field_validator("success_when", "fail_when")
    @classmethod
    def _understood(cls, condition: str | None) -> str | None:
        if condition is not None:
            try:
                check(condition)
            except BadCondition as error:
                raise refuse_one(str(error)) from None
        return condition

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        bounded = self.min is not None or self.max is not None
        conditional = self.success_when is not None or self.fail_when is not None
        if bounded == conditional:
            raise refuse_one(_TWICE if bounded else _NOTHING)
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refuse_one(f"min {self.min} is above max {self.max}: exchange them")
        return self


class EffectSpec(Section):
    """How large a sure difference must be before it counts."""

    measure: EffectSize = EffectSize.MEAN_RATIO
    """meanRatio: canary's mean divided by stable's. cles: the chance that a point of the canary is above one of stable."""
    increase: Annotated[Decimal, Within(0, 1000)] | None = None
    """Less than this is not too high. Default: 1 for meanRatio, 0.5 for cles, which is any increase."""
    decrease: Annotated[Decimal, Within(0, 1000)] | None = None
    """More than this is not too low. Default: 1 for meanRatio, 0.5 for cles, which is any decrease."""


class RankSpec(Section):
    """Kayenta's test: are the canary's values higher, or lower, than stable's, by the ranks of one point a minute of each?"""

    direction: Direction
    """Which way is worse: increase, decrease or either. With either, less traffic alone may condemn a share for its zeros."""
    tolerance: Percent = Decimal(25)
    """The surely shifted part must be more than this of the estimated shift."""
    confidence: Percent = Decimal(98)
    """How sure the interval of the shift is, at each look by itself."""
    points: Annotated[int, Field(ge=5, le=KEPT)] = 20
    """Fewest points of each version before anything is said."""
    every: PositiveDuration = timedelta(minutes=1)
    """Time from point to point: no shorter than the window of the query, or the points repeat each other."""
    effect: EffectSpec | None = None
    """How large a sure difference must be before it counts. Default: any size."""

    @field_validator("confidence")
    @classmethod
    def _some_confidence(cls, confidence: Decimal) -> Decimal:
        if not LEAST_CONFIDENCE <= confidence < 100:
            raise refuse_one(f"{confidence}% is out of range: write 50% or more, and less than 100%, as 98%")
        return confidence
