from dataclasses import replace

from canary.store.evidence import Evidence
from canary.store.journal import Journal
from tests.store.test_evidence import SCRAPE, a_measurement
from tests.store.test_journal import MINUTE, NOON, a_rollout

ENDED = a_rollout(ended_at=NOON + MINUTE, outcome="RolledBack")


def looks(rollout_id="r1"):
    """Two metrics of the same requests, of which one finds some bad, over three looks."""
    for look in range(3):
        at = NOON + look * SCRAPE
        yield a_measurement(rollout_id=rollout_id, at=at, canary_total=100.0 * (look + 1), canary_bad=0.0)
        found = {"canary_total": 99.0 * (look + 1), "canary_bad": 2.6 * look}
        yield a_measurement(rollout_id=rollout_id, metric="slow", at=at, **found)


async def totals(store):
    return {row.id: (row.requests, row.bad_requests) for row in await Journal(store).rollouts("bookinfo", "reviews")}


async def test_a_rollout_that_has_ended_knows_what_its_canary_served(store):
    journal = Journal(store)
    for rollout_id in ("r1", "r2"):
        journal.rollout(a_rollout(id=rollout_id))
    Evidence(store).save([], [*looks("r1"), *looks("r2")])
    await store.flush()
    assert await totals(store) == {"r1": (0, 0), "r2": (0, 0)}
    journal.rollout(ENDED)
    await store.flush()
    assert await totals(store) == {"r1": (300, 5), "r2": (0, 0)}


async def test_measurements_that_come_after_the_end_count_too(store):
    Journal(store).rollout(ENDED)
    await store.flush()
    for look in looks():
        Evidence(store).save([], [look])
        await store.flush()
    assert await totals(store) == {"r1": (300, 5)}


async def test_an_end_that_is_written_twice_counts_once(store):
    Evidence(store).save([], looks())
    for _ in range(2):
        Journal(store).rollout(ENDED)
        await store.flush()
    assert await totals(store) == {"r1": (300, 5)}


async def test_a_rollout_that_was_never_measured_has_served_nothing(store):
    Journal(store).rollout(replace(ENDED, requests=7))
    await store.flush()
    assert await totals(store) == {"r1": (0, 0)}
