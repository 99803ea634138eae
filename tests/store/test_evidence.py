import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from analysis.verdict import Verdict
from canary.store.evidence import Evidence, JudgeState, Measurement

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SCRAPE = timedelta(seconds=15)


def a_state(**changes):
    state = JudgeState(rollout_id="r1", metric="errors", state={"log": [0.1, 1e300], "seen": 12}, updated_at=NOON)
    return replace(state, **changes)


def a_measurement(**changes):
    measurement = Measurement(
        rollout_id="r1",
        metric="errors",
        at=NOON,
        verdict=Verdict.CONTINUE,
        stable_bad=3.0,
        stable_total=1e15,
        canary_bad=0.5,
        canary_total=17.0,
        evidence=4100.25,
        sentence="canary fails 3.1 % of 1,204 requests",
    )
    return replace(measurement, **changes)


async def test_states_come_back_for_the_rollouts_asked_for(store):
    evidence = Evidence(store)
    evidence.save([a_state(), a_state(metric="slow"), a_state(rollout_id="r2"), a_state(rollout_id="r3")])
    await store.flush()
    assert (a_state(), a_state(metric="slow"), a_state(rollout_id="r3")) == await evidence.load(["r1", "r3"])


async def test_a_state_is_replaced_by_a_newer_one(store):
    evidence = Evidence(store)
    for seen in range(3):
        evidence.save([a_state(state={"seen": seen}, updated_at=NOON + seen * SCRAPE)])
        await store.flush()
    assert (a_state(state={"seen": 2}, updated_at=NOON + 2 * SCRAPE),) == await evidence.load(["r1"])


async def test_nothing_is_known_of_a_rollout_that_was_never_judged(store):
    assert await Evidence(store).load(["r1"]) == ()
    assert await Evidence(store).load([]) == ()


async def test_measurements_are_kept_one_by_one(store):
    evidence = Evidence(store)
    found = [a_measurement(at=NOON + look * SCRAPE, evidence=math.inf if look else None) for look in range(3)]
    found[1] = replace(found[1], bound=40.0, ratio_low=8.0, ratio=15.0, ratio_high=math.inf)
    evidence.save([], found)
    evidence.save([], found)  # looked at twice: the same instant is the same measurement
    await store.flush()
    assert tuple(reversed(found)) == await evidence.measurements("r1")
    assert (found[2],) == await evidence.measurements("r1", limit=1)
