"""`canary backtest`: recordings in, verdicts out, for people, for scripts and by exit code."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from canary.cli.root import cli
from tests.offline.recordings import save, served

CANARY = """
apiVersion: canary.delivery/v1alpha1
kind: Canary
metadata: {name: reviews}
spec:
  target: {deployment: reviews}
  service: {name: reviews, port: 9080}
  traffic: {router: smi}
  strategy: {progressive: {steps: [{weight: 50, hold: 2m, approval: true}]}}
  analysis: {interval: 30s, metrics: [{name: failed, builtin: error-share}]}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*flags: str) -> Result:
    return CliRunner().invoke(cli, ["backtest", *flags])


def test_a_bad_version_in_a_few_lines(here: Path) -> None:
    save(here / "it.csv", served(stable=0.002, canary=0.1, minutes=10))
    result = run("--counters", "it.csv")
    head, why, *rest = result.stdout.splitlines()
    assert result.exit_code == 2
    assert head.startswith("it.csv  Fail  rolled back ")
    assert why.startswith("  AnalysisFailed: Canary fails ")
    assert [line.partition(",")[0] for line in rest] == ["  The rest of the recording"]
    assert result.stderr == "canary: Not in the recording, so not judged: slow.\n"


def test_a_good_version_and_its_changes_of_mind(here: Path) -> None:
    save(here / "it.csv", served(stable=0.002, canary=0.002, minutes=21))
    result = run("--counters", "it.csv", "--trace")
    lines = result.stdout.splitlines()
    assert (result.exit_code, lines[0]) == (0, "it.csv  Pass  promoted 21m after the first traffic (t=1260, step 4, 100 %)")
    assert [line.split()[:3] for line in lines if "plan: Holding" in line] == [
        ["1m", "25", "%"],
        ["6m", "50", "%"],
        ["11m", "100", "%"],
    ]


def test_a_recording_that_ends_first(here: Path) -> None:
    save(here / "it.csv", served(stable=0.002, canary=0.002, minutes=5))
    result = run("--counters", "it.csv")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (
        4,
        "it.csv  Continue  still under way 5m after the first traffic (t=300, step 2, 25 %)",
    )


