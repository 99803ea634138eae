"""What runs come to: rates with their intervals, times, bad requests served, and the summary in one line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from analysis.verdict import Verdict
from tests.bench.judgement.player import minutes
from tests.bench.judgement.runs import Piece, Run
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
    """One method on one scenario. Times are minutes since what is wrong began, None where nothing was rolled back.

    `early` are rollbacks before anything was wrong: they found nothing, and count neither as rolled back nor as time.
    """

    scenario: Scenario
    method: str
    rolled_back: Rate
    early: Rate
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
    since = sorted(minutes(run.failed) - scenario.onset for run in runs if run.failed is not None)
    times = [time for time in since if time >= 0]
    return Score(
        scenario=scenario,
        method=method,
        rolled_back=Rate(hits=len(times), of=len(runs)),
        early=Rate(hits=len(since) - len(times), of=len(runs)),
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
    warmed_median: float | None
    no_data: int


def summary(method: str, every: Scores) -> Summary:
    """Raises nothing: what was not run is None or 0."""
    mine = _of_method(method, every)
    usable = usable_cells(method, every)
    calm = _calm_cells(mine)
    large = [score for score in mine if is_large(score.scenario) and _usable(score, calm)]
    warmed = [score for score in mine if score.scenario.group is Group.WARMED and _usable(score, calm)]
    return Summary(
        method=method,
        usable=len(usable),
        cells=sum(score.scenario.group is Group.REGRESSION for score in mine),
        worst_healthy=_worst(mine, CALM),
        burst=_worst(mine, (Group.BURST,)),
        pods=_worst(mine, (Group.PODS,)),
        large_median=_median(large),
        warmed_median=_median(warmed),
        no_data=sum(score.rolled_back.hits for score in mine if score.scenario.group is Group.MISSING),
    )


def usable_cells(method: str, every: Scores) -> list[Score]:
    """The regressions of the grid that a method finds, and of which it leaves the healthy twin alone (reference §3.3)."""
    mine = _of_method(method, every)
    calm = _calm_cells(mine)
    return [score for score in mine if score.scenario.group is Group.REGRESSION and _usable(score, calm)]


def last_line(ours: Summary, judge_us: float) -> str:
    """The machine-readable line; `nan` stands for what was not run."""
    large = float("nan") if ours.large_median is None else ours.large_median
    return (
        f"usable={ours.usable}/{ours.cells} worst_healthy={_percent(ours.worst_healthy)} burst={_percent(ours.burst)} "
        f"pods={_percent(ours.pods)} large_median_min={large:.2f} no_data_rollbacks={ours.no_data} judge_us={judge_us:.1f}"
    )


def _median(scores: Iterable[Score]) -> float | None:
    medians = [score.median for score in scores if score.median is not None]
    return median(medians) if medians else None


def _percent(score: Score | None) -> str:
    return "nan" if score is None else f"{100 * score.rolled_back.share:.2f}"


def _worst(scores: Iterable[Score], groups: Sequence[Group]) -> Score | None:
    calm = [score for score in scores if score.scenario.group in groups and score.scenario.truth is Truth.KEEP]
    return max(calm, key=lambda score: score.rolled_back.share, default=None)


def is_large(scenario: Scenario) -> bool:
    """Does the canary fail ten times as much as stable, or 30 %, played without a warm-up?"""
    return scenario.group is Group.LARGE or scenario.name.startswith("x10/")


def _of_method(method: str, every: Scores) -> list[Score]:
    return [by_method[method] for by_method in every.values() if method in by_method]


def _calm_cells(mine: Iterable[Score]) -> set[Cell | None]:
    """Cells in which the healthy service is left alone."""
    healthy = (score for score in mine if score.scenario.group is Group.HEALTHY)
    return {score.scenario.cell for score in healthy if score.rolled_back.share <= FALSE_ALARMS_ALLOWED}


def _usable(score: Score, calm: set[Cell | None]) -> bool:
    return score.scenario.cell in calm and score.rolled_back.share >= DETECTION_ASKED
