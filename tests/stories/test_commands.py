"""A person steps in: rolls back in every phase, approves, pauses."""

from tests.stories.conftest import Tell
from tests.stories.manifests import example, unjudged
from tests.stories.story import Story

FOLDER = "01-progressive-smi"
V1, V2 = example(f"{FOLDER}/reviews-v1.yaml"), example(f"{FOLDER}/reviews-v2.yaml")
PLAIN = {"Deployment/reviews", "Service/reviews"}


async def begun(tell: Tell, *steps: dict[str, object]) -> Story:
    """A Canary with these steps, and a new version on its way."""
    story = tell("bookinfo", "reviews")
    await story.begin([*V1, *unjudged(example(f"{FOLDER}/canary.yaml"), *steps)])
    await story.apply(*V2)
    return story


async def rolled_back_by_hand(story: Story, value: str = "rollback") -> None:
    await story.command(value)
    assert await story.ended() == ("RolledBack", "RolledBackByHand", "v1")
    assert story.held == ("v2", True)  # rejected, it stands in the held Deployment and runs nowhere
    assert story.pods == {"v1": 3}
    assert story.objects == PLAIN


async def test_rolled_back_in_the_middle_of_a_step(tell: Tell) -> None:
    story = await begun(tell, {"weight": 25, "hold": "1h"})
    assert await story.has_weight("25%") == "25%"
    await rolled_back_by_hand(story, '{"verb": "rollback", "who": "ann", "why": "looks odd"}')
    assert story.status.message == "Rolled back by ann: looks odd."
    assert story.status.command is not None
    assert (story.status.command.verb, story.status.command.accepted) == ("rollback", True)

    await story.command("retry")
    assert await story.has_weight("25%") == "25%"


async def test_rolled_back_while_it_bakes_at_100_percent(tell: Tell) -> None:
    story = await begun(tell, {"weight": 100, "hold": "1h"})
    assert await story.has_weight("100%") == "100%"
    await rolled_back_by_hand(story)


async def test_rolled_back_after_its_promotion(tell: Tell) -> None:
    story = await begun(tell, {"weight": 50, "hold": "100ms"})
    assert await story.ended() == ("Promoted", "Promoted", "v2")
    await story.command("rollback")
    assert await story.ended(2) == ("RolledBack", "RolledBackByHand", "v1")
    assert story.held == ("v1", True)
    assert story.pods == {"v1": 3}
    assert story.objects == PLAIN
    assert await story.requests(50) == {"v1": 50}


async def test_approved(tell: Tell) -> None:
    story = await begun(tell, {"weight": 25, "hold": "100ms", "approval": True}, {"weight": 100, "hold": "100ms"})
    assert await story.stands("Paused", "WaitingForApproval") == ("Paused", "WaitingForApproval")
    assert story.shares == {"reviews-stable": 75, "reviews-canary": 25}
    await story.command("advance")
    assert await story.ended() == ("Promoted", "Promoted", "v2")
    assert story.objects == PLAIN


async def test_promoted_past_its_steps(tell: Tell) -> None:
    story = await begun(tell, {"weight": 5, "hold": "1h"}, {"weight": 50, "hold": "1h"})
    assert await story.has_weight("5%") == "5%"
    await story.command("promote")
    assert await story.ended() == ("Promoted", "Promoted", "v2")
    assert story.pods == {"v2": 3}


async def test_paused_and_resumed(tell: Tell) -> None:
    story = await begun(tell, {"weight": 25, "hold": "300ms"})
    assert await story.has_weight("25%") == "25%"
    await story.command("pause")
    assert await story.stands("Paused", "PausedByHand") == ("Paused", "PausedByHand")
    assert story.shares == {"reviews-stable": 75, "reviews-canary": 25}
    await story.command("resume")
    assert await story.ended() == ("Promoted", "Promoted", "v2")


async def test_a_command_that_cannot_apply_is_refused_with_a_sentence(tell: Tell) -> None:
    story = tell("bookinfo", "reviews")
    await story.begin([*V1, *unjudged(example(f"{FOLDER}/canary.yaml"), {"weight": 50})])
    nothing = "Nothing is being rolled out: nothing to advance."
    await story.command("advance")
    assert await story.answered() == ("advance", False, nothing)
    assert await story.cluster.becomes(lambda: nothing in " ".join(story.warnings), True), story.warnings


async def test_a_command_that_cannot_be_read_is_refused_with_a_sentence(tell: Tell) -> None:
    story = await begun(tell, {"weight": 25, "hold": "1h"})
    assert await story.has_weight("25%") == "25%"
    unknown = 'There is no command "rolback": write one of rollback, promote, advance, pause, resume, retry.'
    await story.command("rolback")
    assert await story.answered() == ("command", False, unknown)
    assert await story.cluster.becomes(lambda: unknown in story.warnings, True), story.warnings
    assert story.shares == {"reviews-stable": 75, "reviews-canary": 25}
