"""The table of recorded counters: what is read from it, and what is refused with its place and the remedy."""

import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from analysis.plan import Version
from canary.errors import Invalid
from canary.offline.recording import (
    Pod,
    Recording,
    Sample,
    parse_recording,
    read_recording,
    write_recording,
)
from tests.offline.recordings import HEADER, a_recording, a_text

NUMBERS = some.floats(0, 1e9) | some.integers(0, 10**9).map(float)
SAMPLES = some.lists(some.tuples(some.floats(-1e9, 1e9), NUMBERS, NUMBERS), min_size=1, max_size=5, unique_by=lambda one: one[0])
NAMES = some.text(some.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=8)


def test_rows_become_series_in_the_order_of_time():
    recording = a_recording(
        "15,stable,a,errors,1,10", "0,stable,a,errors,0,0", "15,canary,b,errors,2,3.5", "0.5,canary,b,slow,0,1"
    )
    assert recording.metrics == {
        "errors": {
            Pod(Version.STABLE, "a"): (Sample(0, 0, 0), Sample(15, 1, 10)),
            Pod(Version.CANARY, "b"): (Sample(15, 2, 3.5),),
        },
        "slow": {Pod(Version.CANARY, "b"): (Sample(0.5, 0, 1),)},
    }
    assert (recording.first, recording.last) == (0, 15)


@pytest.mark.parametrize(
    ("rows", "begins"),
    [
        (["0,stable,a,errors,0,5", "30,canary,b,errors,0,7", "45,canary,b,errors,0,9"], 30),
        (["0,canary,b,errors,0,0", "15,canary,b,errors,0,0", "30,canary,b,errors,0,9"], 15),
        (["15,canary,b,errors,0,0", "30,canary,c,errors,0,9", "30,canary,b,errors,0,0"], 15),
        (["0,canary,b,errors,0,9", "15,canary,b,errors,0,9", "30,canary,b,errors,0,9", "30,canary,c,errors,0,1"], 15),
        (["0,canary,b,errors,0,9", "15,canary,b,errors,0,0", "30,canary,b,errors,0,3"], 15),
        (["0,stable,a,errors,0,5", "45,canary,b,errors,0,0", "60,canary,b,errors,0,0"], 45),
        (["7,stable,a,errors,0,5", "22,stable,a,errors,0,5"], 7),
    ],
    ids=["at its first scrape", "after one without", "pods begin apart", "after a past", "restarted", "never", "no canary"],
)
def test_when_the_canary_gets_traffic(rows, begins):
    assert begins == a_recording(*rows).begins


def test_a_row_may_stand_twice_but_not_with_other_counts():
    assert a_recording("0,canary,b,errors,0,1", "0,canary,b,errors,0,1") == a_recording("0,canary,b,errors,0,1")
    with pytest.raises(Invalid) as refused:
        a_recording("0,canary,b,errors,0,1", "0,canary,b,errors,0,2")
    assert str(refused.value) == (
        "it.csv line 3, columns bad and total: canary b has other counts of errors at 0 in a line above: keep one of them."
    )


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("0,canary,b,errors,1", "there are 5 columns: write 6, t,version,pod,metric,bad,total"),
        ("0,canary,b,errors,1,2,3", "there are 7 columns: write 6, t,version,pod,metric,bad,total"),
        ("noon,canary,b,errors,1,2", 'column t: "noon" is no number: write seconds'),
        ("nan,canary,b,errors,1,2", 'column t: "nan" is no number: write seconds'),
        (
            "1760000000000,canary,b,errors,1,2",
            'column t: "1760000000000" is too large for seconds: divide by 1000 if these are milliseconds',
        ),
        ("0,Canary,b,errors,1,2", 'column version: "Canary" is neither: write stable or canary'),
        ("0,canary,b,,1,2", "column metric: is empty: write its name"),
        ("0,canary,b,errors,NaN,2", 'column bad: "NaN" is no number: write the counter, or no row where there was none'),
        ("0,canary,b,errors,,2", 'column bad: "" is no number: write the counter, or no row where there was none'),
        ("0,canary,b,errors,1,inf", 'column total: "inf" is no number: write the counter, or no row where there was none'),
        ("0,canary,b,errors,1,1_0", 'column total: "1_0" is no number: write the counter, or no row where there was none'),
        ("0,canary,b,errors,-1,2", 'column bad: "-1" is below 0: no counter is, write it as it was scraped'),
        ("0,canary,b,errors,3,2", 'column bad: "3" is more than total, 2: total counts the bad events, too'),
    ],
)
def test_a_bad_row_is_refused_with_its_place_and_the_remedy(row, sentence):
    with pytest.raises(Invalid) as refused:
        a_recording("0,stable,a,errors,0,1", row)
    assert str(refused.value) == f"it.csv line 3, {sentence}."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", f"it.csv is empty: its first line must be {HEADER}."),
        ("time,bad\n1,2\n", f'it.csv line 1 is "time,bad": it must be {HEADER}.'),
        (a_text(), "it.csv has a header and no rows: there is nothing to judge."),
        (a_text('0,canary,"b,errors,1,2'), "it.csv line 2 is no CSV: unexpected end of data."),
        (f"{'x' * 70}\n", f'it.csv line 1 is "{"x" * 60}…": it must be {HEADER}.'),
    ],
)
def test_what_is_no_recording_is_refused(text, sentence):
    with pytest.raises(Invalid) as refused:
        parse_recording(text, "it.csv")
    assert str(refused.value) == sentence


def test_marks_of_other_systems_and_zipped_files_are_read(tmp_path: Path):
    text = a_text("0,canary,b,errors,0,1", "", "15,canary,b,errors,0,2").replace("\n", "\r\n")
    plain, zipped = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_bytes(b"\xef\xbb\xbf" + text.encode())
    zipped.write_bytes(gzip.compress(text.encode()))
    wanted = a_recording("0,canary,b,errors,0,1", "15,canary,b,errors,0,2").metrics
    assert [read_recording(plain).metrics, read_recording(zipped).metrics] == [wanted, wanted]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x1f\x8b broken", gzip.compress(HEADER.encode())[:-9]])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_what_is_no_text_is_refused(tmp_path: Path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Invalid, match=re.escape(str(tmp_path / name))):
        read_recording(tmp_path / name)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(Invalid, match="can't be read: No such file or directory"):
        read_recording(tmp_path / "none.csv")


@given(text=some.text(max_size=200) | some.lists(some.text(max_size=30), max_size=5).map(lambda rows: a_text(*rows)))
def test_whatever_the_text_it_is_read_or_refused(text):
    try:
        read = parse_recording(text, "it.csv")
    except Invalid as error:
        said = str(error)
    else:
        said = "it.csv is sound" if read.first <= read.begins <= read.last else "its times are not"
    assert said.startswith("it.csv ")


@given(
    series=some.dictionaries(
        NAMES,
        some.dictionaries(some.tuples(some.sampled_from(Version), NAMES), SAMPLES, min_size=1, max_size=3),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_written_is_read_again(series, tmp_path_factory):
    metrics = {
        metric: {
            Pod(*pod): tuple(sorted(Sample(t, min(one, other), max(one, other)) for t, one, other in samples))
            for pod, samples in pods.items()
        }
        for metric, pods in series.items()
    }
    path = tmp_path_factory.getbasetemp() / "written.csv.gz"
    write_recording(Recording(name=str(path), metrics=metrics), path)
    assert read_recording(path).metrics == metrics
