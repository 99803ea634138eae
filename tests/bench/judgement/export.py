"""What was found, for other programs and for the docs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.judgement.layout import Tabular
from tests.bench.judgement.plot import Mark, svg
from tests.bench.judgement.report import METHODS, STRESS, mean_share
from tests.bench.judgement.runs import OURS
from tests.bench.judgement.score import Score, Scores, summary


def write_json(path: Path, every: Scores, line: str) -> None:
    """One object: the last line as fields, and every score."""
    fields = dict(part.split("=", 1) for part in line.split())
    told = {"summary": fields, "scores": [_plain(score) for by_method in every.values() for score in by_method.values()]}
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def write_markdown(path: Path, tables: Sequence[Tabular], line: str) -> None:
    """The same tables as on the terminal."""
    path.write_text("\n".join([*(table.markdown() for table in tables), f"    {line}", ""]), encoding="utf-8")


def write_plot(path: Path, every: Scores) -> None:
    """Raises ValueError when the scenarios that the plot is about were not run."""
    marks = [mark for method in METHODS if (mark := _mark(method, every)) is not None]
    if not marks:
        raise ValueError("--plot needs stress scenarios and large regressions: leave --only away")
    path.write_text(svg(marks), encoding="utf-8")


def _mark(method: str, every: Scores) -> Mark | None:
    found, stress = summary(method, every), mean_share(method, STRESS, every)
    if stress is None or found.large_median is None:
        return None
    return Mark(method=method, stress=stress, minutes=found.large_median, usable=str(found.usable), ours=method == OURS)


def _plain(score: Score) -> dict[str, Any]:
    low, high = score.rolled_back.interval
    scenario = score.scenario
    return {
        "scenario": scenario.name,
        "group": scenario.group.value,
        "truth": scenario.truth.value,
        "cell": None if scenario.cell is None else asdict(scenario.cell),
        "method": score.method,
        "runs": score.rolled_back.of,
        "rolledBack": score.rolled_back.share,
        "low": low,
        "high": high,
        "early": score.early.share,
        "median": score.median,
        "p90": score.ninth,
        "excess": score.excess,
        "passed": score.passed.share,
        "last": dict(score.last),
    }
