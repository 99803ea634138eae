"""The tables of the benchmark."""

from collections.abc import Iterator, Mapping, Sequence
from math import exp, log
from statistics import mean, median
from typing import assert_never

from analysis.verdict import Verdict
from tests.bench.judgement.cells import BASES, RATES, WEIGHTS
from tests.bench.judgement.layout import Tabular, at, minutes, percent, rate
from tests.bench.judgement.peers import PEERS
from tests.bench.judgement.runs import DIRECT, OURS, Piece
from tests.bench.judgement.scenario import Cell, Group, Truth
from tests.bench.judgement.score import Score, Scores, Summary, is_large, summary, usable_cells

METHODS = (OURS, *PEERS)
STRESS = (Group.BURST, Group.LONG_BURST, Group.PODS, Group.SHARED, Group.START)
"""Where a healthy canary is hard to tell from a sick one."""
_EFFECTS = ("healthy", "+0.1pp", "+0.5pp", "x2", "x10")
_GRID = (Group.HEALTHY, Group.REGRESSION)


def report(every: Scores, found: Mapping[str, Sequence[Piece]]) -> Iterator[Tabular]:
    """All tables for which something was run."""
    yield _overview(every)
    if any(score.scenario.cell for score in _ours(every)):
        yield _cells(every)
    if any(is_large(score.scenario) for score in _ours(every)):
        yield _large(every)
    for title, groups in _SECTIONS.items():
        if any(score.scenario.group in groups for score in _ours(every)):
            yield _compared(title, groups, every)
    yield _details(every)
    if any(DIRECT in by_method for by_method in every.values()):
        yield _agreement(found)


_SECTIONS: Mapping[str, tuple[Group, ...]] = {
    "Nothing is wrong": (*STRESS, Group.IMMATERIAL, Group.BETTER, Group.FAMILY, Group.ODD),
    "Something is wrong": (Group.BURST_WORSE, Group.PODS_WORSE, Group.RAMP_WORSE, Group.DELAYED, Group.ODD_WORSE, Group.CRASHED),
    "Latency": (Group.LATENCY, Group.LATENCY_WORSE),
}


def mean_share(method: str, groups: Sequence[Group], every: Scores) -> float | None:
    """The mean rate of rollbacks over the scenarios of some groups; None if none was run."""
    shares = [
        by_method[method].rolled_back.share
        for by_method in every.values()
        if method in by_method and by_method[method].scenario.group in groups
    ]
    return mean(shares) if shares else None


def _ours(every: Scores) -> list[Score]:
    return [by_method[OURS] for by_method in every.values()]


def _overview(every: Scores) -> Tabular:
    columns = [
        "method",
        "usable",
        *(f"{rps:g} rps" for rps in RATES),
        "min, usable",
        "min, large",
        "min, warmed",
        "excess / ours",
        "mean healthy %",
        "worst healthy %",
        "worst burst %",
        "worst pods %",
        "mean stress %",
    ]
    rows = [_overview_row(summary(method, every), every) for method in METHODS]
    note = (
        "usable cells roll back at most 5 % of the same service when it is healthy, and find at least 80 % of the regressions "
        "in an hour; minutes are medians over usable cells of the median time to roll back, from the first bad request: of all, "
        "of those in which ten times as much or 30 % fails, and of these with the default warm-up of a minute, which the others "
        "are played without; excess is the geometric mean of the excess failures served compared with ours, where both are "
        "usable; healthy cells on average, and the worst scenario in which nothing is wrong with the canary; in brackets, "
        "intervals of 95 %"
    )
    return Tabular(title="At a glance", note=note, columns=columns, rows=rows)


def _overview_row(found: Summary, every: Scores) -> list[str]:
    usable = usable_cells(found.method, every)
    by_rate = [sum(score.scenario.cell is not None and score.scenario.cell.rps == rps for score in usable) for rps in RATES]
    medians = [score.median for score in usable if score.median is not None]
    return [
        found.method,
        f"{found.usable}/{found.cells}",
        *map(str, by_rate),
        minutes(median(medians) if medians else None),
        minutes(found.large_median),
        minutes(found.warmed_median),
        _excess_ratio(usable, every),
        _mean(mean_share(found.method, (Group.HEALTHY,), every)),
        *("–" if worst is None else rate(worst.rolled_back) for worst in (found.worst_healthy, found.burst, found.pods)),
        _mean(mean_share(found.method, STRESS, every)),
    ]


def _mean(share: float | None) -> str:
    return "–" if share is None else percent(share)


