"""Two Deployments side by side: which of them is which."""

from datetime import UTC, datetime

from strategies.model import Command, Intent, Mode, Observation, Phase, Plan, Side, State, Verb
from strategies.planner import plan


def test_a_rollback_after_the_promotion_swaps_the_two() -> None:
    state = State(phase=Phase.PROMOTED, stable="reviews-v3-b", stable_workload="reviews-v3", previous="reviews-v2-a", rollouts=1)
    seen = Observation(
        now=datetime(2026, 1, 1, tzinfo=UTC),
        intent=Intent(
            mode=Mode.SIDE_BY_SIDE, plan=Plan(steps=()), stable_workload="reviews-v2", canary_workload="reviews-v3", uid="0" * 8
        ),
        stable=Side(workload="reviews-v2", found=True, revision="reviews-v2-a"),
        canary=Side(workload="reviews-v3", found=True, revision="reviews-v3-b", wanted=3, ready=3, pods=3, endpoints=3),
        tried="reviews-v3-b",
        previous="reviews-v2-a",
        command=Command(verb=Verb.ROLLBACK, id="1", who="ann"),
    )
    decision = plan(state, seen)
    rollout = decision.state.rollout
    assert rollout is not None
    assert (decision.state.phase, rollout.reverting) == (Phase.PROGRESSING, True)
    assert (rollout.stable_workload, rollout.canary_workload) == ("reviews-v3", "reviews-v2")
    assert (decision.actions, decision.answered) == ((), True)
