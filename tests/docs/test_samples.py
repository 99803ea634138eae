"""The samples that the documents show: what comes of them is what is said there."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from canary.cli.root import cli

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "docs" / "samples"


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (
            ["judge", "--kayenta", f"{SAMPLES}/kayenta-config.json", "--pairs", f"{SAMPLES}/kayenta-pairs.json"],
            "score 70 of 100, Fail",
            2,
        ),
        (
            ["backtest", "-f", f"{ROOT}/examples/01-progressive-smi/canary-full.yaml", "--counters", f"{SAMPLES}/incident.csv"],
            "AnalysisFailed: Canary fails 2.7 % of 2,018 requests",
            2,
        ),
        (["convert", f"{SAMPLES}/flagger.yaml"], "name: error-rate", 0),
        (["convert", f"{SAMPLES}/argo.yaml"], "min: 0.95", 2),
    ],
)
def test_a_sample_comes_to_what_is_said(words: list[str], said: str, code: int) -> None:
    result = CliRunner().invoke(cli, words)
    assert said in result.output
    assert result.exit_code == code