def _excess_ratio(usable: Sequence[Score], every: Scores) -> str:
    ours = {score.scenario.name: score.excess for score in usable_cells(OURS, every)}
    pairs = [(score.excess, ours[score.scenario.name]) for score in usable if score.scenario.name in ours]
    logs = [log(mine / other) for mine, other in pairs if mine > 0 and other > 0]
    return f"{exp(mean(logs)):.2f}" if logs else "–"


def _cells(every: Scores) -> Tabular:
    named: dict[tuple[Cell | None, str], Score] = {
        (score.scenario.cell, score.scenario.name.partition("/")[0]): score
        for score in _ours(every)
        if score.scenario.group in _GRID
    }
    cells = [Cell(rps=rps, weight=weight, base=base) for rps in RATES for weight in WEIGHTS for base in BASES]
    rows = [
        [f"{cell.rps:g} rps, {cell.weight:.0%}, {percent(cell.base)} %", *(at(named.get((cell, effect))) for effect in _EFFECTS)]
        for cell in cells
        if any((cell, effect) in named for effect in _EFFECTS)
    ]
    note = "rolled back in percent @ median minutes; requests a second, the canary's weight and stable's share of errors"
    return Tabular(title="Ours in the 240 cells", note=note, columns=["cell", *_EFFECTS], rows=rows)


def _large(every: Scores) -> Tabular:
    rows = [
        [
            name,
            rate(by_method[OURS].rolled_back),
            at(every.get(f"warm-{name}", {}).get(OURS)),
            *(at(by_method.get(method)) for method in METHODS),
        ]
        for name, by_method in every.items()
        if is_large(by_method[OURS].scenario)
    ]
    note = (
        "rolled back in percent @ median minutes since the first bad request; ours with its interval of 95 %, ours with the "
        "default warm-up of a minute, and then all without one"
    )
    return Tabular(title="Large regressions", note=note, columns=["scenario", "ours (95 %)", "ours, warmed", *METHODS], rows=rows)


def _compared(title: str, groups: Sequence[Group], every: Scores) -> Tabular:
    rows = [
        [name, _mark(by_method[OURS]), rate(by_method[OURS].rolled_back), *(at(by_method.get(method)) for method in METHODS)]
        for group in groups
        for name, by_method in every.items()
        if by_method[OURS].scenario.group is group
    ]
    note = "rolled back in percent @ median minutes since what is wrong began; ours first with its interval of 95 %"
    return Tabular(title=title, note=note, columns=["scenario", "right", "ours (95 %)", *METHODS], rows=rows)


def _mark(score: Score) -> str:
    match score.scenario.truth:
        case Truth.KEEP | Truth.ROLL_BACK as truth:
            return truth.value
        case Truth.HOLD:
            return "not pass"
        case Truth.NO_DATA:
            return "no rollback"
        case _ as unknown:
            assert_never(unknown)


def _details(every: Scores) -> Tabular:
    ends = (Verdict.PASS, Verdict.CONTINUE, Verdict.INCONCLUSIVE, Verdict.NO_DATA, Verdict.ERROR)
    rows = [
        [
            score.scenario.name,
            _mark(score),
            rate(score.rolled_back),
            minutes(score.median),
            minutes(score.ninth),
            percent(score.early.share),
            f"{score.excess:.0f}",
            percent(score.passed.share),
            *(percent(score.last[end]) for end in ends),
        ]
        for score in _ours(every)
        if score.scenario.group not in (*_GRID, Group.LARGE, Group.WARMED)
    ]
    columns = [
        "scenario",
        "right",
        "rolled back %",
        "median",
        "p90",
        "early %",
        "excess",
        "ever Pass %",
        *(f"{end} %" for end in ends),
    ]
    note = (
        "minutes since it went wrong; rollbacks before that; excess failures that the canary served until it was rolled back or "
        "the hour was over; rollouts that had evidence for promotion at some look; the last verdict of those not rolled back"
    )
    return Tabular(title="Ours in detail", note=note, columns=columns, rows=rows)


def _agreement(found: Mapping[str, Sequence[Piece]]) -> Tabular:
    rows = []
    for name, pieces in found.items():
        pairs = [
            (one, other)
            for piece in pieces
            if DIRECT in piece.runs
            for one, other in zip(piece.runs[OURS], piece.runs[DIRECT], strict=True)
        ]
        if pairs:
            rows.append([name, str(sum(one == other for one, other in pairs)), str(len(pairs))])
    note = "the same rollouts read through PromQL over HTTP, and directly: the same verdicts at the same looks"
    return Tabular(title="Through HTTP", note=note, columns=["scenario", "agree", "of"], rows=rows)
