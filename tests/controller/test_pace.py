"""How often a status is written: what cannot wait, what may be overtaken, what only moves its numbers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from canary.controller.pace import RAREST, REFRESH, at_rest, may_pass, refreshable
from strategies.model import Phase, State
from strategies.posture import amend, say
from tests.strategies.world import START, World, a_resting_world, says


def preparing() -> State:
    """A rollout whose pods are awaited."""
    world: World = a_resting_world()
    world.template = "v2"
    return world.run(lambda world: world.canary is not None).state


def test_waiting_for_the_pods_of_a_step_may_be_over_in_a_moment():
    state = preparing()
    assert may_pass(state, say(amend(state, step=2, entered_at=START), "WaitingForPods", "Waits."))


@pytest.mark.parametrize(
    "decision",
    [
        say(amend(preparing(), weight=50), "WaitingForPods", "A weight was written."),
        say(replace(preparing(), phase=Phase.PAUSED), "NoData", "Patience is over."),
        say(preparing(), "Holding", "Holds 5 %."),
        say(preparing(), "WaitingForPods", "Nothing moves until somebody helps.", stalled=True),
        replace(say(preparing(), "WaitingForPods", "Refused."), command=says("retry"), answered=True),
        say(amend(preparing(), id="another"), "WaitingForPods", "Another rollout."),
    ],
)
def test_nothing_else_waits_to_be_written(decision):
    assert not may_pass(preparing(), decision)


def test_numbers_are_refreshed_ever_more_rarely_while_nothing_else_happens():
    written, at, refreshed = START, timedelta(0), []
    while at < timedelta(minutes=20):
        at += timedelta(seconds=10)
        if refreshable(written, START, START + at):
            written = START + at
            refreshed.append(at.total_seconds())
    assert refreshed[:5] == [30, 60, 120, 240, 480]
    assert refreshed[5] - refreshed[4] == RAREST.total_seconds()
    assert REFRESH.total_seconds() == 30


def test_a_verdict_that_speaks_for_the_canary_rides_along_and_one_against_it_does_not():
    undecided, proven, failed = (
        {"verdict": word, "analysis": [{"metric": "errors", "verdict": word}]} for word in ("Continue", "Pass", "Fail")
    )
    assert at_rest(undecided) == at_rest(proven)
    assert at_rest(undecided) != at_rest(failed)
