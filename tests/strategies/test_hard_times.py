"""States of the world that nobody wishes for: what was deleted, edited, restored or scaled behind the planner's back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from analysis.verdict import MetricVerdict, Policy, Verdict
from strategies.actions import DeleteSplit, EnsureCanary, EnsureLeaf, Hold, NameCommand, Release, Role, SetWeight, Template
from strategies.model import Call, Edge, Finding, Phase, RunStatus, Stage, State
from strategies.planner import plan
from tests.strategies.world import START, World, a_plan, a_resting_world, ended, says

FAILED = MetricVerdict(
    metric="errors", verdict=Verdict.FAIL, sentence="bad", since=START, policy=Policy.ROLLBACK, step_requests=9
)
WRONG = Finding(reason="InvalidSpec", sentence="spec.scale is wrong.")


def trying(**changes: object) -> World:
    world = a_resting_world(**changes)
    world.template = "v2"
    return world


def at_half(**changes: object) -> World:
    return trying(**changes).run(lambda w: w.split == 50 and w.state.rollout is not None and w.state.rollout.live_at is not None)


def in_stage(stage: Stage, **changes: object) -> World:
    return trying(**changes).run(lambda w: w.state.rollout is not None and w.state.rollout.stage is stage)


# -- rollback first ----------------------------------------------------------------------------------------------------


def test_a_command_without_an_id_delays_no_rollback() -> None:
    world = at_half()
    world.verdicts, world.command = (FAILED,), says("pause")
    actions = plan(world.state, world.observe()).actions
    assert (actions[0], actions[-1]) == (SetWeight(canary=Decimal(0)), NameCommand())


@pytest.mark.parametrize(("suspended", "findings"), [(True, ()), (False, (WRONG,))])
def test_neither_suspend_nor_a_finding_stands_before_a_rollback(suspended: bool, findings: tuple[Finding, ...]) -> None:
    world = trying().run(ended("Promoted"))
    world.suspended, world.findings, world.command = suspended, findings, says("rollback", id="1")
    world.run(lambda w: w.state.phase is Phase.ROLLED_BACK)
    assert (world.state.stable, world.sets["v1"]) == ("v1", 4)


def test_a_rollback_wins_over_a_template_that_waits_for_the_end_of_a_suspension() -> None:
    world = trying().run(ended("Promoted"))
    world.suspended, world.template = True, "v3"
    world.cycle()
    world.command = says("rollback", id="1")
    world.run(ended("RolledBack"))
    assert (world.state.stable, world.template) == ("v1", "v1")


def test_a_rollback_that_comes_too_late_says_why_it_cannot_be() -> None:
    world = in_stage(Stage.SETTLING)
    world.command = says("rollback", id="1")
    world.cycle()
    del world.sets["v1"]  # revisionHistoryLimit: 0
    world.run(ended("Promoted"))
    assert world.state.sentence.startswith("v2 is promoted. It can't be rolled back: No previous version is known")


def test_the_bell_of_a_rollback_rings_even_when_nothing_was_made_yet() -> None:
    hooks = (Call(name="ticket", edges=(Edge.BEFORE_ROLLOUT,)), Call(name="bell", edges=(Edge.ON_ROLLBACK,)))
    world = trying(plan=a_plan(hooks=hooks), outcomes={"ticket": RunStatus.FAILED}).run(ended("RolledBack"))
    assert [run.rpartition("/")[2] for run in world.runs] == ["ticket", "bell"]


# -- deleted or edited by hand -----------------------------------------------------------------------------------------


def test_leaf_services_that_vanish_are_put_back_whatever_the_step_waits_for() -> None:
    world = at_half()
    world.leaf_stable, world.leaf_canary = None, False
    decision = world.cycle()
    assert decision.actions[0] == SetWeight(canary=Decimal(0))  # the canary's leaf is gone, and with it its endpoints
    assert {EnsureLeaf(role=Role.STABLE), EnsureLeaf(role=Role.CANARY)} <= set(decision.actions)
    world.run(lambda w: w.split == 50)


def test_a_split_deleted_while_pods_are_awaited_is_put_back() -> None:
    world = at_half()
    world.now += timedelta(minutes=2)
    world.cycle(settle=False)  # full size is asked for, and awaited
    assert world.said[-1][0] == "WaitingForPods"
    world.split = None
    world.cycle(settle=False)
    assert world.split == 50


def test_a_leaf_that_vanishes_while_a_rollback_drains_is_put_back() -> None:
    world = at_half()
    world.command = says("rollback")
    world.run(lambda w: w.split == 0)
    world.leaf_stable = None
    world.cycle()
    assert world.leaf_stable == "v1"


def test_the_canary_leaf_that_vanishes_during_the_release_is_put_back_and_condemns_nobody() -> None:
    world = in_stage(Stage.RELEASING)
    world.leaf_canary = False
    world.cycle(settle=False)
    assert (world.leaf_canary, world.state.phase) == (True, Phase.PROMOTING)
    world.run(ended("Promoted"))


def test_a_split_that_stands_is_not_moved_to_a_stable_version_without_endpoints() -> None:
    world = trying()
    world.split, world.adopted = Decimal(100), True
    seen = world.observe()
    seen = replace(
        seen,
        stable=replace(seen.stable, ready=0, pods=0, endpoints=0, leaf_live=True),
        canary=replace(seen.canary, leaf_live=True),
        traffic=replace(seen.traffic, ours=False),
    )
    decision = plan(world.state, seen)
    assert (decision.reason, decision.actions) == ("StableNotReady", ())


def test_a_deployment_replaced_by_one_that_never_ran_stable_ends_the_rollback() -> None:
    world = at_half()
    world.template, world.paused, world.ours, world.sets = "v9", False, False, {"v9": 4}
    world.run(lambda w: w.state.rollout is None and w.paused)
    assert (world.state.stable, world.template, world.split, world.canary) == ("v9", "v9", None, None)


def test_a_deployment_restored_as_held_with_no_replica_set_is_let_start() -> None:
    world = a_resting_world()
    seen = world.observe()
    decision = plan(world.state, replace(seen, stable=replace(seen.stable, revision=None, ready=0, pods=0)))
    assert (decision.reason, decision.actions) == ("NeverRan", (Release(template=Template.STABLE),))


def test_a_newer_template_between_arrival_and_hold_is_not_frozen_half_way() -> None:
    world = in_stage(Stage.SETTLING)
    world.paused = world.ours = False
    world.template, world.sets = "v3", {"v2": 3, "v3": 1}
    decision = world.cycle(settle=False)
    assert (Hold() in decision.actions, world.template, world.deferred) == (False, "v2", "v3")
    world.run(lambda w: w.state.stable == "v3" and w.state.rollout is None)


# -- lost status --------------------------------------------------------------------------------------------------------


def test_leftover_pods_of_an_unknown_rollout_go_even_where_the_split_is_kept() -> None:
    world = at_half(plan=a_plan(keep=True))
    world.state, world.template = State(stable="v1", stable_workload="reviews"), "v3"
    world.run(lambda w: w.canary == "v3")
    assert "v2" not in {name for name, pods in world.sets.items() if pods}
    assert ("Recovered", "Found objects of an unknown rollout.") in world.said


def test_without_a_mesh_a_lost_status_gives_stable_its_pods_back() -> None:
    world = trying(plan=a_plan(50, 100, mesh=False)).run(lambda w: w.sets["v1"] == 0 and w.canary_ready == 4)
    world.state = State(stable="v1", stable_workload="reviews")
    world.run(lambda w: w.sets["v1"] == 4, most=6)


# -- kept splits ---------------------------------------------------------------------------------------------------------


def test_a_kept_split_goes_when_the_deployment_is_released_by_hand() -> None:
    world = trying(plan=a_plan(50, 100, keep=True)).run(ended("Promoted"))
    assert world.split == 0
    world.template, world.paused, world.ours, world.sets = "v3", False, False, {"v2": 3, "v3": 1}
    assert world.cycle(settle=False).actions == (DeleteSplit(),)


def test_a_kept_leaf_follows_the_stable_version() -> None:
    world = trying(plan=a_plan(50, 100, keep=True)).run(ended("Promoted"))
    world.leaf_stable = "v1"
    world.cycle()
    assert world.leaf_stable == "v2"


def test_a_kept_split_is_removed_before_its_leaves_when_the_canary_goes() -> None:
    world = trying(plan=a_plan(50, 100, keep=True)).run(ended("Promoted"))
    world.deleted = True
    world.cycle()
    assert (world.split, world.leaf_stable, world.leaf_canary) == (None, "v2", True)
    world.run(lambda w: w.gone)
    assert (world.leaf_stable, world.leaf_canary) == (None, False)


# -- sizes ----------------------------------------------------------------------------------------------------------------


def test_an_autoscaler_that_shrinks_stable_does_not_shrink_the_canary_that_took_its_traffic() -> None:
    world = trying().run(lambda w: w.split == 100)
    world.replicas = 1
    world.kubernetes()
    world.cycle()
    assert world.canary_replicas == 4


def test_the_canary_grows_with_stable() -> None:
    world = at_half()
    world.replicas = 10
    world.kubernetes()
    assert EnsureCanary(replicas=5) in plan(world.state, world.observe()).actions


def test_one_pod_without_a_mesh_becomes_two_and_one_again() -> None:
    world = trying(replicas=1, sets={"v1": 1}, plan=a_plan(25, 100, mesh=False))
    world.run(lambda w: w.canary_ready == 1)
    assert world.sets["v1"] == 1
    world.run(ended("Promoted"))
    assert (world.replicas, world.sets, world.canary) == (1, {"v1": 0, "v2": 1}, None)


def test_a_deployment_scaled_to_zero_mid_way_keeps_its_canary_serving_and_says_so() -> None:
    world = at_half()
    world.replicas = 0
    world.kubernetes()
    world.command = says("rollback", id="1")
    decision = world.cycle()
    assert (world.split, decision.stalled, decision.sentence[-70:]) == (
        50,
        True,
        " Waits until 1 pod of reviews can take traffic, 0 can: reviews-canary goes on serving."[-70:],
    )
    world.replicas = 1
    world.run(ended("RolledBack"))
