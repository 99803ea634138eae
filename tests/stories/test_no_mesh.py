"""Example 02: no mesh; the share of pods is the share of traffic, and the pods count their own requests."""

from tests.stories.conftest import Tell
from tests.stories.manifests import example, hurried
from tests.stories.story import Story

FOLDER = "02-no-mesh"
PLAIN = {"Deployment/checkout", "Service/checkout"}


async def begun(tell: Tell) -> Story:
    story = tell("shop", "checkout")
    await story.begin([*example(f"{FOLDER}/checkout-1.4.0.yaml"), *hurried(example(f"{FOLDER}/canary.yaml"))], rps=100)
    return story


async def test_a_good_version_is_promoted(tell: Tell) -> None:
    story = await begun(tell)
    await story.apply(*example(f"{FOLDER}/checkout-1.5.0.yaml"))
    assert await story.ended() == ("Promoted", "Promoted", "1.5.0")
    assert story.errors == {}
    assert story.held == ("1.5.0", True)
    assert story.pods == {"1.5.0": 5}
    assert story.objects == PLAIN


async def test_a_bad_version_is_rolled_back_and_its_pods_are_given_back(tell: Tell) -> None:
    story = await begun(tell)
    await story.apply(*example(f"{FOLDER}/checkout-1.6.0-errors.yaml"))
    assert await story.ended() == ("RolledBack", "AnalysisFailed", "1.4.0")
    assert "Canary fails" in story.status.message
    assert story.pods == {"1.4.0": 5}
    assert story.objects == PLAIN
    assert await story.requests(50) == {"1.4.0": 50}