def test_no_traffic_pauses(here: Path) -> None:
    save(here / "it.csv", [row for row in served(stable=0.002, canary=0) if "stable" in row])
    result = run("--counters", "it.csv", "-o", "json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["verdict"], document["reason"], document["ending"]) == (3, "NoData", "NoData", "Paused")


def test_the_canarys_own_plan_is_played(here: Path) -> None:
    (here / "canary.yaml").write_text(CANARY)
    save(here / "it.csv", served(stable=0.002, canary=0.002, minutes=21, metric="failed"))
    result = run("-f", "canary.yaml", "--counters", "it.csv", "-o", "yaml")
    document = yaml.safe_load(result.stdout)
    assert (result.exit_code, document["verdict"], document["at"], document["unused"]) == (0, "Pass", 120, 1140)
    assert document["notes"] == ["Taken as passed: approval at 50 %."]


def test_a_folder_is_a_table_or_a_list(here: Path) -> None:
    (here / "all").mkdir()
    save(here / "all/bad.csv", served(stable=0.002, canary=0.1, minutes=10))
    save(here / "all/good.csv", served(stable=0.002, canary=0.002, minutes=21))
    table, listed = run("--counters", "all"), run("--counters", "all", "-o", "json")
    assert (table.exit_code, listed.exit_code) == (0, 0)
    head, *rows, last = (line.split() for line in table.stdout.splitlines())
    assert (head, [row[:2] for row in rows]) == (
        ["FILE", "VERDICT", "ENDING", "AFTER", "WHY"],
        [["bad.csv", "Fail"], ["good.csv", "Pass"]],
    )
    assert " ".join(last) == "2 recordings: 1 Fail, 1 Pass"
    assert [(each["file"], each["verdict"]) for each in json.loads(listed.stdout)] == [("bad.csv", "Fail"), ("good.csv", "Pass")]


def test_a_recording_that_cant_be_read_spoils_no_other(here: Path) -> None:
    save(here / "bad.csv", ["0,canary,b,errors,2,1"])
    save(here / "good.csv", served(stable=0.002, canary=0.002, minutes=21))
    result = run("--counters", ".", "-o", "json")
    sentence = 'bad.csv line 2, column bad: "2" is more than total, 1: total counts the bad events, too.'
    assert (result.exit_code, json.loads(result.stdout)[0]) == (1, {"file": "bad.csv", "error": sentence})
    assert json.loads(result.stdout)[1]["verdict"] == "Pass"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--counters", "bad.csv"], "canary: bad.csv line 1 is"),
        (["--counters", "none.csv"], "canary: none.csv can't be read: No such file or directory."),
        ([], "canary: give either --counters, or --start of a past release"),
        (["--counters", "bad.csv", "--start", "2h ago"], "canary: give either --counters, or --start of a past release"),
        (["--start", "2h ago"], "canary: give the Canary with -f: it says whose metrics are asked for"),
        (["-f", "good.yaml", "--start", "2h ago"], "canary: Give --prometheus: the Canary names no provider."),
        (["--start", "now", "--canary-pods", "("], "canary: Invalid value for '--canary-pods': ( is no regular expression"),
        (["--start", "noon"], "noon is no time: write it as 2026-03-02T12:00:00Z, with its zone, or as 2h ago"),
        (["--start", "2026-03-02 12:00"], "2026-03-02 12:00 has no zone: write it as"),
        (["--start", "soon ago"], "canary: Invalid value for '--start': 'soon' is not a duration"),
        (
            ["-f", "good.yaml", "--prometheus", "http://127.0.0.1:1", "--start", "now", "--end", "1h ago"],
            "canary: --end is before --start: exchange them",
        ),
        (
            ["-f", "good.yaml", "--prometheus", "http://127.0.0.1:1", "--start", "1m ago"],
            "canary: Prometheus at http://127.0.0.1:1 can't be reached",
        ),
        (
            ["-f", "good.yaml", "--start", "1d ago", "--prometheus", "prometheus:9090"],
            "--prometheus is no URL",
        ),
        (["-f", "web.yaml", "--start", "1h ago"], "canary: Metric failed asks no Prometheus: play it from a recording"),
        (
            ["-f", "good.yaml", "--start", "1000d ago", "--prometheus", "http://127.0.0.1:1"],
            "the controller would look 2,880,001 times: ask for 20,000 at most.",
        ),
        (
            ["-f", "good.yaml", "--start", "1h ago", "--prometheus", "http://127.0.0.1:1", "--token-file", "none"],
            "canary: none can't be read: No such file or directory.",
        ),
        (["-f", "idle.yaml", "--counters", "bad.csv"], "canary: The Canary judges nothing, on purpose"),
        (["-f", "two.yaml", "--counters", "bad.csv"], "canary: two.yaml holds 2 Canaries: give a file that holds the one"),
        (["-f", "bad.yaml", "--counters", "bad.csv"], "bad.yaml:1  spec.service.port: is missing: add it"),
    ],
)
def test_what_is_wrong_is_said_and_exits_with_one(here: Path, flags: list[str], sentence: str) -> None:
    (here / "bad.csv").write_text("a,b\n")
    (here / "good.yaml").write_text(CANARY)
    graphite = "provider: {graphite: {address: 'http://graphite'}}, metrics: [{name: failed, counts: {bad: a, total: b}}]"
    (here / "web.yaml").write_text(CANARY.replace("metrics: [{name: failed, builtin: error-share}]", graphite))
    (here / "idle.yaml").write_text(CANARY.replace("[{name: failed, builtin: error-share}]", "[]"))
    (here / "two.yaml").write_text(f"{CANARY}---\n{CANARY}")
    (here / "bad.yaml").write_text(CANARY.replace(", port: 9080", ""))
    result = run(*flags)
    assert (result.exit_code, result.stdout) == (1, "")
    assert sentence in result.stderr


def test_help_names_the_columns_and_the_exit_codes() -> None:
    text = run("--help").stdout
    assert "t,version,pod,metric,bad,total" in text
    assert "2 rolled back" in text
