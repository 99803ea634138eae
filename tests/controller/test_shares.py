"""From how much of the traffic new counts may stem."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.controller.shares import Shares, in_force
from strategies.model import Traffic
from strategies.sizing import split_pods
from tests.controller.objects import NOW
from tests.strategies.world import World, a_plan, a_resting_world

EVERY = timedelta(seconds=15)


def lowest(notes: dict[int, int | None], *, looks: int, read: int) -> Decimal | None:
    """What the look of this number may expect, after shares by the look from which on they were in force."""
    shares = Shares()
    for look in range(looks + 1):
        if look in notes:
            shares.note(NOW + look * EVERY, None if notes[look] is None else Decimal(notes[look]))
        if look == read:
            shares.read(NOW + look * EVERY)
    return shares.lowest()


@pytest.mark.parametrize(
    ("notes", "read", "expected"),
    [
        ({0: 5}, 9, 5),
        ({0: 5, 10: 25}, 9, 5),  # raised since the last look
        ({0: 5, 8: 25}, 9, 5),  # what is scraped now may be from before it was raised
        ({0: 5, 5: 25}, 9, 25),
        ({0: 5, 5: 25, 9: 5, 10: 25}, 9, 5),  # lowered for a moment
        ({0: 5, 3: None, 4: 25}, 9, 25),
        ({0: 5, 3: None, 7: 25}, 9, None),  # not known for a moment
        ({6: 5}, 9, None),  # not known for long enough
        ({}, 9, None),
        ({0: 5}, 99, None),  # nothing was read before
    ],
)
def test_counts_stem_from_the_lowest_share_that_they_may_have_met(
    notes: dict[int, int | None], read: int, expected: int | None
) -> None:
    assert lowest(notes, looks=10, read=read) == expected


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from([None, 0, 5, 25, 100]), st.booleans()), max_size=30))
def test_what_is_forgotten_makes_no_difference(notes: list[tuple[int, int | None, bool]]) -> None:
    """Asking in between lets go of what is old; the answer is that of one who was never asked before."""
    asked, fresh, now = Shares(), Shares(), NOW
    for seconds, share, read in notes:
        now += timedelta(seconds=seconds)
        for shares in (asked, fresh):
            shares.note(now, None if share is None else Decimal(share))
            if read:
                shares.read(now)
        asked.lowest()
    assert asked.lowest() == fresh.lowest()


def at_a_step(**plan: object) -> World:
    world = a_resting_world(plan=a_plan(25, 100, **plan))
    world.template = "v2"
    return world.run(lambda world: world.state.rollout is not None and world.state.rollout.live_at is not None)


def test_a_share_is_in_force_once_the_split_is_acknowledged_as_it_was_asked_for() -> None:
    world = at_a_step()
    rollout, seen = world.state.rollout, world.observe()
    assert rollout is not None
    known = [
        in_force(rollout, replace(seen, traffic=traffic))
        for traffic in (
            Traffic(canary=Decimal(25)),
            Traffic(canary=Decimal(25), acknowledged=False),
            Traffic(canary=Decimal(90)),
            Traffic(),
        )
    ]
    assert known == [25, None, None, None]


def test_without_a_mesh_the_share_is_that_of_the_pods() -> None:
    world = at_a_step(mesh=False)
    rollout, seen = world.state.rollout, world.observe()
    assert rollout is not None
    assert in_force(rollout, seen) == split_pods(rollout.replicas, Decimal(25)).reached
    assert in_force(rollout, replace(seen, canary=replace(seen.canary, ready=0))) is None
