"""The strategy: by which steps a canary's share of traffic grows."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from analysis.scalars import (
    FINEST,
    HUNDRED,
    Duration,
    Objection,
    PositiveDuration,
    Section,
    Weight,
    Within,
    Word,
    exactly_one,
    format_number,
    one_of,
    refuse,
    refuse_one,
    section,
)

MOST_STEPS = 50
_PAIRS = f"[{', '.join(str(index) for index in range(MOST_STEPS - 1))}]"


class StepSpec(Section):
    """One rung of the ladder."""

    weight: Weight
    """The canary's share of traffic in percent, above that of the step before, with at most three decimals."""
    hold: Duration = timedelta(minutes=1)
    """How long the weight is live at least before the step can end."""
    min_requests: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    """Requests that the canary must have met in this step. Default: 10 when metrics are judged, else 0."""
    tests: Annotated[tuple[Word, ...], Field(max_length=10, json_schema_extra={"x-kubernetes-list-type": "set"})] = ()
    """Names of the `tests` that must pass before the step ends."""
    approval: bool = False
    """Wait for a person: the step ends with the command `advance`."""


class LinearSpec(Section):
    """Steps of one size."""

    model_config = section(
        ("self.from <= self.to", "from is above to: exchange them"),
        ("self.to - self.from <= 49.0 * self.by", "that makes more than 50 steps: raise by"),
    )

    start: Annotated[Weight, Field(alias="from")]
    """The first weight in percent."""
    to: Weight = HUNDRED
    """The last weight in percent."""
    by: Weight
    """By how much each step is above the one before."""
    hold: PositiveDuration = timedelta(minutes=1)
    """How long each weight is live at least."""

    @model_validator(mode="after")
    def _climbs(self) -> Self:
        if self.start > self.to:
            raise refuse_one(f"{format_number(self.start)} is above to ({format_number(self.to)}): exchange them", "from")
        if self.to - self.start > (MOST_STEPS - 1) * self.by:
            raise refuse_one(f"makes more than {MOST_STEPS} steps: raise it", "by")
        return self

    def weights(self) -> tuple[Decimal, ...]:
        """`from`, then `by` more each time, and `to` at the end."""
        count = int((self.to - self.start) // self.by) + 1
        weights = tuple(self.start + index * self.by for index in range(count))
        return weights if weights[-1] == self.to else (*weights, self.to)


class ExponentialSpec(Section):
    """Steps that grow by a factor, up to 100 %."""

    start: Annotated[Decimal, Within(0.01, 100), Field(alias="from")]
    """The first weight in percent, at least 0.01."""
    factor: Annotated[Decimal, Within(1.25, 100)] = Decimal(2)
    """How many times the weight before each weight is, at least 1.25."""
    hold: PositiveDuration = timedelta(minutes=1)
    """How long each weight is live at least."""

    def weights(self) -> tuple[Decimal, ...]:
        """`from`, then `factor` times as much each time, rounded to three decimals, and 100 at the end."""
        weights, weight = [], self.start
        while (rounded := weight.quantize(FINEST, ROUND_HALF_UP)) < HUNDRED:
            weights.append(rounded)
            weight *= self.factor
        return (*weights, HUNDRED)


def _falls(index: int, before: StepSpec, step: StepSpec) -> Objection:
    weight, least = format_number(step.weight), format_number(before.weight)
    return Objection(at=(index, "weight"), sentence=f"{weight} is not above the step before ({least}): let weights rise")


class ProgressiveSpec(Section):
    """A share that grows step by step: given as `steps`, or by a rule."""

    model_config = section(
        one_of("steps", "linear", "exponential"),
        (
            f"!has(self.steps) || {_PAIRS}.all(i, i + 1 >= size(self.steps) || self.steps[i].weight < self.steps[i + 1].weight)",
            "the weights of steps must rise: give each step more than the one before",
        ),
    )

    steps: Annotated[tuple[StepSpec, ...], Field(min_length=1, max_length=MOST_STEPS)] | None = None
    """The steps, with rising weights."""
    linear: LinearSpec | None = None
    """Steps of one size."""
    exponential: ExponentialSpec | None = None
    """Steps that grow by a factor, up to 100 %."""

    @field_validator("steps")
    @classmethod
    def _rise(cls, steps: tuple[StepSpec, ...] | None) -> tuple[StepSpec, ...] | None:
        pairs = pairwise(steps or ())
        objections = [_falls(index, *pair) for index, pair in enumerate(pairs, start=1) if pair[1].weight <= pair[0].weight]
        if objections:
            raise refuse(*objections)
        return steps

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        exactly_one(("steps", "linear", "exponential"), (self.steps, self.linear, self.exponential))
        return self

    def ladder(self) -> tuple[StepSpec, ...]:
        """The steps, however they are given."""
        if self.steps is not None:
            return self.steps
        rule = self.linear or self.exponential
        assert rule is not None, "exactly one form is given"
        return tuple(StepSpec(weight=weight, hold=rule.hold) for weight in rule.weights())


DEFAULT_LADDER = ProgressiveSpec(
    steps=(
        StepSpec(weight=Decimal(5), hold=timedelta(minutes=1)),
        StepSpec(weight=Decimal(25), hold=timedelta(minutes=5)),
        StepSpec(weight=Decimal(50), hold=timedelta(minutes=5)),
        StepSpec(weight=HUNDRED, hold=timedelta(minutes=10)),
    )
)


class StrategySpec(Section):
    """How a new version is tried."""

    progressive: ProgressiveSpec
    """A share of traffic that grows step by step while the canary is judged."""
