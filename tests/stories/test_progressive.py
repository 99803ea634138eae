"""Example 01: a Deployment tried in place behind a TrafficSplit; the ends that its versions come to."""

import pytest

from tests.stories.conftest import Tell
from tests.stories.manifests import example, hurried
from tests.stories.story import Story

FOLDER = "01-progressive-smi"
PLAIN = {"Deployment/reviews", "Service/reviews"}
RPS = 150


async def begun(tell: Tell, canary: str = "canary.yaml") -> Story:
    story = tell("bookinfo", "reviews")
    await story.begin([*example(f"{FOLDER}/reviews-v1.yaml"), *hurried(example(f"{FOLDER}/{canary}"))], rps=RPS)
    return story


@pytest.mark.parametrize("canary", ["canary.yaml", "canary-full.yaml"])
async def test_a_good_version_is_promoted(tell: Tell, canary: str) -> None:
    story = await begun(tell, canary)
    await story.apply(*example(f"{FOLDER}/reviews-v2.yaml"))
    assert await story.ended() == ("Promoted", "Promoted", "v2")
    assert story.errors == {}
    assert story.held == ("v2", True)
    assert story.pods == {"v2": 3}
    assert story.objects == PLAIN
    assert await story.requests(50) == {"v2": 50}


@pytest.mark.parametrize(("fault", "says"), [("errors", "Canary fails"), ("slow", "Canary is slower than 500 ms")])
async def test_a_bad_version_is_rolled_back_on_evidence(tell: Tell, fault: str, says: str) -> None:
    story = await begun(tell)
    await story.apply(*example(f"{FOLDER}/reviews-v3-{fault}.yaml"))
    assert await story.ended() == ("RolledBack", "AnalysisFailed", "v1")
    assert says in story.status.message
    assert story.held == ("v3", True)
    assert story.pods == {"v1": 3}
    assert story.objects == PLAIN
    assert await story.requests(50) == {"v1": 50}


async def test_a_version_that_crashes_never_has_traffic(tell: Tell) -> None:
    story = await begun(tell)
    await story.apply(*example(f"{FOLDER}/reviews-v3-crash.yaml"))
    assert await story.ended() == ("RolledBack", "CanaryCannotStart", "v1")
    assert "CrashLoopBackOff" in story.status.message
    assert story.pods == {"v1": 3}
    assert story.objects == PLAIN
