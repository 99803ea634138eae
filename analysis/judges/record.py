"""What the sequential judge remembers of one metric of one rollout: small, append-only, and JSON when it is put away.

Named tuples, because they are made anew at every look: replacing a field of a frozen dataclass costs more than judging does.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from analysis.counts import Tally
from analysis.judges import clusters, evidence
from analysis.judges.absolute import Limit, Streak
from analysis.judges.evidence import Logs
from analysis.judges.guards import Episodes, Evenness, Spread
from analysis.verdict import Ratio

_GAINS: Logs = (0.0,) * len(evidence.GAINS)
_DISCOUNTS: Logs = (0.0,) * len(evidence.DISCOUNTS)


class Clause(StrEnum):
    """What convicted a version."""

    WORSE = "worse"
    LIMIT = "limit"
    CATASTROPHE = "catastrophe"
    WARM = "warm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conviction:
    """The moment a version was condemned, with the numbers of that moment.

    `clusters` is what the evidence came to whatever clusters bad events come in, and its own bar; None for other clauses.
    """

    clause: Clause
    at: datetime
    tally: Tally
    evidence: float
    bar: float
    clusters: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "clause": self.clause.value,
            "at": self.at.isoformat(),
            "tally": self.tally.to_json(),
            "evidence": self.evidence,
            "bar": self.bar,
            "clusters": self.clusters,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(
            clause=Clause(data["clause"]),
            at=datetime.fromisoformat(data["at"]),
            tally=Tally.from_json(data["tally"]),
            evidence=data["evidence"],
            bar=data["bar"],
            clusters=None if data["clusters"] is None else (data["clusters"][0], data["clusters"][1]),
        )


class Comparison(NamedTuple):
    """Evidence against "not worse than stable".

    `seen` holds the likelihoods, of clusters for the blocks that are over; `filling` and `began` (seconds) are of the block
    that isn't, `draws` counts blocks with bad events. `margin` is evidence against
    "at most a margin more", `margin_peak` its highest. `chance` is what events one by one come to, `clusters` and
    `ratio` what the finished blocks do.
    `weighed` are the two sums whose quotient estimates the ratio (Mantel and Haenszel).
    """

    seen: clusters.Likelihoods = clusters.Likelihoods()
    filling: Tally = Tally()
    began: float | None = None
    draws: int = 0
    margin: Logs = _GAINS
    margin_peak: float = 0.0
    chance: float = 0.0
    clusters: float = 0.0
    ratio: Ratio | None = None
    weighed: tuple[float, float] = (0.0, 0.0)
    episodes: Episodes = Episodes()
    spread: Spread = Spread()
    evenness: Evenness = Evenness()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "seen": self.seen.to_json(),
            "filling": self.filling.to_json(),
            "began": self.began,
            "draws": self.draws,
            "margin": [list(self.margin), self.margin_peak],
            "chance": self.chance,
            "clusters": self.clusters,
            "ratio": None if self.ratio is None else [self.ratio.low, self.ratio.estimate, self.ratio.high],
            "weighed": list(self.weighed),
            "episodes": self.episodes,
            "spread": [dict(pods) for pods in self.spread],
            "evenness": self.evenness,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        ratio = data["ratio"]
        return cls(
            seen=clusters.Likelihoods.from_json(data["seen"]),
            filling=Tally.from_json(data["filling"]),
            began=data["began"],
            draws=data["draws"],
            margin=tuple(data["margin"][0]),
            margin_peak=data["margin"][1],
            chance=data["chance"],
            clusters=data["clusters"],
            ratio=None if ratio is None else Ratio(low=ratio[0], estimate=ratio[1], high=ratio[2]),
            weighed=(data["weighed"][0], data["weighed"][1]),
            episodes=Episodes.from_json(data["episodes"]),
            spread=Spread(*({pod: (seen, due) for pod, (seen, due) in pods.items()} for pods in data["spread"])),
            evenness=Evenness(data["evenness"][0], *(tuple(sums) for sums in data["evenness"][1:])),
        )


class SequentialState(NamedTuple):
    """Everything that this judge remembers of one metric of one rollout."""

    tally: Tally = Tally()
    step_requests: float = 0.0
    comparison: Comparison = Comparison()
    proof: Logs = _DISCOUNTS
    proof_peak: float = 0.0
    limit: Limit = Limit()
    catastrophe: Streak = Streak()
    warm: Streak = Streak()
    conviction: Conviction | None = None

    @property
    def requests(self) -> int:
        """Canary events over the rollout."""
        return round(self.tally.canary_total)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: four kilobytes with a pod of each version, 14 with so many that they are counted in groups."""
        return {
            "tally": self.tally.to_json(),
            "stepRequests": self.step_requests,
            "comparison": self.comparison.to_json(),
            "proof": [list(self.proof), self.proof_peak],
            "limit": self.limit.to_json(),
            "catastrophe": self.catastrophe.to_json(),
            "warm": self.warm.to_json(),
            "conviction": None if self.conviction is None else self.conviction.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(
            tally=Tally.from_json(data["tally"]),
            step_requests=data["stepRequests"],
            comparison=Comparison.from_json(data["comparison"]),
            proof=tuple(data["proof"][0]),
            proof_peak=data["proof"][1],
            limit=Limit.from_json(data["limit"]),
            catastrophe=Streak.from_json(data["catastrophe"]),
            warm=Streak.from_json(data["warm"]),
            conviction=None if data["conviction"] is None else Conviction.from_json(data["conviction"]),
        )
