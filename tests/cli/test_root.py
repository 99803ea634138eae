"""The command as a whole: help, exit codes, errors of one line, what is imported when."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from canary.cli import called_by
from canary.cli.cluster import Cluster, chosen, on_cluster
from canary.cli.root import cli

VERBS = (
    *(
        "demo",
        "sandbox",
        "install",
        "controller",
        "lint",
        "convert",
        "apply",
        "rehearse",
        "backtest",
        "judge",
        "list",
        "status",
        "wait",
        "history",
        "explain",
    ),
    *("rollback", "promote", "advance", "pause", "resume", "retry"),
)


@pytest.mark.parametrize("arguments", [["--help"], []])
def test_help_lists_every_verb(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.split("\n\n", 3)[3].splitlines() if line.startswith("  ")] == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    result = CliRunner().invoke(cli, [verb, "--help"])
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: canary {verb}")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from canary.cli import main; sys.argv = ['canary', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'kubernetes', 'pydantic', 'rich', 'sqlalchemy', 'yaml', 'aiohttp'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["nonsense"], ["wait"], ["wait", "reviews", "--for", "ever"], ["list", "--colour"]])
def test_wrong_usage_is_an_error_and_never_an_outcome(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0].startswith("Usage: canary")
    assert result.stderr.splitlines()[-1].startswith("canary: ")


def test_no_cluster_is_one_line() -> None:
    result = CliRunner().invoke(cli, ["list", "--kubeconfig", "/nowhere/kubeconfig"])
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "canary: There is no kubeconfig at /nowhere/kubeconfig.\n")


def test_the_name_that_kubectl_calls_us_by() -> None:
    assert [called_by(program) for program in ("/opt/bin/kubectl-canary", "/opt/bin/canary", "-m")] == [
        "kubectl canary",
        "canary",
        "canary",
    ]


@pytest.mark.parametrize(
    ("before", "after", "cluster"),
    [
        ([], [], Cluster()),
        (["-n", "shop"], [], Cluster(namespace="shop")),
        ([], ["-n", "shop"], Cluster(namespace="shop")),
        (["-n", "shop", "--context", "prod"], ["-n", "cart"], Cluster(namespace="cart", context="prod")),
        (["--kubeconfig", "a"], ["--context", "b"], Cluster(kubeconfig="a", context="b")),
    ],
)
def test_options_may_stand_before_the_verb_or_after_it(before: list[str], after: list[str], cluster: Cluster) -> None:
    @click.command("look")
    @on_cluster
    def look(cluster: Cluster) -> None:
        click.echo(repr(cluster))
        assert cluster == chosen(click.get_current_context())

    group = click.Group("canary", params=cli.params, commands=[look])
    assert f"{cluster!r}\n" == CliRunner().invoke(group, [*before, "look", *after]).stdout
