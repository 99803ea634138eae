"""The Deployment that is tried in place is deleted in the middle: what serves goes on serving, and a Canary can always leave."""

from dataclasses import replace

import pytest

from strategies.actions import EnsureLeaf
from strategies.model import Phase, Side, Stage
from strategies.planner import plan
from tests.strategies.world import World, a_resting_world, says


def in_the_middle() -> World:
    world = a_resting_world()
    world.template = "v2"
    return world.run(lambda w: w.split == 50)


def test_a_rollback_holds_what_serves_and_asks_for_nothing_that_cannot_be_made() -> None:
    world = in_the_middle()
    seen = replace(world.observe(), stable=Side(workload="reviews"), tried=None, command=says("rollback", id="1"))
    decision = plan(world.state, seen)
    assert (decision.state.phase, decision.stalled) == (Phase.ROLLING_BACK, True)
    assert [action for action in decision.actions if isinstance(action, EnsureLeaf)] == []
    assert decision.sentence.endswith("Waits until 1 pod of reviews can take traffic, 0 can: reviews-canary goes on serving.")


@pytest.mark.parametrize("stage", [Stage.STEPPING, Stage.SHIFTING, Stage.RELEASING, Stage.SETTLING])
def test_a_deleted_canary_leaves_all_the_same(stage: Stage) -> None:
    world = in_the_middle()
    assert world.state.rollout is not None
    phase = Phase.PROGRESSING if stage is Stage.STEPPING else Phase.PROMOTING
    state = replace(world.state, phase=phase, rollout=replace(world.state.rollout, stage=stage))
    seen = replace(world.observe(), stable=Side(workload="reviews"), tried=None, deleted=True)
    left = replace(seen, canary=Side(workload="reviews-canary"), traffic=replace(seen.traffic, canary=None))
    decision = plan(state, seen)
    names = [type(action).__name__ for action in decision.actions]
    assert (decision.state.phase, names) == (Phase.ROLLING_BACK, ["DeleteCanary"])
    assert plan(decision.state, left).state.rollout is None
