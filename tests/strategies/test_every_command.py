"""Each verb in each phase: it is obeyed or refused with a sentence, taken away, and never lost."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from strategies.model import Phase, Stage, Verb
from strategies.planner import plan
from tests.strategies.world import World, a_plan, a_resting_world, ended, says


def idle() -> World:
    return a_resting_world()


def preparing() -> World:
    return trying(lambda w: w.state.phase is Phase.PROGRESSING)


def stepping() -> World:
    return trying(lambda w: w.split == 50 and w.state.rollout is not None and w.state.rollout.live_at is not None)


def paused() -> World:
    world = stepping()
    world.command = says("pause", id="0")
    world.cycle()
    return world.run(lambda w: w.state.phase is Phase.PAUSED)


def shifting() -> World:
    return in_stage(Stage.SHIFTING)


def releasing() -> World:
    world = in_stage(Stage.RELEASING)
    world.sets = {"v1": 2, "v2": 2}
    return world


def settling() -> World:
    return in_stage(Stage.SETTLING)


def rolling_back() -> World:
    world = stepping()
    world.command = says("rollback", id="0")
    world.cycle()
    return world


def promoted() -> World:
    return trying(ended("Promoted"))


def rolled_back() -> World:
    return rolling_back().run(ended("RolledBack"))


def trying(until: Callable[[World], bool]) -> World:
    world = a_resting_world(plan=a_plan(50, 75))
    world.template = "v2"
    return world.run(until)


def in_stage(stage: Stage) -> World:
    return trying(lambda w: w.state.rollout is not None and w.state.rollout.stage is stage)


OBEYED: dict[Callable[[], World], dict[str, str]] = {
    idle: {},
    preparing: {"rollback": "RollingBack", "promote": "Promoting", "pause": "Paused", "retry": "Progressing"},
    stepping: {
        "rollback": "RollingBack",
        "promote": "Promoting",
        "advance": "Progressing",
        "pause": "Paused",
        "retry": "Progressing",
    },
    paused: {
        "rollback": "RollingBack",
        "promote": "Promoting",
        "advance": "Progressing",
        "resume": "Progressing",
        "retry": "Paused",
    },
    shifting: {"rollback": "RollingBack"},
    releasing: {"rollback": "RollingBack"},
    settling: {"rollback": "Promoting"},
    rolling_back: {},
    promoted: {"rollback": "Progressing"},
    rolled_back: {"retry": "Progressing"},
}


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("place", OBEYED, ids=lambda place: place.__name__)
def test_every_verb_in_every_phase_is_obeyed_or_refused(place: Callable[[], World], verb: Verb) -> None:
    world = place()
    before = world.state.phase
    decision = plan(world.state, replace(world.observe(), command=says(verb, id="1")))
    expected = OBEYED[place].get(verb)
    assert (decision.answered, decision.state.last_command, decision.refused is None) == (True, "1", expected is not None)
    assert expected in (None, decision.state.phase)
    if expected is None:
        assert (decision.refused or "").endswith(".")
        assert decision.state.phase in (before, Phase.ROLLED_BACK, Phase.PROMOTED)


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("place", OBEYED, ids=lambda place: place.__name__)
def test_a_bare_verb_said_twice_is_obeyed_once(place: Callable[[], World], verb: Verb) -> None:
    """The process dies after the status is written and before the annotation goes; a bare rollback has no id to tell it by."""
    world = place()
    world.command = said = says(verb)
    while world.command is not None:
        said = world.command
        world.cycle(settle=False)
    seen = world.observe()
    again = plan(world.state, replace(seen, command=said))
    assert (again.answered, again.state) == (True, plan(world.state, seen).state)


def test_the_second_of_two_commands_is_obeyed_too() -> None:
    world = stepping()
    world.command = says("pause", id="1")
    world.cycle()
    world.command = says("rollback", id="2")
    world.run(ended("RolledBack"))
    assert (world.refused, world.state.last_command) == ([], "2")
