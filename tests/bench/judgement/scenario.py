"""What a scenario is: a rollout to make up, what would be right to do about it, and the group it is scored in."""

from dataclasses import dataclass
from enum import StrEnum

from tests.bench.judgement.oddities import Oddity
from tests.bench.judgement.shown import Metric
from tests.bench.judgement.streams import LOOKS, Profile, Recipe


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
    WIRE = "through HTTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where a scenario stands in the grid of the reference's simulation, §3.1."""

    rps: float
    weight: float
    base: float


class Ailment(StrEnum):
    """What is wrong with a metric provider."""

    HTTP_500 = "answers 500"
    HANGS = "never answers"
    GARBAGE = "answers a web page"
    NAN = "answers NaN"
    EMPTY = "answers nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A scenario that is read through HTTP: from look `since` on, for `looks` of every `every` looks, the provider is ill.

    Scrapes end with look `scraped`. `like` is the scenario whose random numbers are taken, to compare the two ways of reading.
    """

    ailment: Ailment | None = None
    since: int = 0
    looks: int = 1
    every: int = 1
    scraped: int = LOOKS
    like: str | None = None

    def ill(self, look: int) -> bool:
        """Is the provider ill at this look?"""
        return self.ailment is not None and look >= self.since and (look - self.since) % self.every < self.looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario; times are minutes. `told` is the weight that the controller configured, by default what is real.

    `onset` is when what is wrong begins. `metrics` healthy or sick metrics alike share the rollout's false rollback rate.
    A scenario without `wire` is read directly.
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
    cell: Cell | None = None
    wire: Wire | None = None

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
