"""Whole rollouts through the pure planner, on a small world: how each of them can end."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from analysis.verdict import MetricVerdict, Policy, Verdict
from strategies.model import Call, Edge, OnFailure, RunStatus, Stage
from tests.strategies.world import START, World, a_plan, a_resting_world, at_rest, ended, says, steps


def traces(world: World) -> tuple[object, ...]:
    """What a rollout may leave behind."""
    return (world.canary, world.split, world.leaf_stable, world.leaf_canary, world.deferred)


NOTHING = (None, None, None, False, None)


def bad(sentence: str = "canary fails 30 % of 100 requests") -> MetricVerdict:
    return MetricVerdict(
        metric="errors", verdict=Verdict.FAIL, sentence=sentence, since=START, policy=Policy.ROLLBACK, step_requests=100
    )


def test_adoption_holds_the_deployment_at_what_runs() -> None:
    world = a_resting_world()
    assert (world.paused, world.ours, world.state.stable) == (True, True, "v1")
    assert traces(world) == NOTHING


def test_a_good_version_is_promoted_step_by_step() -> None:
    world = a_resting_world()
    world.template = "v2"
    weights: list[Decimal | None] = [None]
    while not ended("Promoted")(world):
        world.run(lambda w: w.split != weights[-1] or ended("Promoted")(w))
        weights.append(world.split)
    assert weights == [None, 0, 5, 50, 100, 0, None, None]
    assert (world.sets, world.state.stable, world.state.previous) == ({"v1": 0, "v2": 4}, "v2", "v1")
    assert (world.paused, world.ours, world.template) == (True, True, "v2")
    assert traces(world) == NOTHING


@pytest.mark.parametrize("at", [5, 50, 100])
def test_proof_of_guilt_takes_the_canary_out_of_traffic_in_one_cycle(at: int) -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.split == at)
    world.verdicts = (bad(),)
    decision = world.cycle(survive=1)
    assert (world.split, decision.reason, decision.sentence.startswith("canary fails 30 %")) == (0, "AnalysisFailed", True)
    world.run(ended("RolledBack"))
    assert (world.state.rejected, world.state.stable, world.sets["v1"], world.template) == ("v2", "v1", 4, "v2")
    assert traces(world) == NOTHING


def test_a_rejected_version_is_not_tried_again_until_retry() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.split == 5)
    world.verdicts = (bad(),)
    world.run(ended("RolledBack"))
    world.verdicts = ()
    for _ in range(5):
        world.cycle()
    assert world.canary is None
    world.command = says("retry", id="1")
    world.run(ended("Promoted"))
    assert world.state.stable == "v2"


@pytest.mark.parametrize("at", [0, 5, 50, 100])
def test_rollback_by_hand_is_one_write_away(at: int) -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.split == at and w.canary is not None)
    world.command = says("rollback")
    world.cycle(survive=1)
    assert world.split == 0
    world.run(ended("RolledBack"))
    assert (world.command, world.state.reason, world.state.rejected) == (None, "RolledBackByHand", "v2")
    assert traces(world) == NOTHING


def test_rollback_while_kubernetes_rolls_the_deployment_brings_the_old_template_back() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.state.rollout is not None and w.state.rollout.stage is Stage.RELEASING, settle=True)
    world.sets = {"v1": 2, "v2": 2}
    world.command = says("rollback")
    world.cycle(survive=1, settle=False)
    assert world.split == 0
    world.run(ended("RolledBack"))
    assert (world.sets, world.template, world.state.stable, world.paused) == ({"v1": 4, "v2": 0}, "v1", "v1", True)
    assert traces(world) == NOTHING


def test_rollback_waits_while_stable_has_no_endpoint_and_finishes_with_the_first() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.state.rollout is not None and w.state.rollout.stage is Stage.RELEASING)
    world.sets = {"v1": 0, "v2": 2}
    world.command = says("rollback")
    decision = world.cycle(settle=False)
    assert (world.split, decision.stalled, decision.reason) == (100, True, "WaitingForEndpoints")
    world.sets = {"v1": 1, "v2": 2}
    world.cycle(settle=False)
    assert world.split == 0


def test_rollback_after_promotion_brings_the_previous_version_back() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(ended("Promoted"))
    world.command = says("rollback")
    world.run(ended("RolledBack"))
    assert (world.state.stable, world.state.rejected, world.template, world.sets["v1"]) == ("v1", "v2", "v1", 4)
    assert traces(world) == NOTHING


def test_rollback_when_the_new_version_has_just_arrived_goes_on_and_comes_back() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.state.rollout is not None and w.state.rollout.stage is Stage.SETTLING)
    world.command = says("rollback")
    world.run(ended("RolledBack"))
    assert (world.state.stable, world.state.rejected) == ("v1", "v2")


def test_a_newer_revision_takes_the_superseded_one_out_of_traffic_at_once() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.split == 50)
    world.template = "v3"
    world.cycle(survive=1)
    assert (world.split, world.canary) == (0, "v2")
    world.run(ended("Promoted"))
    assert (world.state.stable, world.state.rejected) == ("v3", None)


def test_a_newer_revision_during_the_release_is_set_aside_and_tried_afterwards() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.state.rollout is not None and w.state.rollout.stage is Stage.RELEASING and not w.paused)
    world.template = "v3"
    world.sets = {"v1": 3, "v2": 0, "v3": 1}
    world.run(lambda w: w.state.stable == "v2" and w.state.rollout is None)
    assert world.template == "v3"
    world.run(lambda w: w.state.stable == "v3" and w.state.rollout is None)
    assert traces(world) == NOTHING


def test_the_old_template_put_back_by_its_owner_ends_the_rollout_without_blame() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.split == 5)
    world.template = "v1"
    world.run(at_rest)
    assert (world.state.reason, world.state.rejected) == ("Reverted", None)
    assert traces(world) == NOTHING


def test_a_version_that_cannot_start_never_gets_traffic() -> None:
    world = a_resting_world(broken=True)
    world.template = "v2"
    world.run(ended("RolledBack"))
    assert (world.state.reason, world.state.sentence) == ("CanaryCannotStart", "CrashLoopBackOff.")
    assert traces(world) == NOTHING


def test_a_version_that_is_not_ready_in_time_is_rolled_back() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.canary is not None)
    world.canary_ready = 0
    world.now += timedelta(minutes=11)
    decision = world.cycle(settle=False)
    assert decision.reason == "ProgressDeadlineExceeded"


def test_a_canary_without_ready_pods_is_taken_out_of_traffic_and_put_back() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.split == 50)
    world.canary_ready = 0
    decision = world.cycle(settle=False)
    assert (world.split, decision.reason) == (0, "CanaryUnready")
    world.run(lambda w: w.split == 50)
    assert world.canary_ready == 2


def test_a_hand_edit_of_the_split_is_put_right() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.state.rollout is not None and w.state.rollout.live_at is not None and w.split == 5)
    world.split = Decimal(70)
    decision = world.cycle()
    assert (world.split, decision.reason) == (5, "SplitEdited")


def test_deleting_the_canary_leaves_a_plain_deployment_on_the_stable_version() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.split == 50)
    world.deleted = True
    world.run(lambda w: w.gone)
    world.kubernetes()
    assert (world.template, world.paused, world.sets) == ("v1", False, {"v1": 4})
    assert traces(world) == NOTHING


def test_deleting_the_canary_during_the_release_finishes_the_promotion_first() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.state.rollout is not None and w.state.rollout.stage is Stage.RELEASING)
    world.deleted = True
    world.run(lambda w: w.gone)
    assert (world.template, world.paused, world.sets) == ("v2", False, {"v1": 0, "v2": 4})
    assert traces(world) == NOTHING


def test_a_resumed_deployment_is_taken_as_a_promotion() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.split == 5)
    world.paused = world.ours = False
    decision = world.cycle(settle=False)
    assert (decision.reason, world.paused) == ("ResumedByHand", True)
    world.run(ended("Promoted"))
    assert world.state.stable == "v2"


def test_pause_holds_and_resume_goes_on() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.split == 5)
    world.command = says("pause", id="1")
    world.run(lambda w: w.state.phase.value == "Paused")
    world.now += timedelta(hours=3)
    for _ in range(3):
        world.cycle()
    assert world.split == 5
    world.command = says("resume", id="2")
    world.run(ended("Promoted"))


def test_evidence_rolls_a_paused_rollout_back() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.split == 5)
    world.command = says("pause", id="1")
    world.run(lambda w: w.state.phase.value == "Paused")
    world.verdicts = (bad(),)
    world.cycle(survive=1)
    assert world.split == 0


def test_approval_waits_for_advance() -> None:
    waiting = (*steps(5), replace(steps(50)[0], approval=True))
    world = a_resting_world(plan=a_plan(5, 50, steps=waiting))
    world.template = "v2"
    world.run(lambda w: bool(w.said) and w.said[-1][0] == "WaitingForApproval")
    world.now += timedelta(hours=9)
    world.cycle()
    assert (world.split, world.state.phase) == (50, "Paused")
    world.command = says("advance", id="1")
    world.run(ended("Promoted"))


@pytest.mark.parametrize(("on_failure", "outcome"), [(OnFailure.ROLLBACK, "RolledBack"), (OnFailure.IGNORE, "Promoted")])
def test_a_failed_test_does_what_it_says(on_failure: OnFailure, outcome: str) -> None:
    tested = (replace(steps(5)[0], tests=("smoke",)),)
    pinned = a_plan(5, steps=tested, tests=(Call(name="smoke", on_failure=on_failure),))
    world = a_resting_world(plan=pinned, outcomes={"smoke": RunStatus.FAILED})
    world.template = "v2"
    world.run(ended(outcome))
    assert [name.split("/")[-1] for name in world.runs] == ["smoke"]


def test_an_interrupted_test_pauses_and_retry_runs_it_again() -> None:
    tested = (replace(steps(5)[0], tests=("smoke",)),)
    world = a_resting_world(plan=a_plan(5, steps=tested, tests=(Call(name="smoke"),)), outcomes={"smoke": RunStatus.INTERRUPTED})
    world.template = "v2"
    world.run(lambda w: w.state.phase.value == "Paused")
    world.outcomes = {}
    world.command = says("retry", id="1")
    world.run(ended("Promoted"))
    assert len(world.runs) == 2


def test_gate_hooks_run_once_each_in_their_order() -> None:
    gates = (Edge.BEFORE_ROLLOUT, Edge.BEFORE_STEP, Edge.AFTER_STEP, Edge.BEFORE_PROMOTION, Edge.AFTER_PROMOTION)
    world = a_resting_world(plan=a_plan(50, hooks=(Call(name="bell", edges=gates),)))
    world.template = "v2"
    world.run(ended("Promoted"))
    assert [run.split("/", 1)[1] for run in world.runs] == [
        "0.1/beforeRollout/bell",
        "1.1/beforeStep/bell",
        "1.1/afterStep/bell",
        "1.1/beforePromotion/bell",
        "1.1/afterPromotion/bell",
    ]


@pytest.mark.parametrize(("policy", "phase"), [(Policy.PAUSE, "Paused"), (Policy.ROLLBACK, "RollingBack")])
@pytest.mark.parametrize("verdict", [Verdict.NO_DATA, Verdict.ERROR])
def test_missing_data_holds_unless_its_owner_asked_otherwise(verdict: Verdict, policy: Policy, phase: str) -> None:
    world = a_resting_world(plan=a_plan(judged=True))
    world.template = "v2"
    world.run(lambda w: w.split == 5)
    world.verdicts = (MetricVerdict(metric="errors", verdict=verdict, sentence="nothing", since=START, policy=policy),)
    world.now += timedelta(minutes=5)
    world.cycle()
    assert (world.state.phase, world.split) == (phase, 5 if phase == "Paused" else 0)


def test_an_analysis_that_measured_nothing_is_not_a_pass() -> None:
    world = a_resting_world(plan=a_plan(judged=True))
    world.template = "v2"
    world.run(lambda w: w.split == 5)
    world.now += timedelta(days=2)
    for _ in range(3):
        world.cycle()
    assert (world.split, world.said[-1][0]) == (5, "WaitingForAnalysis")


@pytest.mark.parametrize(("waits", "split"), [(True, 5), (False, 50)])
def test_a_judge_that_waits_for_a_good_check_holds_the_step(waits: bool, split: int) -> None:
    world = a_resting_world(plan=a_plan(judged=True))
    world.template = "v2"
    world.run(lambda w: w.split == 5)
    told = MetricVerdict(metric="p99", verdict=Verdict.CONTINUE, sentence="no", since=START, waits=waits, step_requests=9)
    world.verdicts = (told,)
    world.cycle()
    world.now += timedelta(minutes=5)
    for _ in range(3):
        world.cycle()
    assert split == world.split


def test_suspend_keeps_new_versions_waiting_and_pauses_running_ones() -> None:
    world = a_resting_world(suspended=True)
    world.template = "v2"
    for _ in range(4):
        world.cycle()
    assert (world.canary, world.said[-1][0]) == (None, "Suspended")


def test_a_deployment_paused_by_someone_else_is_left_alone() -> None:
    world = World(paused=True)
    world.cycle()
    decision = world.cycle()
    assert (decision.reason, decision.stalled, world.ours) == ("PausedBySomeoneElse", True, False)


def test_a_deployment_scaled_to_zero_is_taken_over_as_it_is() -> None:
    world = a_resting_world(replicas=0, sets={"v1": 0})
    world.template = "v2"
    world.run(ended("Promoted"))
    assert (world.state.stable, world.replicas) == ("v2", 0)


def test_no_ready_stable_pod_waits_and_promote_ships_all_the_same() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.cycle(settle=False)
    world.sets = {"v1": 0}
    world.run(lambda w: bool(w.said) and w.said[-1][0] == "StableNotReady", settle=False)
    assert world.split is None
    world.command = says("promote", id="1")
    world.run(lambda w: w.split == 100, settle=False, ready=True)
    assert world.canary_ready == 4


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        ("promote", "Nothing is being rolled out: nothing to promote."),
        ("advance", "Nothing is being rolled out: nothing to advance."),
        ("pause", "Nothing is being rolled out: nothing to pause."),
        ("resume", "Nothing is being rolled out: nothing to resume."),
        ("retry", "Nothing is being rolled out: nothing to retry."),
        (
            "rollback",
            "No previous version is known (revisionHistoryLimit may have removed it): nothing to go back to.",
        ),
    ],
)
def test_a_command_that_cannot_apply_is_refused_with_a_sentence(verb: str, sentence: str) -> None:
    world = a_resting_world()
    world.command = says(verb, id="1")
    world.cycle()
    assert (world.refused, world.command) == ([sentence], None)


def test_a_command_is_never_obeyed_twice() -> None:
    world = a_resting_world()
    world.template = "v2"
    world.run(lambda w: w.state.rollout is not None and w.state.rollout.live_at is not None)
    world.command = said = says("advance", id="7")
    world.cycle()
    world.command = said
    world.cycle()
    assert (world.state.rollout and world.state.rollout.step, world.command) == (2, None)


def test_pods_share_the_traffic_without_a_mesh() -> None:
    world = a_resting_world(plan=a_plan(25, 50, 100, mesh=False))
    world.template = "v2"
    seen = []
    while not ended("Promoted")(world):
        seen.append((world.canary_ready, world.sets.get("v1", 0)))
        world.cycle()
        if not world.state.rollout or world.state.rollout.live_at:
            world.now += timedelta(seconds=30)
    assert [pair for pair in ((1, 3), (2, 2), (4, 0)) if pair not in seen] == []
    assert (world.replicas, world.sets["v2"], world.canary) == (4, 4, None)


def test_rollback_without_a_mesh_gives_stable_its_pods_back() -> None:
    world = a_resting_world(plan=a_plan(25, 50, 100, mesh=False))
    world.template = "v2"
    world.run(lambda w: w.sets["v1"] == 2)
    world.command = says("rollback")
    world.run(ended("RolledBack"))
    assert (world.replicas, world.sets["v1"], world.canary) == (4, 4, None)
