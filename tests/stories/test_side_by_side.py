"""Example 03: two Deployments of the owner's own, and a TrafficSplit that stood there before us."""

from tests.stories.conftest import Tell
from tests.stories.manifests import example, hurried
from tests.stories.story import Story

BOOKINFO, STOCK = "03-side-by-side/bookinfo", "03-side-by-side/stock-manager"
THEIRS = {
    "Deployment/reviews-v2",
    "Deployment/reviews-v3",
    "Service/reviews",
    "Service/reviews-v2",
    "Service/reviews-v3",
    "TrafficSplit/reviews-rollout",
}


async def reviews(tell: Tell, version: str | None = None) -> Story:
    """Both Deployments and a split of 900m to 100m stand; then comes the Canary, as its rollout begins at once."""
    story = tell("bookinfo", "reviews")
    await story.apply(*example(f"{BOOKINFO}/reviews.yaml"), *example(f"{BOOKINFO}/trafficsplit.yaml"))
    await story.apply(*(example(f"{BOOKINFO}/{version}") if version else ()))
    await story.begin(hurried(example(f"{BOOKINFO}/canary.yaml")), rps=100)
    return story


async def test_an_existing_split_is_adopted_and_driven_to_the_new_version(tell: Tell) -> None:
    story = await reviews(tell)
    assert await story.ended() == ("Promoted", "Promoted", "v3")
    assert story.errors == {}
    assert story.objects == THEIRS
    assert story.shares == {"reviews-v2": 0, "reviews-v3": 100}
    assert await story.cluster.becomes(lambda: story.pods, {"v3": 3}) == {"v3": 3}
    assert story.deployment("reviews-v2")["spec"]["replicas"] == 0
    assert await story.requests(50) == {"v3": 50}
    split = story.cluster.list(story.cluster.kind("trafficsplits"), "bookinfo")[0]
    assert "ownerReferences" not in split["metadata"]  # adopted, not taken: it outlives the Canary

    await story.command("rollback")
    assert await story.ended(2) == ("RolledBack", "RolledBackByHand", "v2")
    assert story.shares == {"reviews-v2": 100, "reviews-v3": 0}
    assert await story.cluster.becomes(lambda: story.pods, {"v2": 3}) == {"v2": 3}


async def test_a_bad_version_leaves_the_traffic_and_is_scaled_to_0(tell: Tell) -> None:
    story = await reviews(tell, "reviews-v3-errors.yaml")
    assert await story.ended() == ("RolledBack", "AnalysisFailed", "v2")
    assert story.objects == THEIRS
    assert story.shares == {"reviews-v2": 100, "reviews-v3": 0}
    assert story.deployment("reviews-v3")["spec"]["replicas"] == 0
    assert await story.requests(50) == {"v2": 50}


async def test_a_split_of_1_and_0_is_driven_and_the_next_pair_follows(tell: Tell) -> None:
    story = tell("stock", "stock-manager")
    await story.begin([*example(f"{STOCK}/stock-manager.yaml"), *hurried(example(f"{STOCK}/canary.yaml"))], rps=100)
    assert await story.ended() == ("Promoted", "Promoted", "0.0.2")
    assert story.errors == {}
    assert story.shares == {"stock-manager-v0-0-1": 0, "stock-manager-v0-0-2": 100}

    await story.apply(*example(f"{STOCK}/stock-manager-v0-0-3.yaml"))
    await story.configure(versions={"stable": "stock-manager-v0-0-2", "canary": "stock-manager-v0-0-3"})
    assert await story.ended(2) == ("Promoted", "Promoted", "0.0.3")
    assert story.errors == {}
    assert story.shares == {"stock-manager-v0-0-2": 0, "stock-manager-v0-0-3": 100}
    assert await story.cluster.becomes(lambda: story.pods, {"0.0.3": 2}) == {"0.0.3": 2}
    assert await story.requests(50) == {"v0-0-3": 50}
