"""The rank judge: Kayenta's test on the values that the looks of a rollout have shown of both versions.

A look adds a point per version that has a value, `every` minute or so; the newest `KEPT` stay, and the test is made again as they
grow. It knows nothing of repeated looking: unlike that of the sequential judge, its error rate is held down by its tolerance, not
bounded. Measured on healthy versions over 120 points: 0.5 % of 400 were condemned for an increase and 1.3 % of 300 either way,
but 34 % of 200 where windows overlap four times, so `every` must be no shorter than the window of the query. Shares of few
requests are zero more often the fewer they are: judged either way, 20 % of 100 healthy versions at a fifth of the traffic were
"too low". A conviction is final.

Where Kayenta fails open we don't: it lets a version pass that has no data (`nanStrategy: replace`) or can't be ranked (an error);
here the one is `NoData` and the other `Error`, and a step ends on neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Any, Self

from analysis.counts import Tally
from analysis.judges.outcome import Outcome
from analysis.judges.rank_compare import Ranking, Standing, compare
from analysis.judges.rank_shift import AllTied, Shift
from analysis.plan import Rank
from analysis.reading import Measured
from analysis.verdict import Verdict

KEPT = 120
"""Points per version: two hours of them at one a minute, and five kilobytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankState:
    """The points of both versions, oldest first, how many came in this step, when the last did, and what they come to.

    `ranking` is None while there are too few points, or points that can't be ranked.
    """

    canary_points: tuple[float, ...] = ()
    stable_points: tuple[float, ...] = ()
    step_points: int = 0
    last_at: datetime | None = None
    ranking: Ranking | None = None

    @property
    def requests(self) -> int:
        """Values count no events."""
        return 0

    @property
    def step_requests(self) -> float:
        """Values count no events."""
        return 0.0

    @property
    def tally(self) -> Tally:
        """Values count no events."""
        return Tally()

    @property
    def value(self) -> float | None:
        """The canary's median."""
        return median(self.canary_points) if self.canary_points else None

    @property
    def stable(self) -> float | None:
        """Stable's median."""
        return median(self.stable_points) if self.stable_points else None

    def to_json(self) -> dict[str, Any]:
        """The points, and the last comparison."""
        return {
            "canary": list(self.canary_points),
            "stable": list(self.stable_points),
            "stepPoints": self.step_points,
            "lastAt": None if self.last_at is None else self.last_at.isoformat(),
            "ranking": None if self.ranking is None else _ranking_to_json(self.ranking),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(
            canary_points=tuple(data["canary"]),
            stable_points=tuple(data["stable"]),
            step_points=data["stepPoints"],
            last_at=None if data["lastAt"] is None else datetime.fromisoformat(data["lastAt"]),
            ranking=None if data["ranking"] is None else _ranking_from_json(data["ranking"]),
        )


def begin_step(state: RankState) -> RankState:
    """A new step wants a point of its own; the points so far stay."""
    return replace(state, step_points=0)


def update(state: RankState, news: Measured, settings: Rank, at: datetime) -> RankState:
    """Makes points of a look's values, if it is time for some, and tests again once there are enough. A conviction is final."""
    convicted = state.ranking is not None and state.ranking.standing is not Standing.PASS
    early = state.last_at is not None and at - state.last_at < settings.every
    if convicted or early:
        return state
    beside = () if news.stable is None else (news.stable,)
    canary = (*state.canary_points, news.canary)[-KEPT:]
    stable = (*state.stable_points, *beside)[-KEPT:]
    return RankState(
        canary_points=canary,
        stable_points=stable,
        step_points=state.step_points + 1,
        last_at=at,
        ranking=_ranking(canary, stable, settings) if min(len(canary), len(stable)) >= settings.points else None,
    )


def judge(state: RankState, settings: Rank) -> Outcome:
    """What the points come to."""
    if state.canary_points and not state.stable_points:
        return Outcome(verdict=Verdict.NO_DATA, sentence="Stable has had no value yet to compare the canary's with.")
    canary, stable = len(state.canary_points), len(state.stable_points)
    if min(canary, stable) < settings.points:
        sentence = f"Canary has {canary} and stable {stable} of the {settings.points} points that a comparison needs."
        return Outcome(verdict=Verdict.CONTINUE, sentence=sentence)
    if state.ranking is None:
        return Outcome(verdict=Verdict.ERROR, sentence="The values of both versions can't be ranked: all of them are the same.")
    facts = f"Canary {state.value:.6g}, stable {state.stable:.6g} (medians of {canary} and {stable} points)"
    sentence = f"{facts}: {_said(state.ranking, settings)}."
    if state.ranking.standing is not Standing.PASS:
        return Outcome(verdict=Verdict.FAIL, sentence=sentence)
    if state.step_points == 0:
        return Outcome(verdict=Verdict.CONTINUE, sentence=f"{facts}: no value yet in this step.")
    return Outcome(verdict=Verdict.PASS, sentence=sentence)


def _ranking(canary: Sequence[float], stable: Sequence[float], settings: Rank) -> Ranking | None:
    try:
        return compare(canary, stable, settings)
    except AllTied:
        return None


def _said(ranking: Ranking, settings: Rank) -> str:
    if ranking.shift is None:
        return "the same values"
    moved = ranking.shift
    interval = f"shifted by {moved.estimate:.3g} ({moved.low:.3g} to {moved.high:.3g} with {settings.confidence:.3g})"
    match ranking.standing:
        case Standing.HIGH:
            return f"too high, {interval}"
        case Standing.LOW:
            return f"too low, {interval}"
        case Standing.PASS:
            return f"nothing to object to, {interval}"


def _ranking_to_json(ranking: Ranking) -> dict[str, Any]:
    moved = ranking.shift
    return {
        "standing": ranking.standing,
        "shift": None if moved is None else [moved.low, moved.estimate, moved.high],
        "effect": ranking.effect,
        "critical": ranking.critical,
    }


def _ranking_from_json(data: dict[str, Any]) -> Ranking:
    moved = None if data["shift"] is None else dict(zip(("low", "estimate", "high"), data["shift"], strict=True))
    return Ranking(
        standing=Standing(data["standing"]),
        shift=None if moved is None else Shift(**moved),
        effect=data["effect"],
        critical=data["critical"],
    )
