"""The demo's story: what its chapters deliver, and how its end reads."""

from datetime import timedelta

from canary.api.v1alpha1 import parse_canary
from canary.cli.outcome import Code
from canary.cli.tale import CHAPTERS, Pace, Told, delivered, paced
from canary.sandbox.pods.behaviour import behaviour_from
from canary.sandbox.story import story

GOOD, BAD = CHAPTERS


def told(ending: Code, errors: int = 0) -> Told:
    return Told(chapter=BAD, ending=ending, took=timedelta(seconds=4.2), requests=525, errors=errors, sentence="Fails 30 %.")


def test_the_story_is_sound() -> None:
    canary = parse_canary(story()[-1])
    assert (canary.name, canary.spec.stable_workload) == ("reviews", "reviews")


def test_a_chapter_changes_the_template_and_nothing_else() -> None:
    before = next(obj for obj in story() if obj["kind"] == "Deployment")
    after = delivered(story(), BAD)
    container = after["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "bookinfo/reviews:v3"
    assert behaviour_from({each["name"]: each["value"] for each in container["env"]}).errors == 0.3
    after["spec"]["template"]["spec"]["containers"] = before["spec"]["template"]["spec"]["containers"]
    assert before == after


def test_the_pace_sets_the_holds() -> None:
    canary = paced(story()[-1], Pace(hold=timedelta(milliseconds=1500)))
    assert [timedelta(seconds=1.5)] * 4 == [step.hold for step in parse_canary(canary).spec.plan().steps]


def test_the_end_in_one_line_each() -> None:
    assert (
        str(told(Code.ROLLED_BACK, errors=8))
        == "reviews:v3 was rolled back after 4s; 8 of 525 requests met an error (1.52%). Fails 30 %."
    )
    assert str(told(Code.REACHED)) == "reviews:v3 was promoted after 4s; 0 of 525 requests met an error. Fails 30 %."


def test_only_the_expected_ending_is_a_success() -> None:
    assert [told(code).as_expected for code in (Code.ROLLED_BACK, Code.REACHED, Code.TIMEOUT)] == [True, False, False]
