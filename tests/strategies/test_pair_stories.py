"""Two Deployments side by side, through the pure planner: how their rollouts can end, and that dying changes none of it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from analysis.verdict import MetricVerdict, Policy, Verdict
from strategies.model import Finding, Phase, Stage
from strategies.planner import plan
from tests.strategies.pair import OURS, THEIRS, V2, V3, V4, Pair, share
from tests.strategies.world import START, Dying, a_plan, ended, says

FAILED = MetricVerdict(
    metric="errors", verdict=Verdict.FAIL, sentence="bad", since=START, policy=Policy.ROLLBACK, step_requests=9
)


def settling(world: Pair) -> bool:
    return world.state.rollout is not None and world.state.rollout.stage is Stage.SETTLING


def adopted_pair(**changes: object) -> Pair:
    """Leaves and split stood there before us."""
    shares = {V2: Decimal(90), V3: Decimal(10)}
    return Pair(leaves={V2: THEIRS, V3: THEIRS}, shares=shares, split_ours=False, **changes)


def test_the_new_version_takes_over_step_by_step() -> None:
    world, seen = Pair(), [Decimal(-1)]
    while not ended("Promoted")(world):
        world.run(lambda w: share(w, V3) not in (None, seen[-1]) or ended("Promoted")(w))
        seen.append(share(world, V3) or Decimal(0))
    assert seen == [-1, 0, 5, 50, 100, 0]  # 0 at the end: there is no split any more
    assert (world.wanted, world.shares, world.leaves) == ({V2: 0, V3: 4}, None, {})
    assert (world.state.stable_workload, world.state.previous) == (V3, "reviews-v2-a")


def test_what_stood_there_before_us_stays() -> None:
    world = adopted_pair().run(ended("Promoted"))
    assert (world.shares, world.leaves) == ({V2: 0, V3: 100}, {V2: THEIRS, V3: THEIRS})


@pytest.mark.parametrize("at", [5, 50, 100])
def test_guilt_takes_the_canary_out_of_traffic_in_one_cycle(at: int) -> None:
    world = Pair()
    world.run(lambda w: share(w, V3) == at)
    world.verdicts = (FAILED,)
    world.cycle(survive=1)
    assert share(world, V3) == 0
    world.run(ended("RolledBack"))
    assert (world.wanted, world.shares, world.leaves) == ({V2: 4, V3: 0}, None, {})
    assert world.state.rejected == "reviews-v3-a"


def test_a_split_that_gives_everything_to_the_canary_stays_while_stable_has_no_endpoint() -> None:
    """As after a promotion whose Canary was deleted and applied again: its old stable version has no pods."""
    world = Pair(
        leaves={V2: THEIRS, V3: THEIRS},
        shares={V2: Decimal(0), V3: Decimal(100)},
        split_ours=False,
        wanted={V2: 0, V3: 4},
        ready={V2: 0, V3: 4},
    )
    for _ in range(4):
        world.cycle()
    assert (share(world, V3), world.said[-1][0]) == (100, "StableNotReady")


def test_a_rollback_after_the_promotion_swaps_the_two() -> None:
    world = Pair().run(ended("Promoted"))
    world.command = says("rollback", id="1")
    world.run(ended("RolledBack"))
    assert (world.wanted, world.state.stable_workload) == ({V2: 4, V3: 0}, V2)
    assert (world.state.rejected, world.shares, world.leaves) == ("reviews-v3-a", None, {})
    world.command = says("retry", id="2")
    world.run(ended("Promoted"))
    assert world.state.stable_workload == V3


def test_a_rollback_while_the_old_version_leaves_brings_it_back_at_once() -> None:
    world = Pair().run(settling)
    world.command = says("rollback", id="1")
    world.cycle()
    assert (world.state.phase, world.refused) == (Phase.PROGRESSING, [])
    world.run(lambda w: share(w, V2) == 100)
    assert world.now - START < timedelta(minutes=5)
    world.run(ended("RolledBack"))
    assert (world.wanted, world.state.stable_workload) == ({V2: 4, V3: 0}, V2)


def test_a_rollback_after_the_promotion_gives_all_pods_back_without_a_mesh() -> None:
    world = Pair(plan=a_plan(25, 100, mesh=False)).run(ended("Promoted"))
    assert world.wanted == {V2: 0, V3: 4}
    world.command = says("rollback", id="1")
    world.run(ended("RolledBack"))
    assert world.wanted == {V2: 4, V3: 0}


@pytest.mark.parametrize("findings", [(), (Finding(reason="InvalidSpec", sentence="spec is wrong."),)])
def test_neither_suspend_nor_a_finding_stands_before_a_rollback(findings: tuple[Finding, ...]) -> None:
    world = Pair().run(ended("Promoted"))
    world.suspended, world.findings, world.command = True, findings, says("rollback", id="1")
    world.run(ended("RolledBack"))
    assert world.wanted == {V2: 4, V3: 0}


def test_a_pair_that_is_edited_supersedes_the_running_one() -> None:
    world = Pair().run(lambda w: share(w, V3) == 50)
    world.spec = (V2, V4)
    world.wanted[V4] = world.ready[V4] = 1
    world.cycle(survive=1)
    assert share(world, V3) == 0
    world.run(ended("Promoted"))
    assert (world.state.stable_workload, world.wanted) == (V4, {V2: 0, V3: 0, V4: 4})


def test_the_next_pair_begins_where_the_last_one_ended() -> None:
    world = Pair().run(ended("Promoted"))
    for _ in range(3):
        world.cycle()
    assert world.state.phase == Phase.PROMOTED
    world.spec = (V3, V4)
    world.wanted[V4] = world.ready[V4] = 1
    world.run(lambda w: w.state.stable_workload == V4 and w.state.rollout is None)
    assert world.wanted == {V2: 0, V3: 0, V4: 4}


def test_a_leaf_deleted_by_hand_is_put_back() -> None:
    world = Pair().run(lambda w: share(w, V3) == 50)
    del world.leaves[V2]
    decision = plan(world.state, world.observe())
    for action in decision.actions:
        world.enact(action, decision.state)
    assert world.leaves == {V2: OURS, V3: OURS}


def test_deleting_the_canary_mid_way_leaves_stable_and_nothing_of_ours() -> None:
    world = Pair().run(lambda w: share(w, V3) == 50)
    world.deleted = True
    world.run(lambda w: w.gone)
    assert (world.wanted, world.shares, world.leaves) == ({V2: 4, V3: 0}, None, {})


def test_deleting_a_canary_that_keeps_its_split_removes_it_before_the_leaves() -> None:
    world = Pair(plan=a_plan(50, 100, keep=True)).run(ended("Promoted"))
    assert world.shares == {V2: 0, V3: 100}
    world.deleted = True
    world.cycle()
    assert (world.shares, set(world.leaves)) == (None, {V2, V3})
    world.run(lambda w: w.gone)
    assert world.leaves == {}


def test_a_version_that_cannot_start_never_gets_traffic() -> None:
    world = Pair(broken=True).run(ended("RolledBack"))
    assert (world.state.reason, world.shares, world.wanted) == ("CanaryCannotStart", None, {V2: 4, V3: 0})


def promoted(world: Pair) -> Pair:
    return world.run(ended("Promoted"))


def condemned(world: Pair) -> Pair:
    world.run(lambda w: w.state.rollout is not None and w.state.rollout.step == 2)
    world.verdicts = (FAILED,)
    return world.run(ended("RolledBack"))


def reverted(world: Pair) -> Pair:
    world.run(ended("Promoted"))
    world.command = says("rollback")
    return world.run(ended("RolledBack"))


def turned_at_the_end(world: Pair) -> Pair:
    world.run(settling)
    world.command = says("rollback", id="1")
    return world.run(ended("RolledBack"))


class DyingPair(Dying, Pair):
    """Its controller dies, too."""


def final(world: Pair) -> tuple[object, ...]:
    state = world.state
    return world.wanted, world.shares, world.leaves, state.phase, state.stable_workload, state.rejected


@pytest.mark.parametrize(
    ("ending", "mesh"),
    [*((ending, mesh) for ending in (promoted, condemned, reverted) for mesh in (True, False)), (turned_at_the_end, True)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_dying_after_any_action_changes_nothing_in_the_end(ending: Callable[[Pair], Pair], mesh: bool) -> None:
    expected = final(ending(Pair(plan=a_plan(25, 50, 100, mesh=mesh))))
    for dies_at in range(1, 24):
        for survive in range(2):
            world = DyingPair(plan=a_plan(25, 50, 100, mesh=mesh))
            world.dies_at, world.survive = dies_at, survive
            assert final(ending(world)) == expected, f"died at acting cycle {dies_at} after {survive} actions"
