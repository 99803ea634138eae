"""Evidence over its bound that may be one burst: the step waits for it to be confirmed, but not for ever."""

from datetime import timedelta

from analysis.verdict import MetricVerdict, Policy, Verdict
from tests.strategies.world import START, World, a_plan, a_resting_world


def suspected(evidence: float, policy: Policy | None = None) -> MetricVerdict:
    return MetricVerdict(
        metric="errors",
        verdict=Verdict.CONTINUE,
        sentence="Canary fails 30 %, spread over time 1 of 10.",
        since=START,
        policy=policy,
        step_requests=100,
        evidence=evidence,
        bound=40.0,
    )


def after_five_minutes(verdict: MetricVerdict) -> World:
    """The first step's hold of a minute is over, the second is at 50 %."""
    world = a_resting_world(plan=a_plan(judged=True))
    world.template = "v2"
    world.run(lambda w: w.split == 5)
    world.verdicts = (verdict,)
    world.cycle()
    world.now += timedelta(minutes=5)
    for _ in range(3):
        world.cycle()
    return world


def test_a_step_does_not_end_under_strong_suspicion() -> None:
    world = after_five_minutes(suspected(1e9))
    sentence = "Waits for a clear picture. Canary fails 30 %, spread over time 1 of 10."
    assert (world.split, world.state.phase, world.said[-1]) == (5, "Progressing", ("WaitingForEvidence", sentence))


def test_suspicion_that_is_not_confirmed_in_time_is_let_go() -> None:
    world = after_five_minutes(suspected(1e9))
    world.now += timedelta(minutes=7)
    world.run(lambda w: w.split == 50, most=4)


def test_evidence_below_its_bound_is_no_suspicion() -> None:
    assert after_five_minutes(suspected(39.9)).split == 50


def test_a_dry_run_is_not_heard() -> None:
    assert after_five_minutes(suspected(1e9, Policy.IGNORE)).split == 50
