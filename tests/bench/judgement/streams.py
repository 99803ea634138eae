"""What really happens in one rollout: requests and failures of every pod of both versions, bin by bin.

Requests of a bin are Poisson, failures binomial; failures may also come in clusters, and pods may differ for good. A bin is
15 s and a rollout is an hour of them (reference: judgement §3.1, §3.4). One generator of random numbers decides everything.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

LOOKS = 240
BIN_SECONDS = 15.0
PER_MINUTE = 4

Floats = NDArray[np.float64]
Profile = tuple[tuple[float, float], ...]
"""A step function of time: `(from minute, value)`, the first from minute 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Failures that come together: `mean` of them (geometric) within `seconds`, `share` of all requests in the long run.

    `ratio` is how many times more often the canary has them, per request. A cluster hits one pod, or any pods of its version.
    """

    mean: float
    share: float
    seconds: float = 0.0
    ratio: float = 1.0
    one_pod: bool = True


Life = tuple[tuple[int, int], ...]
"""First and last look of each pod of a version."""


def for_good(pods: int) -> Life:
    """So many pods that live for the whole hour."""
    return ((0, LOOKS),) * pods


_SIX_PODS, _TWO_PODS = for_good(6), for_good(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A rollout to be made up: shares are fractions of one.

    The canary fails `base` times `ratio` plus `plus` of its requests. `weight` is what it really gets, times `alive`.
    """

    rps: float = 100.0
    weight: Profile = ((0, 0.25),)
    base: Profile = ((0, 0.005),)
    ratio: Profile = ((0, 1.0),)
    plus: Profile = ((0, 0.0),)
    alive: Profile = ((0, 1.0),)
    clusters: Clusters | None = None
    pod_sigma: float = 0.0
    stable_life: Life = _SIX_PODS
    canary_life: Life = _TWO_PODS


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One version: requests and failures per bin and pod. A pod is scraped from look `life[0]` to look `life[1]`."""

    total: Floats
    bad: Floats
    life: Life

    @cached_property
    def totals(self) -> Floats:
        """Requests per bin."""
        return np.asarray(self.total.sum(axis=1))

    @cached_property
    def bads(self) -> Floats:
        """Failures per bin."""
        return np.asarray(self.bad.sum(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Both versions; `expected` is the share of failures that a canary as good as stable would have had, per bin."""

    stable: Arm
    canary: Arm
    expected: Floats

    @property
    def excess(self) -> Floats:
        """Failed requests of the canary over what stable would have failed, up to the end of each look."""
        over = self.canary.bads - self.canary.totals * self.expected
        return np.concatenate(([0.0], np.cumsum(over)))


def steps(profile: Profile) -> Floats:
    """A step function as one value per bin."""
    minutes = np.arange(LOOKS) / PER_MINUTE
    starts = np.array([start for start, _ in profile])
    values = np.array([value for _, value in profile])
    return values[np.searchsorted(starts, minutes, side="right") - 1]


def happen(recipe: Recipe, random: np.random.Generator) -> Stream:
    """Makes a rollout up."""
    weight, base = steps(recipe.weight), steps(recipe.base)
    worse = base * steps(recipe.ratio) + steps(recipe.plus)
    clusters = recipe.clusters
    arms = {}
    for name, life, part, share, times in (
        ("stable", recipe.stable_life, 1 - weight, base, 1.0),
        ("canary", recipe.canary_life, weight * steps(recipe.alive), worse, clusters.ratio if clusters else 1.0),
    ):
        expected = _expected(recipe.rps * part * BIN_SECONDS, life)
        total = random.poisson(expected).astype(np.int64)
        factors = np.exp(recipe.pod_sigma * random.standard_normal(len(life)))
        bad = random.binomial(total, np.minimum(np.outer(share, factors), 1.0))
        if clusters is not None:
            bad = np.minimum(bad + _clustered(clusters, times, expected, random), total)
        arms[name] = Arm(total=total.astype(float), bad=bad.astype(float), life=life)
    usual = base + (clusters.share if clusters else 0.0)
    return Stream(stable=arms["stable"], canary=arms["canary"], expected=usual)


def _expected(requests: Floats, life: Life) -> Floats:
    """Requests of a version per bin, shared by the pods that live then. Bin k lies between looks k and k + 1."""
    bins = np.arange(LOOKS)[:, None]
    alive = (bins >= [born for born, _ in life]) & (bins < [gone for _, gone in life])
    return np.asarray(requests[:, None] * alive / np.maximum(alive.sum(axis=1, keepdims=True), 1))


def _clustered(clusters: Clusters, times: float, expected: Floats, random: np.random.Generator) -> NDArray[np.int64]:
    """Failures per bin and pod. A cluster begins where there is traffic: in proportion to it."""
    bins, pods = expected.shape
    found = np.zeros(expected.shape, dtype=np.int64)
    everything = expected.sum()
    number = random.poisson(everything * clusters.share * times / clusters.mean)
    if number == 0:
        return found
    sizes = random.geometric(1 / clusters.mean, number)
    where = random.choice(expected.size, number, p=expected.ravel() / everything)
    begins = np.repeat((where // pods + random.random(number)) * BIN_SECONDS, sizes)
    at = ((begins + random.random(begins.size) * clusters.seconds) // BIN_SECONDS).astype(int)
    pod = np.repeat(where % pods, sizes) if clusters.one_pod else random.integers(pods, size=begins.size)
    inside = at < bins
    np.add.at(found, (at[inside], pod[inside]), 1)
    return found
