"""Metrics that are kept in templates: found, waited for, filled in, and pinned to the rollout that began with them."""

from typing import Any

from canary.k8s.port import Obj
from canary.k8s.resources import ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE
from tests.stories.conftest import Tell
from tests.stories.manifests import example, hurried
from tests.stories.story import Story

FOLDER = "01-progressive-smi"
V1, V2 = example(f"{FOLDER}/reviews-v1.yaml"), example(f"{FOLDER}/reviews-v2.yaml")
ERRORS = example(f"{FOLDER}/reviews-v3-errors.yaml")
NAMED = {"templates": [{"name": "failing", "args": {"limit": "10%"}}, {"name": "slow", "scope": "Cluster"}]}


def template(name: str, *metrics: Obj, args: tuple[Obj, ...] = (), cluster: bool = False) -> Obj:
    placed = {"name": name} if cluster else {"name": name, "namespace": "bookinfo"}
    return {
        "apiVersion": "canary.delivery/v1alpha1",
        "kind": "ClusterAnalysisTemplate" if cluster else "AnalysisTemplate",
        "metadata": placed,
        "spec": {"args": list(args), "metrics": list(metrics)},
    }


FAILING = template(
    "failing", {"name": "failures", "builtin": "error-share", "limit": "{{args.limit}}"}, args=({"name": "limit"},)
)
SLOW = template("slow", {"name": "slowness", "builtin": "slow-share", "above": "1s"}, cluster=True)


def judged_by(analysis: Obj, *steps: Obj) -> list[Obj]:
    canary = hurried(example(f"{FOLDER}/canary.yaml"))
    canary[0]["spec"]["analysis"] |= analysis
    canary[0]["spec"]["strategy"] = {"progressive": {"steps": list(steps)}}
    return canary


def metrics(story: Story) -> list[Any]:
    return [line.metric for line in story.status.analysis]


async def test_a_bad_version_is_stopped_by_the_metric_of_a_template(tell: Tell) -> None:
    story = tell("bookinfo", "reviews")
    await story.begin([*V1, FAILING, SLOW, *judged_by(NAMED, {"weight": 50, "hold": "1h"})], rps=150)
    await story.apply(*ERRORS)
    assert await story.ended() == ("RolledBack", "AnalysisFailed", "v1")
    assert "over the limit of 10 %" in story.status.message


async def test_a_missing_template_is_named_and_its_coming_ends_the_wait(tell: Tell) -> None:
    story = tell("bookinfo", "reviews")
    await story.cluster.apply([*V1, FAILING, *judged_by(NAMED, {"weight": 50, "hold": "1s"})])
    assert await story.stands("Idle", "TemplateNotFound") == ("Idle", "TemplateNotFound")
    assert story.status.message == (
        "spec.analysis.templates[1].name: there is no ClusterAnalysisTemplate slow: create it, or correct name or scope"
    )
    await story.begin([SLOW])
    assert story.held == ("v1", True)


async def test_what_becomes_of_templates_is_for_the_next_rollout(tell: Tell) -> None:
    story = tell("bookinfo", "reviews")
    own = {"metrics": [{"name": "own", "builtin": "error-share"}]}
    waits = {"weight": 50, "hold": "1s", "approval": True}
    await story.begin([*V1, FAILING, SLOW, *judged_by({**NAMED, **own}, waits)], rps=150)
    await story.apply(*V2)
    assert await story.stands("Paused", "WaitingForApproval") == ("Paused", "WaitingForApproval")
    assert metrics(story) == ["failures", "slowness", "own"]

    client = story.cluster.client
    await story.apply(template("failing", {"name": "other", "builtin": "error-share"}))
    await client.delete(CLUSTER_ANALYSIS_TEMPLATE, "slow")
    await story.configure(analysis={"metrics": [], "interval": "2s"})
    assert await story.cluster.becomes(
        lambda: (story.canary or {})["metadata"]["generation"] == story.status.observed_generation, True
    )
    assert (metrics(story), story.standing) == (["failures", "slowness", "own"], ("Paused", "WaitingForApproval"))

    await story.command("advance")
    assert await story.ended() == ("Promoted", "Promoted", "v2")
    assert await story.stands("Promoted", "TemplateNotFound") == ("Promoted", "TemplateNotFound")
    await client.delete(ANALYSIS_TEMPLATE, "failing", namespace="bookinfo")
    await story.configure(analysis={"templates": [{"name": "failing"}]})
    assert await story.cluster.becomes(
        lambda: "there is no AnalysisTemplate failing in namespace bookinfo" in story.status.message, True
    )
