"""Counters through the controller's own judge and planner: when a rollout on paper ends, and how."""

from datetime import timedelta
from decimal import Decimal
from itertools import chain

from analysis.counts import Tally
from analysis.verdict import Verdict
from canary.offline.course import course_of
from canary.offline.play import Look, Play, play
from canary.offline.story import Ending, Story
from tests.analysis.world import NOON
from tests.offline.courses import OUTAGE, SILENCE, a_course, a_look, a_spec, growing, silence

FIVE_MINUTES = {"weight": 50, "hold": "5m"}


def ending(story: Story) -> tuple[Verdict, Ending, float, str]:
    return story.verdict, story.ending, (story.at - NOON).total_seconds(), story.reason


def test_a_healthy_version_climbs_the_default_plan_as_fast_as_its_holds_allow():
    story = play(a_course(), growing(241), NOON)
    assert ending(story) == (Verdict.PASS, Ending.PROMOTED, 21 * 60, "Promoted")
    steps = [(change.at - NOON, change.step, change.weight) for change in story.trace if change.metric is None]
    minutes = [
        (timedelta(minutes=at), step, Decimal(weight)) for at, step, weight in [(0, 1, 5), (1, 2, 25), (6, 3, 50), (11, 4, 100)]
    ]
    assert minutes == steps[:4]


def test_a_bad_version_is_rolled_back_with_the_judges_own_sentence():
    story = play(a_course(), growing(241, canary=(5, 95), stable=(1, 999)), NOON)
    verdict = story.metrics[0].verdict
    assert (story.verdict, story.ending, story.reason) == (Verdict.FAIL, Ending.ROLLED_BACK, "AnalysisFailed")
    assert (story.sentence, story.at) == (verdict.sentence, verdict.since)
    assert story.at > NOON + timedelta(minutes=1)
    assert (story.trace[-2].metric, story.trace[-2].what) == ("errors", "Fail")


def test_the_counts_are_those_that_were_judged():
    story = play(a_course(FIVE_MINUTES), growing(9, canary=(0, 20), stable=(3, 97)), NOON)
    assert [Tally(0, 160, 24, 800)] == [metric.tally for metric in story.metrics]


def test_nothing_is_judged_while_it_warms_up():
    course = a_course(FIVE_MINUTES, warmup="2m")
    story = play(course, growing(30, canary=(10, 90)), NOON)
    assert story.metrics[0].verdict.since > NOON + timedelta(minutes=2)
    assert story.ending is Ending.ROLLED_BACK


def test_a_step_waits_for_its_requests():
    course = a_course({"weight": 50, "hold": "1m", "minRequests": 1000})
    assert ending(play(course, growing(41), NOON)) == (Verdict.PASS, Ending.PROMOTED, 150, "Promoted")


def test_a_hold_that_ends_between_two_looks_ends_then():
    course = a_course({"weight": 50, "hold": "40s"}, {"weight": 100, "hold": "1m"})
    story = play(course, growing(41), NOON)
    assert (Ending.PROMOTED, timedelta(seconds=100)) == (story.ending, story.at - NOON)


def test_the_last_step_can_be_held_until_the_counters_end():
    story = play(a_course(), growing(241), NOON, until=NOON + timedelta(hours=1))
    assert ending(story) == (Verdict.PASS, Ending.PROMOTED, 3600, "Promoted")


def test_counters_that_end_first_promote_nothing():
    story = play(a_course(), growing(17), NOON)
    assert ending(story) == (Verdict.CONTINUE, Ending.RUNNING, 240, "Holding")
    assert story.sentence == ("The counters end before the plan does. Holds 25 % for 5m. " + story.metrics[0].verdict.sentence)


def test_no_data_pauses_and_never_passes():
    story = play(a_course(), silence(SILENCE, range(0, 3600, 15)), NOON)
    assert ending(story) == (Verdict.NO_DATA, Ending.PAUSED, 300 + 60, "NoData")


def test_no_data_rolls_back_where_that_is_asked_for():
    course = a_course(FIVE_MINUTES, onNoData="rollback", noDataAfter="1m")
    assert ending(play(course, silence(SILENCE, range(0, 3600, 15)), NOON)) == (Verdict.NO_DATA, Ending.ROLLED_BACK, 60, "NoData")


def test_an_outage_that_ends_costs_time_only():
    course = a_course(FIVE_MINUTES)
    dark = silence(OUTAGE, range(0, 900, 15))
    light = (Look(at=look.at + timedelta(seconds=900), readings=look.readings) for look in growing(60))
    story = play(course, chain(dark, light), NOON)
    assert (story.verdict, story.ending) == (Verdict.PASS, Ending.PROMOTED)
    said = [change.what for change in story.trace if change.metric is None]
    assert said[1:4] == ["AnalysisError", "AnalysisError", "NoData"]


def test_a_failure_can_pause_or_be_ignored():
    looks = list(growing(241, canary=(10, 90)))
    paused = play(a_course(FIVE_MINUTES, onFailure="pause"), looks, NOON)
    assert (paused.verdict, paused.ending, paused.reason) == (Verdict.FAIL, Ending.PAUSED, "AnalysisFailed")
    ignored = play(a_course(FIVE_MINUTES, onFailure="ignore"), looks, NOON)
    assert (ignored.verdict, ignored.ending) == (Verdict.PASS, Ending.PROMOTED)
    assert ignored.metrics[0].verdict.verdict is Verdict.FAIL


def test_evidence_can_be_demanded():
    course = a_course({"weight": 50, "hold": "15s"}, promoteOn="evidence")
    thin = play(course, growing(20, canary=(0, 10), stable=(0, 10)), NOON)
    assert ending(thin) == (Verdict.CONTINUE, Ending.RUNNING, 285, "WaitingForEvidence")
    assert play(course, growing(241, canary=(0, 50), stable=(0, 450)), NOON).ending is Ending.PROMOTED


def test_what_needs_people_is_taken_as_passed_and_said():
    spec = a_spec(
        {"weight": 50, "hold": "1m", "approval": True, "tests": ["smoke"]},
        tests=[{"name": "smoke", "http": {"url": "http://reviews/health"}}],
        hooks=[{"name": "ticket", "when": ["beforeRollout"], "http": {"url": "http://tickets/new"}}],
    )
    course = course_of(spec).only(["errors"])
    assert course.taken == ("test smoke", "hook ticket", "approval at 50 %")
    assert play(course, growing(41), NOON).ending is Ending.PROMOTED


def test_a_simulator_is_told_the_weight_in_force():
    playing = Play(a_course({"weight": 12.5, "hold": "1m"}, FIVE_MINUTES), NOON)
    assert (playing.weight, playing.step, playing.over) == (Decimal("12.5"), 1, False)
    for look in growing(6):
        playing.look(look)
    assert (playing.weight, playing.step) == (Decimal(50), 2)


def test_nothing_is_looked_at_after_the_end():
    playing = Play(a_course({"weight": 100, "hold": "15s"}), NOON)
    for look in growing(10):
        playing.look(look)
    before = playing.story(NOON + timedelta(minutes=10))
    playing.look(a_look(900, errors=SILENCE))
    assert playing.story(NOON + timedelta(minutes=20)) == before
