"""`canary lint` and `canary apply --dry-run`: faults by place and field, and what a sound Canary will do."""

from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result

from canary.cli.root import cli

GOOD = """
apiVersion: canary.delivery/v1alpha1
kind: Canary
metadata: {name: reviews, namespace: bookinfo}
spec:
  target: {deployment: reviews}
  service: {name: reviews, port: 9080}
  traffic: {router: smi}
"""
TEMPLATE = """
apiVersion: canary.delivery/v1alpha1
kind: AnalysisTemplate
metadata: {name: latency}
spec:
  args: [{name: above}]
  metrics: [{name: slow, builtin: slow-share, above: "{{args.above}}"}]
"""
NAMES = "  analysis: {templates: [{name: latency, args: {above: 2s}}, {name: errors, scope: Cluster}]}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(here: Path, verb: str, text: str, *flags: str) -> Result:
    (here / "a.yaml").write_text(text)
    return CliRunner().invoke(cli, [verb, "-f", "a.yaml", *flags])


def test_the_smallest_canary_and_what_it_will_do(here: Path) -> None:
    result = run(here, "lint", GOOD)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (
        dedent("""
        a.yaml:1  Canary reviews is fine
          tries   each new pod template of Deployment reviews, in reviews-canary
          traffic Service reviews:9080, split by weight (router smi)
          steps   1. 5% for 1m, at least 10 requests
                  2. 25% for 5m, at least 10 requests
                  3. 50% for 5m, at least 10 requests
                  4. 100% for 10m, at least 10 requests
          judged  every 15s, from 1m after its first traffic
                  errors: share of failed requests, not worse than stable, else rollback
                  slow: share of requests slower than 500ms, not worse than stable, else rollback
          then    Deployment reviews rolls to the new template; on a failure weight 0 at once, pods go 30s later
        """).lstrip()
        == result.stdout
    )


def test_everything_that_a_canary_can_ask_for_is_foretold(here: Path) -> None:
    text = """
        apiVersion: canary.delivery/v1alpha1
        kind: Canary
        metadata: {name: stock}
        spec:
          versions: {stable: stock-v2, canary: stock-v3}
          traffic: {router: replicas}
          tests: [{name: smoke, http: {url: "http://stock:80/health"}}]
          strategy: {progressive: {steps: [{weight: 25, hold: 0s, tests: [smoke], approval: true, minRequests: 1}]}}
          analysis:
            warmup: 0s
            metrics:
            - {name: errors, builtin: error-share, limit: 1%, onFailure: pause}
            - {name: heap, value: 'max(heap{pod=~"{{pods}}"})', threshold: {max: 2000000000, failures: 3}}
            - {name: p99, value: p99, threshold: {successWhen: result < 2 * stable, failures: 2, inARow: true}}
            - {name: gc, value: gc, rank: {direction: increase, points: 30, every: 2m}}
            - {name: bad, builtin: error-share, threshold: {max: 2, successes: 4}}
        """
    assert (
        dedent("""
        a.yaml:1  Canary stock is fine
          tries   Deployment stock-v3 beside stock-v2
          traffic the pods of both versions, split by the number of pods (router replicas)
          steps   1. 25%, at least 1 request, test smoke, then waits for `canary advance`
          judged  every 15s
                  errors: share of failed requests, at most 1%, else pause
                  heap: a value, at most 2e+09, 3 failed checks in all condemn, else rollback
                  p99: a value, good when result < 2 * stable, 2 failed checks in a row condemn, else rollback
                  gc: a value, not higher than stable by rank, from 30 points 2m apart on, else rollback
                  bad: share of failed requests, at most 2%, a step needs 4 good ones in a row, else rollback
          then    stock-v2 is scaled to 0; on a failure weight 0 at once, pods of stock-v3 go 30s later
        """).lstrip()
        == run(here, "lint", dedent(text)).stdout
    )


def test_nothing_judged_is_said(here: Path) -> None:
    assert "judged  by nothing: analysis.metrics is empty" in run(here, "lint", f"{GOOD}  analysis: {{metrics: []}}\n").stdout


def test_every_fault_of_every_document_is_named(here: Path) -> None:
    bad = GOOD.replace("port: 9080", "prt: 9080").replace("router: smi", "router: envoy")
    result = run(
        here, "lint", f"{GOOD}---\n{bad}  strategy: {{progressive: {{steps: [{{weight: 5, hold: 5}}, {{weight: 3}}]}}}}\n"
    )
    assert result.exit_code == 1
    assert {
        "a.yaml:2  spec.service.port: is missing: add it",
        "a.yaml:2  spec.traffic.router: there is no router 'envoy': write one of smi, replicas",
        "a.yaml:2  spec.strategy.progressive.steps[0].hold: 5 has no unit: write 5s for seconds or 5m for minutes",
        "a.yaml:2  spec.service.prt: there is no such field: write port",
    } == set(result.stderr.splitlines())


def test_other_objects_are_left_to_kubectl(here: Path) -> None:
    result = run(here, "lint", f"{SERVICE}---\n{GOOD}")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "a.yaml:1  Service reviews: not looked at, it is no Canary")


def test_a_file_without_a_canary_is_an_error(here: Path) -> None:
    result = run(here, "lint", SERVICE)
    assert (result.exit_code, result.stderr) == (1, "canary: no Canary in a.yaml\n")


