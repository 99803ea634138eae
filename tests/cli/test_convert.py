"""`canary convert`: what it prints where, and its exit codes."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from canary.cli.root import cli

SAMPLES = Path(__file__).parents[1] / "convert" / "samples"


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["convert", *arguments], input=given)


def sample(name: str) -> str:
    return str(SAMPLES / f"{name}.yaml")


def test_objects_go_to_standard_output_below_what_is_said_of_them() -> None:
    result = run(sample("flagger-linkerd"))
    assert result.exit_code == 0
    assert [obj["kind"] for obj in yaml.safe_load_all(result.stdout)] == ["AnalysisTemplate", "Canary"]
    told = "spec.autoscalerRef: not needed. The Deployment's own autoscaler goes on scaling it; the canary follows."
    assert f"# {told}" in result.stdout.splitlines()
    assert f"Canary podinfo  {told}" in result.stderr.splitlines()


@pytest.mark.parametrize("name", ["flagger-istio", "argo-odd"])
def test_what_was_left_out_shows_in_the_exit_code(name: str) -> None:
    result = run(sample(name))
    assert (result.exit_code, "left out" in result.stderr) == (2, True)


def test_json_is_one_list_that_kubectl_takes() -> None:
    found = json.loads(run(sample("argo-smi"), "-o", "json").stdout)
    assert (found["kind"], [item["kind"] for item in found["items"]]) == (
        "List",
        ["AnalysisTemplate", "ClusterAnalysisTemplate", "Deployment", "Canary"],
    )


def test_several_files_belong_together(tmp_path: Path) -> None:
    canary, template = (SAMPLES / "flagger-linkerd.yaml").read_text().split("---\n")
    alone = run("-", given=canary)
    assert (alone.exit_code, "MetricTemplate not-found-percentage is not in these files" in alone.stderr) == (2, True)
    (tmp_path / "template.yaml").write_text(template)
    assert run("-", str(tmp_path / "template.yaml"), given=canary).exit_code == 0


def test_what_comes_out_passes_lint(tmp_path: Path) -> None:
    for path in SAMPLES.glob("*.yaml"):
        (tmp_path / path.name).write_text(run(str(path)).stdout)
        result = CliRunner().invoke(cli, ["lint", "-f", str(tmp_path / path.name)])
        assert (path.name, result.exit_code, result.stderr) == (path.name, 0, "")


def test_a_file_with_nothing_to_translate_is_an_error() -> None:
    result = run("-", given="apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\n")
    assert (result.exit_code, result.stderr) == (
        1,
        "canary: there is nothing of Flagger or Argo Rollouts in -\n",
    )


def test_what_makes_no_sense_is_an_error_that_names_object_and_field() -> None:
    given = "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: a}\nspec: {targetRef: {kind: DaemonSet, name: a}}\n"
    result = run("-", given=given)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "canary: Canary a: spec.targetRef is a DaemonSet, and only a Deployment can be tried.\n"
