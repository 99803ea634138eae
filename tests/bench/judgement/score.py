"""What runs come to: rates with their intervals, times, bad requests served, and the summary in one line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from analysis.verdict import Verdict
from tests.bench.judgement.player import minutes
from tests.bench.judgement.runs import OURS, Piece, Run
from tests.bench.judgement.scenario import Cell, Group, Scenario, Truth

_Z = 1.959964
FALSE_ALARMS_ALLOWED = 0.05
DETECTION_ASKED = 0.80
CALM = (Group.HEALTHY, Group.IMMATERIAL, Group.BETTER, Group.SHARED, Group.FAMILY, Group.LATENCY, Group.ODD)
"""Where nothing is wrong with the canary: `worst_healthy` is the worst of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many of so many, with Wilson's interval of 95 %."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        """Fraction of one."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high end, fractions of one (Wilson 1927, score interval)."""
        if not self.of:
            return 0.0, 1.0
        shrink = 1 + _Z**2 / self.of
        centre = (self.share + _Z**2 / (2 * self.of)) / shrink
        half = _Z / shrink * sqrt(self.share * (1 - self.share) / self.of + _Z**2 / (4 * self.of**2))
        low = 0.0 if self.hits == 0 else centre - half
        high = 1.0 if self.hits == self.of else centre + half
        return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One method on one scenario. Times are minutes since what is wrong began, None where nothing was rolled back."""

    scenario: Scenario
    method: str
    rolled_back: Rate
    median: float | None
    ninth: float | None
    excess: float
    passed: Rate
    last: Mapping[str, float]


Scores = Mapping[str, Mapping[str, Score]]
"""By scenario, then by method."""


def scores(scenarios: Iterable[Scenario], found: Mapping[str, Sequence[Piece]]) -> dict[str, dict[str, Score]]:
    """Scores of every method on every scenario that was run."""
    return {scenario.name: _of(scenario, found[scenario.name]) for scenario in scenarios}


def _of(scenario: Scenario, pieces: Sequence[Piece]) -> dict[str, Score]:
    runs: dict[str, list[Run]] = {}
    for piece in pieces:
        for method, some in piece.runs.items():
            runs.setdefault(method, []).extend(some)
    return {method: _score(scenario, method, some) for method, some in runs.items()}


def _score(scenario: Scenario, method: str, runs: Sequence[Run]) -> Score:
    failed = sorted(run.failed for run in runs if run.failed is not None)
    times = [minutes(look) - scenario.onset for look in failed]
    return Score(
        scenario=scenario,
        method=method,
        rolled_back=Rate(hits=len(failed), of=len(runs)),
        median=median(times) if times else None,
        ninth=times[max(0, -(-len(times) * 9 // 10) - 1)] if times else None,
        excess=sum(run.excess for run in runs) / len(runs),
        passed=Rate(hits=sum(run.passed is not None for run in runs), of=len(runs)),
        last={verdict.value: sum(run.last is verdict for run in runs) / len(runs) for verdict in Verdict},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What one method comes to over everything that was run; None where no scenario of that kind was."""

    method: str
    usable: int
    cells: int
    worst_healthy: Score | None
    burst: Score | None
    pods: Score | None
    large_median: float | None
    no_data: int


def summary(method: str, every: Scores) -> Summary:
    """Raises nothing: what was not run is None or 0."""
    mine = [score for by_method in every.values() for name, score in by_method.items() if name == method]
    usable = [score for score in mine if score.scenario.group is Group.REGRESSION and _usable(score, mine)]
    large = [score for score in mine if _large(score.scenario) and _usable(score, mine)]
    medians = [score.median for score in large if score.median is not None]
    return Summary(
        method=method,
        usable=len(usable),
        cells=sum(score.scenario.group is Group.REGRESSION for score in mine),
        worst_healthy=_worst(mine, CALM),
        burst=_worst(mine, (Group.BURST,)),
        pods=_worst(mine, (Group.PODS,)),
        large_median=median(medians) if medians else None,
        no_data=sum(score.rolled_back.hits for score in mine if score.scenario.group is Group.MISSING),
    )


def last_line(ours: Summary, judge_us: float) -> str:
    """The machine-readable line; `nan` stands for what was not run."""
    large = float("nan") if ours.large_median is None else ours.large_median
    return (
        f"usable={ours.usable}/{ours.cells} worst_healthy={_percent(ours.worst_healthy)} burst={_percent(ours.burst)} "
        f"pods={_percent(ours.pods)} large_median_min={large:.2f} no_data_rollbacks={ours.no_data} judge_us={judge_us:.1f}"
    )


def judge_microseconds(found: Mapping[str, Sequence[Piece]]) -> float:
    """What one look at one metric took on average."""
    pieces = [piece for some in found.values() for piece in some]
    return 1e6 * sum(piece.seconds for piece in pieces) / max(1, sum(piece.judged for piece in pieces))


def _percent(score: Score | None) -> str:
    return "nan" if score is None else f"{100 * score.rolled_back.share:.2f}"


def _worst(scores: Iterable[Score], groups: Sequence[Group]) -> Score | None:
    calm = [score for score in scores if score.scenario.group in groups and score.scenario.truth is Truth.KEEP]
    return max(calm, key=lambda score: score.rolled_back.share, default=None)


def _large(scenario: Scenario) -> bool:
    return scenario.group is Group.LARGE or scenario.name.startswith("x10/")


def _usable(score: Score, mine: Sequence[Score]) -> bool:
    """Detects in the hour, and leaves the same service alone when it is healthy (reference §3.3)."""
    calm = next(
        (other for other in mine if other.scenario.group is Group.HEALTHY and other.scenario.cell == score.scenario.cell), None
    )
    quiet = calm is not None and calm.rolled_back.share <= FALSE_ALARMS_ALLOWED
    return quiet and score.rolled_back.share >= DETECTION_ASKED


def healthy_of(cell: Cell | None, every: Scores, method: str) -> Score | None:
    """The score of the same service when it is healthy."""
    found = (by_method[method] for by_method in every.values() if method in by_method)
    return next((one for one in found if one.scenario.group is Group.HEALTHY and one.scenario.cell == cell), None)


__all__ = ["OURS", "Rate", "Score", "Scores", "Summary", "judge_microseconds", "last_line", "scores", "summary"]
