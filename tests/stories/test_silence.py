"""What is not known is no evidence: no data, a provider that is down, pods that never come."""

from tests.stories.conftest import Tell
from tests.stories.manifests import behaving, deployment, example, hurried
from tests.stories.story import Story

FOLDER = "01-progressive-smi"
V1, V2 = example(f"{FOLDER}/reviews-v1.yaml"), example(f"{FOLDER}/reviews-v2.yaml")
PLAIN = {"Deployment/reviews", "Service/reviews"}
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing answers


async def begun(tell: Tell, *, rps: float, **analysis: object) -> Story:
    story = tell("bookinfo", "reviews")
    canary = hurried(example(f"{FOLDER}/canary.yaml"))
    canary[0]["spec"]["analysis"] |= {"noDataAfter": "1s", **analysis}
    canary[0]["spec"]["strategy"] = {"progressive": {"steps": [{"weight": 25, "hold": "1s"}]}}
    await story.begin([*V1, *canary], rps=rps)
    await story.apply(*V2)
    return story


async def test_without_traffic_it_waits_and_goes_on_once_there_is_some(tell: Tell) -> None:
    story = await begun(tell, rps=0)
    assert await story.stands("Paused", "NoData") == ("Paused", "NoData")
    assert story.status.verdict == "NoData"
    assert story.shares == {"reviews-stable": 75, "reviews-canary": 25}

    await story.cluster.sandbox.load("reviews", "bookinfo", 150)
    assert await story.ended() == ("Promoted", "Promoted", "v2")
    assert story.errors == {}


async def test_with_its_provider_down_it_waits_and_goes_on_once_that_is_back(tell: Tell) -> None:
    story = await begun(tell, rps=150, provider={"prometheus": {"address": NOBODY}})
    assert await story.stands("Paused", "AnalysisError") == ("Paused", "AnalysisError")
    assert story.status.verdict == "Error"
    assert story.shares == {"reviews-stable": 75, "reviews-canary": 25}

    await story.configure(analysis={"provider": {"prometheus": {"address": story.cluster.sandbox.prometheus_url}}})
    assert await story.ended() == ("Promoted", "Promoted", "v2")
    assert story.errors == {}


async def test_pods_that_never_become_ready_end_the_rollout_at_its_deadline(tell: Tell) -> None:
    story = tell("bookinfo", "reviews")
    canary = hurried(example(f"{FOLDER}/canary.yaml"))
    canary[0]["spec"]["scale"] = {"deadline": "1s"}
    await story.begin([*V1, *canary], rps=20)
    await story.apply(behaving(deployment(V2), SANDBOX_UNREADY="true"))
    assert await story.ended() == ("RolledBack", "ProgressDeadlineExceeded", "v1")
    assert story.status.message.startswith("Waits for reviews-canary: 0 of 1 pods ready.")
    assert story.pods == {"v1": 3}
    assert story.objects == PLAIN
