"""`canary judge`: Kayenta's files in, its result out, and an exit code for pipelines."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from canary.cli.root import cli

CONFIG = {
    "metrics": [{"name": "errors", "groups": ["Errors"]}, {"name": "latency", "groups": ["Latency"]}],
    "classifier": {"groupWeights": {"Errors": 80, "Latency": 20}},
}
STEADY = [10, 11, 12, 11, 10, 12, 11, 10.5]
HIGHER = [20, 21, 22, 21, 20, 22, 21, 20.5]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(here: Path, errors=STEADY, latency=STEADY, *flags: str, config: object = CONFIG) -> Result:
    pairs = [
        {"name": name, "values": {"control": STEADY, "experiment": it}} for name, it in (("errors", errors), ("latency", latency))
    ]
    (here / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    (here / "pairs.json").write_text(json.dumps(pairs))
    return CliRunner().invoke(cli, ["judge", "--kayenta", "config.json", "--pairs", "pairs.json", *flags])


@pytest.mark.parametrize(
    ("errors", "latency", "code", "last"),
    [
        (STEADY, STEADY, 0, "score 100 of 100, Pass"),
        (HIGHER, STEADY, 2, "score 20 of 100, Fail"),
        (STEADY, HIGHER, 3, "score 80 of 100, Marginal"),
        (STEADY, [], 4, "score 0 of 100, Nodata: 1 of 2 metrics have no data."),
    ],
)
def test_the_code_says_what_the_score_is(here: Path, errors, latency, code: int, last: str) -> None:
    result = run(here, errors, latency)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (code, last)


def test_a_line_per_metric_and_group(here: Path) -> None:
    lines = run(here, HIGHER).stdout.splitlines()
    assert lines[0].startswith("errors   High  errors was classified as High (shifted by ")
    assert lines[1:] == ["latency  Pass", "group Errors: 0 of 100", "group Latency: 100 of 100", "score 20 of 100, Fail"]


def test_scores_may_be_asked_for(here: Path) -> None:
    assert run(here, STEADY, HIGHER, "--pass", "80").exit_code == 0
    assert run(here, STEADY, HIGHER, "--pass", "60").exit_code == 0
    assert run(here, HIGHER, STEADY, "--pass", "60").exit_code == 2
    assert run(here, HIGHER, STEADY, "--marginal", "10").exit_code == 3


def test_json_is_kayentas(here: Path) -> None:
    result = run(here, STEADY, STEADY, "-o", "json")
    found = json.loads(result.stdout)
    assert found["score"] == {"score": 100.0, "classification": "Pass", "classificationReason": ""}
    assert [one["name"] for one in found["results"]] == ["errors", "latency"]


@pytest.mark.parametrize(
    ("config", "flags", "says"),
    [
        ("{", (), "config.json is no JSON: Expecting property name enclosed in double quotes in line 1, column 2"),
        ("[" * 200_000, (), "config.json can't be read: it has a number of too many digits, or is nested too deeply"),
        ("1" * 5_000, (), "config.json can't be read"),
        ({"metrics": []}, (), "config.json is no input for a judge: config.metrics: is empty"),
        ({"metrics": [{"name": "errors"}]}, (), 'pairs.json: there is no metric "latency" in the config (errors)'),
        (CONFIG, ("--marginal", "97"), "--: marginal 97 is above pass 95: lower marginal, or raise pass"),
    ],
)
def test_what_cannot_be_judged_is_one_line(here: Path, config, flags, says) -> None:
    result = run(here, STEADY, STEADY, *flags, config=config)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"canary: {says}")
    assert len(result.stderr.splitlines()) == 1
