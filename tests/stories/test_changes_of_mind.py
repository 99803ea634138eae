"""The owner changes their mind in the middle: another version, the old one again, a suspension, no Canary at all."""

from canary.k8s.resources import CANARY, DEPLOYMENT
from tests.stories.conftest import Tell
from tests.stories.manifests import behaving, deployment, example, unjudged
from tests.stories.story import Story

FOLDER = "01-progressive-smi"
V1, V2 = example(f"{FOLDER}/reviews-v1.yaml"), example(f"{FOLDER}/reviews-v2.yaml")
V3 = behaving(deployment(V2), image="docker.io/istio/examples-bookinfo-reviews-v3:1.20.3")
PLAIN = {"Deployment/reviews", "Service/reviews"}
STEPS = ({"weight": 25, "hold": "1h"}, {"weight": 100, "hold": "100ms"})


async def at_25(tell: Tell) -> Story:
    """Version v2 has a quarter of the traffic, for as long as nobody steps in."""
    story = tell("bookinfo", "reviews")
    await story.begin([*V1, *unjudged(example(f"{FOLDER}/canary.yaml"), *STEPS)])
    await story.apply(*V2)
    assert await story.has_weight("25%") == "25%"
    return story


async def test_a_newer_version_takes_the_place_of_the_one_that_is_tried(tell: Tell) -> None:
    story = await at_25(tell)
    await story.apply(V3)
    assert await story.cluster.becomes(
        lambda: story.status.rollout and (story.status.rollout.number, story.status.weight), (2, "25%")
    )
    assert story.history == [("v2", "Superseded")]
    assert story.pods == {"v1": 3, "v3": 1}
    await story.command("advance")
    assert await story.ended(2) == ("Promoted", "Promoted", "v3")
    assert story.objects == PLAIN
    assert story.pods == {"v3": 3}


async def test_the_old_template_again_ends_the_rollout(tell: Tell) -> None:
    story = await at_25(tell)
    await story.apply(deployment(V1))
    assert await story.ended() == ("Idle", "Reverted", "v1")
    assert story.history == [("v2", "Reverted")]
    assert story.held == ("v1", True)
    assert story.pods == {"v1": 3}
    assert story.objects == PLAIN


async def test_a_deleted_canary_leaves_a_plain_deployment_on_the_stable_version(tell: Tell) -> None:
    story = await at_25(tell)
    await story.cluster.client.delete(CANARY, "reviews", namespace="bookinfo")
    assert await story.cluster.becomes(lambda: story.canary, None) is None
    assert story.objects == PLAIN
    assert story.held == ("v1", False)
    assert story.pods == {"v1": 3}
    left = story.deployment()["metadata"]
    assert [key for key in (*left.get("labels", {}), *left.get("annotations", {})) if "canary.delivery" in key] == []


async def test_suspended_it_starts_nothing_and_stays_where_it_is(tell: Tell) -> None:
    story = tell("bookinfo", "reviews")
    await story.begin([*V1, *unjudged(example(f"{FOLDER}/canary.yaml"), {"weight": 25, "hold": "300ms"})])
    await story.configure(suspend=True)
    await story.apply(*V2)
    assert await story.stands("Idle", "Suspended") == ("Idle", "Suspended")
    assert story.objects == PLAIN

    await story.configure(suspend=False)
    assert await story.has_weight("25%") == "25%"
    await story.configure(suspend=True)
    assert await story.stands("Paused", "Suspended") == ("Paused", "Suspended")
    assert story.shares == {"reviews-stable": 75, "reviews-canary": 25}

    await story.configure(suspend=False)
    assert await story.ended() == ("Promoted", "Promoted", "v2")


async def test_resumed_by_kubectl_the_version_is_shipped(tell: Tell) -> None:
    story = await at_25(tell)
    await story.cluster.patch(DEPLOYMENT, "bookinfo", "reviews", {"spec": {"paused": False}})
    assert await story.ended() == ("Promoted", "Promoted", "v2")
    assert story.held == ("v2", True)
    assert story.pods == {"v2": 3}
