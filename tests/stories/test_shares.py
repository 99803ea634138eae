"""Real requests go where the weights say: the share follows the step, and nobody meets a version that was taken out."""

import pytest

from tests.stories.conftest import Tell
from tests.stories.manifests import example, unjudged

REQUESTS = 500
STEPS = ({"weight": 25, "hold": "1h"}, {"weight": 60, "hold": "1h"}, {"weight": 100, "hold": "1h"})


async def test_the_share_follows_the_weight_and_nobody_is_sent_to_weight_0(tell: Tell) -> None:
    story = tell("bookinfo", "reviews")
    canary = unjudged(example("01-progressive-smi/canary.yaml"), *STEPS)
    canary[0]["spec"]["traffic"]["drain"] = "1m"
    await story.begin([*example("01-progressive-smi/reviews-v1.yaml"), *canary])
    await story.apply(*example("01-progressive-smi/reviews-v2.yaml"))

    for weight in (25, 60, 100):
        assert await story.has_weight(f"{weight}%") == f"{weight}%"
        answered = await story.requests(REQUESTS)
        assert sum(answered.values()) == answered["v1"] + answered["v2"] == REQUESTS
        assert 100 * answered["v2"] / REQUESTS == pytest.approx(weight, abs=5)
        if weight < 100:
            await story.command("advance")

    await story.command("rollback")
    assert await story.stands("RollingBack", "RolledBackByHand") == ("RollingBack", "RolledBackByHand")
    assert await story.has_weight("0%") == "0%"
    assert story.shares == {"reviews-stable": 100, "reviews-canary": 0}
    assert story.pods["v2"] > 0  # they drain: only the split keeps requests away from them
    assert await story.requests(REQUESTS) == {"v1": REQUESTS}


async def test_without_a_mesh_the_share_of_pods_is_the_share_of_traffic(tell: Tell) -> None:
    story = tell("shop", "checkout")
    canary = unjudged(example("02-no-mesh/canary.yaml"), {"weight": 20, "hold": "1h"}, {"weight": 60, "hold": "1h"})
    await story.begin([*example("02-no-mesh/checkout-1.4.0.yaml"), *canary])
    await story.apply(*example("02-no-mesh/checkout-1.5.0.yaml"))

    for weight, pods in ((20, {"1.4.0": 4, "1.5.0": 1}), (60, {"1.4.0": 2, "1.5.0": 3})):
        assert await story.stands("Progressing", "Holding") == ("Progressing", "Holding")
        assert await story.has_weight(f"{weight}%") == f"{weight}%"
        assert await story.cluster.becomes(lambda: story.pods, pods) == pods
        answered = await story.requests(REQUESTS)
        assert 100 * answered["1.5.0"] / REQUESTS == pytest.approx(weight, abs=5)
        await story.command("advance" if weight == 20 else "rollback")

    assert await story.ended() == ("RolledBack", "RolledBackByHand", "1.4.0")
    assert story.pods == {"1.4.0": 5}
    assert await story.requests(100) == {"1.4.0": 100}
