"""Scores, the last line, tables and the plot."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from analysis.verdict import Verdict
from tests.bench.judgement.catalogue import catalogue
from tests.bench.judgement.export import write_json, write_markdown, write_plot
from tests.bench.judgement.layout import rate
from tests.bench.judgement.plot import Mark, svg
from tests.bench.judgement.report import report
from tests.bench.judgement.runs import OURS, Piece, Run, run_piece
from tests.bench.judgement.score import Rate, last_line, scores, summary

CELL = "100rps/w25/0.5%"


def piece(name, *failed, method=OURS):
    runs = [Run(failed=look, excess=10.0, last=Verdict.CONTINUE if look is None else Verdict.FAIL) for look in failed]
    return Piece(scenario=name, runs={method: runs})


def scored(*pieces):
    return scores([catalogue()[one.scenario] for one in pieces], {one.scenario: [one] for one in pieces})


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 100, 0.0, 0.0370), (100, 100, 0.9630, 1.0), (5, 100, 0.0215, 0.1118), (81, 263, 0.2553, 0.3662)],
)
def test_intervals_are_wilsons(hits, of, low, high):
    assert (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4)) == Rate(hits=hits, of=of).interval


def test_nothing_in_a_few_runs_is_not_never():
    assert rate(Rate(hits=0, of=100)) == "0 (≤ 3.7)"


def test_times_count_from_what_is_wrong():
    score = scored(piece("delayed/x10/100rps", 84, 88, 100, None))["delayed/x10/100rps"][OURS]

    assert (score.rolled_back.share, score.median, score.ninth) == (0.75, 2.0, 5.0)


def test_a_rollback_before_anything_is_wrong_finds_nothing():
    score = scored(piece("delayed/x10/100rps", 40, 88))["delayed/x10/100rps"][OURS]

    assert (score.rolled_back.share, score.early.share, score.median) == (0.5, 0.5, 2.0)


@pytest.mark.parametrize(
    ("healthy", "regression", "usable"),
    [
        ([None] * 20, [8] * 4 + [None], 1),
        ([4] + [None] * 19, [8] * 5, 1),
        ([4, 4] + [None] * 18, [8] * 5, 0),
        ([None] * 20, [8] * 3 + [None] * 2, 0),
    ],
)
def test_usable_is_detection_without_false_alarms_on_the_same_service(healthy, regression, usable):
    every = scored(piece(f"healthy/{CELL}", *healthy), piece(f"x2/{CELL}", *regression))

    assert usable == summary(OURS, every).usable


def test_the_last_line_is_for_machines():
    every = scored(
        piece(f"healthy/{CELL}", *[None] * 99, 8),
        piece(f"x10/{CELL}", 4, 8, 12),
        piece("burst20/0s/w25/one-pod", 4, None, None, None),
        piece("pods/2v6/100rps", 4, None, None, None, None, None, None, None),
        piece("missing/nan", None),
    )

    expected = "usable=1/1 worst_healthy=1.00 burst=25.00 pods=12.50 large_median_min=2.00 no_data_rollbacks=0 judge_us=43.2"
    assert expected == last_line(summary(OURS, every), 43.21)


def test_bursts_longer_than_a_block_and_sick_canaries_are_no_false_rollbacks():
    every = scored(piece("burst20/180s/w25/one-pod", 4), piece("burst20/0s/w25/one-pod/x3", 4))

    assert summary(OURS, every).burst is None


@pytest.fixture(scope="module")
def found():
    names = (f"healthy/{CELL}", f"x10/{CELL}", f"warm-x10/{CELL}", "burst20/0s/w25/one-pod", "http/x10/10rps/w25/0.1%")
    return {name: [run_piece(name, 0, 2)] for name in names}


def test_tables_have_a_row_for_each_scenario_and_method(found, tmp_path):
    every = scores([catalogue()[name] for name in found], found)
    tables = {table.title: table for table in report(every, found)}

    assert {"At a glance", "Ours in the 240 cells", "Large regressions", "Nothing is wrong", "Through HTTP"} <= set(tables)
    assert list(tables["Through HTTP"].rows[0]) == ["http/x10/10rps/w25/0.1%", "2", "2"]
    for table in tables.values():
        assert {len(table.columns)} == {len(row) for row in table.rows}
    write_markdown(tmp_path / "tables.md", list(tables.values()), "the last line")
    assert re.search(r"^\| canary \| 1/1 \|", (tmp_path / "tables.md").read_text(), re.MULTILINE)


def test_scores_and_plot_are_written_for_others(found, tmp_path):
    every = scores([catalogue()[name] for name in found], found)
    write_json(tmp_path / "scores.json", every, "usable=1/192 burst=0.00")
    write_plot(tmp_path / "plot.svg", every)

    assert json.loads((tmp_path / "scores.json").read_text())["summary"] == {"usable": "1/192", "burst": "0.00"}
    assert "svg" in ET.parse(tmp_path / "plot.svg").getroot().tag


def test_a_plot_needs_what_it_shows(tmp_path):
    with pytest.raises(ValueError, match="leave --only away"):
        write_plot(tmp_path / "plot.svg", scored(piece("better/10rps", None)))


def test_labels_of_the_plot_keep_apart():
    marks = [Mark(method=f"rule {n}", stress=0.1, minutes=5.0, usable="9", ours=n == 0) for n in range(4)]
    texts = [
        one for one in ET.fromstring(svg(marks)).iter("{http://www.w3.org/2000/svg}text") if (one.text or "").startswith("rule")
    ]

    assert len({one.get("y") for one in texts}) == 4
