"""Recordings judged from the canary's first traffic on, one by one and by the folder."""

import json
import random
from pathlib import Path

import pytest

from analysis.verdict import Verdict
from canary.errors import Invalid
from canary.offline.backtest import Backtester
from canary.offline.course import course_of
from canary.offline.folder import judge_all, recordings
from canary.offline.story import Ending
from tests.offline.courses import a_spec
from tests.offline.recordings import a_recording, save, served

DEFAULT = Backtester(course=course_of(a_spec()))


def test_a_healthy_hour_is_promoted_when_the_plan_is_over():
    found = DEFAULT.judge(a_recording(*served(stable=0.002, canary=0.002)))
    assert (found.story.verdict, found.story.ending, found.told()["at"]) == (Verdict.PASS, Ending.PROMOTED, 1260)
    assert (found.began, found.unused) == (0, 3600 - 1260)


def test_sums_over_pods_are_judged_like_single_pods():
    named = served(stable=0.002, canary=0.05)
    by_pod, summed = DEFAULT.judge(a_recording(*named)), DEFAULT.judge(a_recording(*_summed(named)))
    assert (summed.story.verdict, summed.story.ending) == (by_pod.story.verdict, by_pod.story.ending)


def _summed(rows):
    """The same counters without the names of pods."""
    sums = {}
    for row in rows:
        t, version, _, metric, bad, total = row.split(",")
        before = sums.get((t, version, metric), (0, 0))
        sums[t, version, metric] = (before[0] + float(bad), before[1] + float(total))
    return [f"{t},{version},,{metric},{bad:g},{total:g}" for (t, version, metric), (bad, total) in sums.items()]


def test_the_clock_is_the_files_and_starts_with_the_canary():
    later = DEFAULT.judge(a_recording(*served(stable=0.002, canary=0.05, starts=900))).told()
    assert (later["verdict"], later["ending"], later["began"]) == ("Fail", "RolledBack", 900)
    assert 960 < later["at"] < 1200


def test_the_last_step_can_last_until_the_end():
    held = Backtester(course=course_of(a_spec()), until_end=True)
    healthy, late = served(stable=0.002, canary=0.002), served(stable=0.002, canary=0.002, minutes=30)
    turned = [*late, *_after(1800, served(stable=0.002, canary=0.2, minutes=30))]
    assert held.judge(a_recording(*healthy)).told()["at"] == 3600
    assert held.judge(a_recording(*turned)).story.verdict is Verdict.FAIL
    assert DEFAULT.judge(a_recording(*turned)).story.verdict is Verdict.PASS


def _after(seconds: int, rows: list[str]) -> list[str]:
    """The same pods later, restarted: their counters begin again."""
    split = [row.split(",", 1) for row in rows]
    return [f"{int(t) + seconds},{rest}" for t, rest in split if int(t)]


def test_the_order_of_rows_changes_nothing():
    rows = served(stable=0.002, canary=0.05, minutes=10)
    shuffled = random.Random(7).sample(rows, len(rows))
    assert DEFAULT.judge(a_recording(*rows)) == DEFAULT.judge(a_recording(*shuffled))


def test_gaps_and_resets_change_no_verdict():
    rows = served(stable=0.002, canary=0.002)
    gaps = [row for number, row in enumerate(rows) if number % 7]
    restarted = [
        *[row for row in rows if int(row.split(",")[0]) <= 600],
        *_after(600, served(stable=0.002, canary=0.002, minutes=50)),
    ]
    assert [DEFAULT.judge(a_recording(*kept)).story.ending for kept in (gaps, restarted)] == [Ending.PROMOTED, Ending.PROMOTED]


def test_a_canary_without_traffic_is_no_data_and_pauses():
    rows = [row for row in served(stable=0.002, canary=0) if "stable" in row]
    idle = [f"{t},canary,c0,errors,0,0" for t in range(0, 3601, 15)]
    for found in (DEFAULT.judge(a_recording(*rows)), DEFAULT.judge(a_recording(*rows, *idle))):
        assert (found.story.verdict, found.story.ending, found.story.reason) == (Verdict.NO_DATA, Ending.PAUSED, "NoData")


def test_what_the_recording_lacks_is_left_out_and_said():
    found = DEFAULT.judge(a_recording(*served(stable=0.002, canary=0.002)))
    assert found.notes == ("Not in the recording, so not judged: slow.",)
    assert [metric.verdict.metric for metric in found.story.metrics] == ["errors"]
    both = served(stable=0.01, canary=0.01) + served(stable=0.002, canary=0.1, metric="slow")
    assert DEFAULT.judge(a_recording(*both)).story.verdict is Verdict.FAIL
    assert DEFAULT.judge(a_recording(*both)).notes == ()


def test_metrics_that_the_canary_does_not_judge_are_refused():
    with pytest.raises(Invalid) as refused:
        DEFAULT.judge(a_recording("0,canary,b,eror,0,1"))
    assert str(refused.value) == (
        'it.csv, column metric: the Canary judges no metric "eror" (it judges errors, slow): rename it, or remove its rows.'
    )
    heap = {"name": "heap", "value": "heap", "threshold": {"max": 1}}
    with pytest.raises(Invalid, match="heap is a value and has no events to count: remove its rows"):
        Backtester(course=course_of(a_spec(analysis={"metrics": [heap]}))).judge(a_recording("0,canary,b,heap,0,1"))


def test_a_story_is_json_with_all_its_numbers():
    document = json.loads(json.dumps(DEFAULT.judge(a_recording(*served(stable=0.002, canary=0.1))).told(trace=True)))
    metric = document["metrics"][0]
    assert {"verdict", "at", "reason", "sentence", "metrics", "trace", "notes", "began", "unused"} <= document.keys()
    assert (document["verdict"], metric["verdict"], metric["metric"]) == ("Fail", "Fail", "errors")
    assert (metric["since"], metric["sentence"]) == (document["at"], document["sentence"])
    assert 0 < metric["canary"]["bad"] < metric["canary"]["total"] < metric["stable"]["total"]
    assert metric["evidence"] >= metric["bound"]
    assert [(change["metric"], change["what"]) for change in document["trace"]][-2:] == [
        ("errors", "Fail"),
        (None, "AnalysisFailed"),
    ]
    assert "trace" not in DEFAULT.judge(a_recording("0,canary,b,errors,0,1")).told()


def test_a_folder_is_judged_in_order_by_several_processes(tmp_path: Path):
    for number in range(12):
        save(tmp_path / f"{number:02}.csv", served(stable=0.002, canary=0.1 if number % 2 else 0.002, minutes=25, seed=number))
    save(tmp_path / "notes.txt", [])
    save(tmp_path / "broken.csv", ["0,canary,b,errors,2,1"])
    judged = list(judge_all(DEFAULT, recordings(tmp_path)))
    assert [path.name for path, _ in judged] == [*(f"{number:02}.csv" for number in range(12)), "broken.csv"]
    assert [what.story.verdict for _, what in judged[:-1]] == [Verdict.PASS, Verdict.FAIL] * 6
    assert isinstance(judged[-1][1], Invalid)


def test_an_empty_folder_is_refused(tmp_path: Path):
    with pytest.raises(Invalid, match=r"holds no \.csv or \.csv\.gz"):
        recordings(tmp_path)
