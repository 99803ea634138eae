"""What the sequential judge remembers of one metric of one rollout: small, append-only, and JSON when it is put away."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from analysis.counts import Tally
from analysis.judges import evidence
from analysis.judges.absolute import Limit
from analysis.judges.evidence import Logs

_GAINS: Logs = (0.0,) * len(evidence.GAINS)
_BETS: Logs = (0.0,) * len(evidence.BETS)
_DISCOUNTS: Logs = (0.0,) * len(evidence.DISCOUNTS)


class Clause(StrEnum):
    """What convicted a version."""

    WORSE = "worse"
    LIMIT = "limit"
    CATASTROPHE = "catastrophe"
    WARM = "warm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conviction:
    """The moment a version was condemned, with the numbers of that moment."""

    clause: Clause
    at: datetime
    tally: Tally
    evidence: float
    bar: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "clause": self.clause.value,
            "at": self.at.isoformat(),
            "tally": self.tally.to_json(),
            "evidence": self.evidence,
            "bar": self.bar,
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
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Evidence against "not worse than stable", its peaks as logarithms, and the block that is being filled."""

    ratio: Logs = _GAINS
    margin: Logs = _GAINS
    peak: float = 0.0
    blocks: Logs = _BETS
    spread: float = 0.0
    block: int | None = None
    filling: Tally = field(default_factory=Tally)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "ratio": list(self.ratio),
            "margin": list(self.margin),
            "peak": self.peak,
            "blocks": list(self.blocks),
            "spread": self.spread,
            "block": self.block,
            "filling": self.filling.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(
            ratio=tuple(data["ratio"]),
            margin=tuple(data["margin"]),
            peak=data["peak"],
            blocks=tuple(data["blocks"]),
            spread=data["spread"],
            block=data["block"],
            filling=Tally.from_json(data["filling"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialState:
    """Everything that this judge remembers of one metric of one rollout."""

    tally: Tally = field(default_factory=Tally)
    step_requests: float = 0.0
    comparison: Comparison = field(default_factory=Comparison)
    proof: Logs = _DISCOUNTS
    proof_peak: float = 0.0
    limit: Limit = field(default_factory=Limit)
    catastrophe: Limit = field(default_factory=Limit)
    warm: Limit = field(default_factory=Limit)
    conviction: Conviction | None = None

    @property
    def requests(self) -> int:
        """Canary events over the rollout."""
        return round(self.tally.canary_total)

    def to_json(self) -> dict[str, Any]:
        """About two kilobytes of plain JSON."""
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
            catastrophe=Limit.from_json(data["catastrophe"]),
            warm=Limit.from_json(data["warm"]),
            conviction=None if data["conviction"] is None else Conviction.from_json(data["conviction"]),
        )
