"""What a scenario is: a rollout to make up, what would be right to do about it, and the group it is scored in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from tests.bench.judgement.shown import Tables
from tests.bench.judgement.streams import Profile, Recipe

Oddity = Callable[[Tables, np.random.Generator], Tables]


class Truth(StrEnum):
    """What would be right."""

    KEEP = "keep"
    ROLL_BACK = "roll back"
    HOLD = "roll back or hold"
    NO_DATA = "no data"


class Group(StrEnum):
    """Scenarios that are read together."""

    HEALTHY = "healthy"
    REGRESSION = "regression"
    LARGE = "large, 30 %"
    WARMED = "large, with the default warm-up"
    IMMATERIAL = "immaterial"
    BETTER = "better than stable"
    SHARED = "shared incidents, ramps"
    BURST = "bursts up to 60 s"
    LONG_BURST = "bursts of 180 s"
    BURST_WORSE = "bursts, worse"
    PODS = "pods that differ"
    PODS_WORSE = "pods that differ, worse"
    RAMP_WORSE = "ramps, worse"
    START = "cold starts, blips"
    DELAYED = "delayed regressions"
    ODD = "odd counters"
    ODD_WORSE = "odd counters, worse"
    CRASHED = "crashed"
    FAMILY = "ten metrics"
    LATENCY = "latency, healthy"
    LATENCY_WORSE = "latency, worse"
    MISSING = "missing data"


class Metric(StrEnum):
    """What is counted as bad."""

    ERRORS = "errors"
    SLOW = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where a scenario stands in the grid of the reference's simulation, §3.1."""

    rps: float
    weight: float
    base: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario; times are minutes. `told` is the weight that the controller configured, by default what is real.

    `onset` is when what is wrong begins. `metrics` healthy or sick metrics alike share the rollout's false rollback rate.
    """

    name: str
    group: Group
    truth: Truth
    recipe: Recipe
    warmup: float = 1.0
    onset: float = 0.0
    told: Profile | None = None
    oddities: tuple[Oddity, ...] = ()
    metric: Metric = Metric.ERRORS
    metrics: int = 1
    cell: Cell | None = field(default=None)

    @property
    def weights(self) -> Profile:
        """The configured weight over time, as a fraction of one."""
        return self.told or self.recipe.weight


def keep(name: str, group: Group, recipe: Recipe) -> Scenario:
    """A scenario in which nothing is wrong with the canary."""
    return Scenario(name=name, group=group, truth=Truth.KEEP, recipe=recipe)


def roll_back(name: str, group: Group, recipe: Recipe) -> Scenario:
    """A scenario in which the canary is worse."""
    return Scenario(name=name, group=group, truth=Truth.ROLL_BACK, recipe=recipe)