@pytest.mark.parametrize("body", ["kind: Canary\n", "apiVersion: canary.delivery/v1\nkind: Canary\nmetadata: 5\nspec: []\n"])
def test_a_mutilated_canary_is_refused_and_nothing_breaks(here: Path, body: str) -> None:
    result = run(here, "lint", body)
    assert result.exit_code == 1
    assert all(line.startswith("a.yaml:1  ") for line in result.stderr.splitlines())


def test_apply_takes_canaries_only_and_says_who_takes_the_rest(here: Path) -> None:
    result = run(here, "apply", f"{SERVICE}---\n{GOOD}", "--dry-run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "canary: a.yaml:1 holds Service reviews, which is no Canary: "
        "`kubectl apply -f` takes everything, `canary apply` only Canaries and AnalysisTemplates. Nothing was applied.\n"
    )


def test_apply_applies_nothing_when_one_of_several_is_refused(here: Path) -> None:
    result = run(here, "apply", f"{GOOD}---\n{GOOD.replace('smi', 'ism')}", "--kubeconfig", "/nowhere")
    assert result.stderr.splitlines() == [
        "a.yaml:2  spec.traffic.router: there is no router 'ism': write one of smi, replicas",
        "canary: Nothing was applied: correct the fields above.",
    ]


def test_a_dry_run_asks_no_cluster(here: Path) -> None:
    result = run(here, "apply", GOOD, "--dry-run", "--kubeconfig", "/nowhere")
    assert (result.exit_code, result.stdout) == (0, "a.yaml:1  Canary reviews is fine (nothing was sent)\n")


def test_standard_input(here: Path) -> None:
    result = CliRunner().invoke(cli, ["apply", "-f", "-", "--dry-run"], input=GOOD)
    assert result.stdout == "standard input:1  Canary reviews is fine (nothing was sent)\n"


def test_templates_alone(here: Path) -> None:
    result = run(here, "lint", TEMPLATE)
    assert (result.exit_code, result.stdout) == (0, "a.yaml:1  AnalysisTemplate latency is fine\n")
    faulty = TEMPLATE.replace("builtin", "bultin").replace("[{name: above}]", "[{name: abov}]")
    assert run(here, "lint", faulty).stderr.splitlines() == [
        "a.yaml:1  spec.metrics[0].above: {{args.above}} is not among the template's arguments (abov): declare it in spec.args",
        "a.yaml:1  spec.metrics[0].bultin: there is no such field: write builtin",
    ]


def test_a_canary_beside_its_templates_is_foretold_with_them(here: Path) -> None:
    text = f"{GOOD}{NAMES.replace(', {name: errors, scope: Cluster}', '')}---{TEMPLATE}"
    result = run(here, "lint", text)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "          slow: share of requests slower than 2s, not worse than stable, else rollback" in result.stdout.splitlines()
    wrong = run(here, "lint", text.replace("{above: 2s}", "{above: fast}"))
    there = "spec.analysis.templates[0]: AnalysisTemplate latency, spec.metrics[0].above"
    assert (wrong.exit_code, wrong.stderr) == (
        1,
        f"a.yaml:1  {there}: 'fast' is not a duration: write it as 500ms, 30s, 5m, 1h30m or 1d\n",
    )


def test_templates_that_are_elsewhere_are_named(here: Path) -> None:
    result = run(here, "lint", f"{GOOD}{NAMES}---{TEMPLATE}")
    assert result.exit_code == 0
    assert "  also    judged by ClusterAnalysisTemplate errors, which is not in these files" in result.stdout.splitlines()
    elsewhere = TEMPLATE.replace("{name: latency}", "{name: latency, namespace: a}")
    here_only = GOOD.replace("{name: reviews}", "{name: reviews, namespace: b}")
    told = run(here, "lint", f"{here_only}{NAMES}---{elsewhere}").stdout
    assert "judged by AnalysisTemplate latency, which is not in these files" in told


def test_a_dry_run_takes_templates(here: Path) -> None:
    result = run(here, "apply", f"{TEMPLATE}---\n{GOOD}", "--dry-run")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (
        0,
        "a.yaml:1  AnalysisTemplate latency is fine (nothing was sent)",
    )


def a_deployment(paused: str, namespace: str = "bookinfo", name: str = "reviews") -> str:
    return f"---\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{replicas: 1{paused}}}\n"


PAIR = GOOD.replace("target: {deployment: reviews}", "versions: {stable: reviews, canary: reviews-v3}")


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        (GOOD + a_deployment(", paused: false"), True),
        (GOOD.replace(", namespace: bookinfo", "") + a_deployment(", paused: false"), True),
        (GOOD + a_deployment(""), False),
        (GOOD + a_deployment(", paused: true"), False),
        (GOOD + a_deployment(", paused: false", namespace="shop"), False),
        (GOOD + a_deployment(", paused: false", name="ratings"), False),
        (PAIR + a_deployment(", paused: false"), False),
        (GOOD + "---\nkind: Deployment\nmetadata: {name: reviews}\nspec: 7\n", False),
    ],
)
def test_a_manifest_that_lets_go_at_every_apply_is_warned_of(here: Path, text: str, warned: bool) -> None:
    told = run(here, "lint", text)
    warning = (
        "a.yaml:2  Deployment reviews: spec.paused is false, which lets go of what Canary reviews holds. Leave the field out, or "
        "every apply ships this template to everybody at once, as `canary promote` does.\n"
    )
    assert (told.exit_code, told.stderr) == (0, warning if warned else "")
