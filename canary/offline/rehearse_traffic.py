"""Made-up traffic: counters of two versions, pod by pod, as a scraper would see them.

Requests arrive as independent clients' do (Poisson), and so do bad ones, unless they come in clusters. Everything is drawn from
one seeded generator, so that a rehearsal can be repeated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from math import exp, log, sqrt
from random import Random

from analysis.counts import Counts, Tally, series_key
from analysis.reading import Counted
from strategies.model import Sizing
from strategies.sizing import HUNDRED, pods_for

_EXACT = 60.0  # means beyond this are drawn from the normal distribution, which by then is the same to the eye of any judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The service: requests per second of both versions together, each metric's share of bad ones, and stable's pods.

    `cluster` is how many bad requests come together on average, 1 for independent ones.
    """

    rps: float
    shares: Mapping[str, float]
    pods: int
    cluster: float = 1.0


@dataclass(slots=True)
class Traffic:
    """Counters that grow; `worse` has the canary's shares where they are not stable's. `served` is the canary's in truth."""

    situation: Situation
    worse: Mapping[str, float]
    sizing: Sizing
    random: Random
    served: dict[str, Tally] = field(default_factory=dict)
    _counters: dict[str, tuple[dict[str, float], dict[str, float]]] = field(default_factory=dict)

    def pass_by(self, seconds: float, weight: Decimal) -> None:
        """Let requests arrive for so long, `weight` percent of them at the canary."""
        part = float(weight / HUNDRED)
        requests = self.situation.rps * seconds
        canaries = pods_for(self.sizing, weight, self.situation.pods)
        for metric, share in self.situation.shares.items():
            stable, canary = self._counters.setdefault(metric, ({}, {}))
            before = self.served.get(metric, Tally())
            now = Tally(
                *self._arrive(canary, "canary", canaries, requests * part, self.worse.get(metric, share)),
                *self._arrive(stable, "stable", self.situation.pods, requests * (1 - part), share),
            )
            self.served[metric] = before + now

    def requests(self, metric: str) -> float:
        """How many the canary has had, as this metric counts them."""
        return self.served[metric].canary_total if metric in self.served else 0.0

    def reading(self, metric: str) -> Counted:
        """What a look at the metric finds now."""
        stable, canary = self._counters.setdefault(metric, ({}, {}))
        return Counted(stable=dict(stable), canary=dict(canary), sought=metric)

    def _arrive(self, counters: dict[str, float], version: str, pods: int, requests: float, share: float) -> tuple[float, float]:
        """Bad and all events that came; a pod's bad and fine ones are independent of each other."""
        bad = total = 0.0
        for number in range(pods):
            failed = self._bad(requests / pods * share)
            all_ = failed + poisson(self.random, requests / pods * (1 - share))
            for key, more in zip(_series(version, number), (all_, failed), strict=True):
                counters[key] = counters.get(key, 0.0) + more
            bad, total = bad + failed, total + all_
        return bad, total

    def _bad(self, mean: float) -> int:
        size = self.situation.cluster
        if size <= 1:
            return poisson(self.random, mean)
        return sum(_geometric(self.random, size) for _ in range(poisson(self.random, mean / size)))


@cache
def _series(version: str, number: int) -> tuple[str, str]:
    """A pod's counters of all and of bad events."""
    pod = {"pod": f"{version}-{number}"}
    return series_key(Counts.EVENTS, pod), series_key(Counts.ONLY_BAD, pod)


def poisson(random: Random, mean: float) -> int:
    """A number of independent arrivals of which `mean` are expected."""
    if mean > _EXACT:
        return max(0, round(random.gauss(mean, sqrt(mean))))
    count, left, least = 0, random.random(), exp(-mean)
    while left > least:
        count += 1
        left *= random.random()
    return count


def _geometric(random: Random, mean: float) -> int:
    """At least 1, on average `mean`."""
    return 1 + int(log(1 - random.random()) / log(1 - 1 / mean))
