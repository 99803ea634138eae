"""R8: a process that dies after any action, having recorded nothing, is followed by one that ends in the same place."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.verdict import MetricVerdict, Policy, Verdict
from strategies.model import Call, Edge
from tests.strategies.world import START, Dying, World, a_plan, a_resting_world, ended, says

FAILED = MetricVerdict(
    metric="errors", verdict=Verdict.FAIL, sentence="bad", since=START, policy=Policy.ROLLBACK, step_requests=9
)


def promoted(world: World) -> World:
    return world.run(ended("Promoted"))


def condemned(world: World) -> World:
    world.run(lambda w: w.split == 50)
    world.verdicts = (FAILED,)
    return world.run(ended("RolledBack"))


def by_hand(world: World) -> World:
    world.run(lambda w: w.split == 50)
    world.command = says("rollback")
    return world.run(ended("RolledBack"))


def deleted(world: World) -> World:
    world.run(lambda w: w.split == 50)
    world.deleted = True
    return world.run(lambda w: w.gone)


def reverted(world: World) -> World:
    world.run(ended("Promoted"))
    world.command = says("rollback")
    return world.run(ended("RolledBack"))


ENDINGS = (promoted, condemned, by_hand, deleted, reverted)


def final(world: World) -> tuple[object, ...]:
    return (
        world.template,
        world.paused,
        {name: pods for name, pods in world.sets.items() if pods},
        world.canary,
        world.split,
        world.leaf_stable,
        world.leaf_canary,
        world.replicas,
        world.state.stable,
        world.state.rejected,
        world.state.phase,
        [run.split("/", 1)[1] for run in world.runs],
    )


def begin(mesh: bool, kind: type[World] = World) -> World:
    bell = Call(name="bell", edges=(Edge.BEFORE_STEP, Edge.ON_ROLLBACK))
    world = kind(plan=a_plan(25, 50, 100, mesh=mesh, hooks=(bell,)))
    world.run(lambda w: w.state.stable is not None and w.paused)
    world.template = "v2"
    return world


@pytest.mark.parametrize(
    ("ending", "mesh"),
    [*((ending, True) for ending in ENDINGS), (promoted, False)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_dying_after_any_action_changes_nothing_in_the_end(ending: Callable[[World], World], mesh: bool) -> None:
    expected = final(ending(begin(mesh)))
    for dies_at in range(1, 30):
        for survive in range(3):
            world = begin(mesh, Dying)
            assert isinstance(world, Dying)
            world.acted, world.dies_at, world.survive = 0, dies_at, survive
            assert final(ending(world)) == expected, f"died at acting cycle {dies_at} after {survive} actions"


@settings(max_examples=150)
@given(deaths=st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=60), template=st.sampled_from(["v2", "v3"]))
def test_many_deaths_and_a_slow_cluster_still_end_in_a_promotion(deaths: list[tuple[int, bool]], template: str) -> None:
    world = a_resting_world(plan=a_plan(25, 100))
    world.template = template
    for survive, settle in deaths:
        world.cycle(survive=survive if survive < 5 else None, settle=settle)
    world.run(ended("Promoted"))
    assert (world.state.stable, world.canary, world.split, world.paused) == (template, None, None, True)


@settings(max_examples=300)
@given(
    deaths=st.lists(st.integers(0, 12), max_size=30),
    event=st.sampled_from(["none", "fail", "rollback", "v3", "delete"]),
    when=st.integers(0, 20),
)
def test_deaths_between_the_rounds_of_one_reconcile_change_no_ending(deaths: list[int], event: str, when: int) -> None:
    world = a_resting_world(plan=a_plan(25, 50, 100))
    world.template = "v2"
    for number, survive in enumerate(deaths):
        if number == when:
            happen(world, event)
        world.reconcile(survive=survive if survive < 12 else None)
        world.now += world.plan.steps[0].hold
    if when >= len(deaths):
        happen(world, event)
    if event == "delete":
        world.run(lambda w: w.gone)
        return
    world.run(
        lambda w: w.state.rollout is None and w.command is None and w.paused and w.template in (w.state.stable, w.state.rejected)
    )
    assert (world.split, world.canary, world.sets[world.state.stable or ""]) == (None, None, 4)


def happen(world: World, event: str) -> None:
    match event:
        case "fail":
            world.verdicts = (FAILED,)
        case "rollback":
            world.command = says("rollback")
        case "v3":
            world.template = "v3"
        case "delete":
            world.deleted = True


@settings(max_examples=150)
@given(
    events=st.lists(
        st.sampled_from(
            ["cycle", "tick", "v2", "v3", "v1", "rollback", "advance", "promote", "pause", "resume", "retry", "fail", "ok"]
        ),
        max_size=40,
    )
)
def test_whatever_happens_the_invariants_hold_and_rest_comes(events: list[str]) -> None:
    world = a_resting_world(plan=a_plan(25, 100))
    for number, event in enumerate(events):
        if event in ("v1", "v2", "v3"):
            world.template = event
            world.sets.setdefault(event, 0)
        elif event in ("fail", "ok"):
            world.verdicts = (FAILED,) if event == "fail" else ()
        elif event == "tick":
            world.now = world.now + replace(world.plan.steps[0]).hold
        elif event != "cycle":
            world.command = says(event, id=str(number))
        world.cycle(settle=event != "tick")
    world.verdicts = ()
    if world.state.rollout is not None and world.state.rollout.paused:
        world.command = says("resume", id="last")
    world.run(lambda w: w.state.rollout is None and w.command is None and w.paused)
    assert (world.split, world.canary, world.sets[world.state.stable or ""]) == (None, None, 4)
