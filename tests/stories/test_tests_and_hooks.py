"""Example 04: a quarter of the traffic, at most 1 % of errors, integration tests, a gate hook, then everything."""

from canary.k8s.port import Obj
from canary.sandbox.resources import JOBS
from tests.stories.conftest import Tell
from tests.stories.manifests import behaving, deployment, example, hurried
from tests.stories.story import Story

FOLDER = "04-tests-and-hooks"
V200 = example(f"{FOLDER}/orders-2.0.0.yaml")
PLAIN = {"Deployment/orders", "Service/orders", "Deployment/change-desk", "Service/change-desk"}


async def begun(tell: Tell, canary: list[Obj] | None = None, *others: Obj) -> Story:
    story = tell("orders", "orders")
    await story.begin([*V200, *others, *(canary or hurried(example(f"{FOLDER}/canary.yaml")))], rps=150)
    return story


def jobs(story: Story) -> list[tuple[str, int]]:
    """The Jobs of the namespace: which image, how many pods succeeded."""
    found = story.cluster.list(JOBS, "orders")
    return [(job["spec"]["template"]["spec"]["containers"][0]["image"], job["status"].get("succeeded", 0)) for job in found]


async def test_a_version_that_passes_everything_is_promoted(tell: Tell) -> None:
    story = await begun(tell)
    await story.apply(*example(f"{FOLDER}/orders-2.1.0.yaml"))
    assert await story.cluster.becomes(lambda: story.status.step, "2/2") == "2/2"
    done = {(run.name, run.edge): run.status for run in story.status.tests}
    assert done == {
        ("change-desk", "beforeRollout"): "Succeeded",
        ("health", "test"): "Succeeded",
        ("suite", "test"): "Succeeded",
    }
    assert await story.ended() == ("Promoted", "Promoted", "2.1.0")
    assert story.errors == {}
    assert jobs(story) == [("docker.io/curlimages/curl:8.11.1", 1)]
    assert {each for each in story.objects if not each.startswith("Job/")} == PLAIN


async def test_more_than_1_percent_of_errors_is_too_much(tell: Tell) -> None:
    canary = hurried(example(f"{FOLDER}/canary.yaml"))
    # The example's own number: with fewer requests 10 % of errors may be too few to be sure of.
    canary[0]["spec"]["strategy"]["progressive"]["steps"][0]["minRequests"] = 200
    story = await begun(tell, canary)
    await story.apply(*example(f"{FOLDER}/orders-2.2.0-errors.yaml"))
    assert await story.ended() == ("RolledBack", "AnalysisFailed", "2.0.0")
    assert "1 %" in story.status.message


async def test_a_failed_test_rolls_back(tell: Tell) -> None:
    story = await begun(tell)
    await story.apply(*example(f"{FOLDER}/orders-2.3.0-unhealthy.yaml"))
    assert await story.ended() == ("RolledBack", "TestFailed", "2.0.0")
    assert story.status.message.startswith("Test health failed: GET http://orders-canary.orders:8080/health")
    assert {each for each in story.objects if not each.startswith("Job/")} == PLAIN


async def test_a_failed_job_rolls_back(tell: Tell) -> None:
    canary = hurried(example(f"{FOLDER}/canary.yaml"))
    suite = next(test for test in canary[0]["spec"]["tests"] if "job" in test)
    suite["job"]["template"]["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "SANDBOX_CRASH", "value": "true"}]
    story = await begun(tell, canary)
    await story.apply(*example(f"{FOLDER}/orders-2.1.0.yaml"))
    assert await story.ended() == ("RolledBack", "TestFailed", "2.0.0")
    assert story.status.message.startswith("Test suite failed:")


async def test_a_closed_gate_keeps_a_version_from_ever_running(tell: Tell) -> None:
    story = await begun(tell, None, behaving(deployment(V200, "change-desk"), SANDBOX_ERRORS="100%"))
    await story.apply(*example(f"{FOLDER}/orders-2.1.0.yaml"))
    assert await story.ended() == ("RolledBack", "HookFailed", "2.0.0")
    assert story.status.message.startswith("Hook change-desk failed: POST http://change-desk.orders:8080/changes")
    assert story.objects == PLAIN
    assert story.pods["2.1.0"] == 0
