"""Evidence outlives the controller: whoever comes next goes on from what the store knows, and says so when it cannot."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from analysis.reading import Counted
from analysis.verdict import MetricVerdict, Verdict
from canary.controller.measure import Measures, Target
from canary.controller.providers import Place
from canary.errors import Unavailable
from canary.store.evidence import JudgeState, Measurement
from tests.analysis.world import NOON, Traffic, a_plan, a_subject

KEY, EVERY = ("bookinfo", "reviews"), timedelta(seconds=15)
LOOKS = 24


@dataclass
class World:
    """Clock, ticker, a provider that counts, and a store that outlives controllers and keeps JSON."""

    traffic: Traffic = field(default_factory=lambda: Traffic(3, rps=200, weight=0.25, stable_fails=0.002, canary_fails=0.06))
    kept: dict[tuple[str, str], str] = field(default_factory=dict)
    down: bool = False
    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def every(self, name: str, interval: timedelta, tick: object) -> None:
        """Looks are taken by `look`."""

    def cancel_every(self, name: str) -> None:
        """Nothing was begun."""

    def save(self, states: Iterable[JudgeState], found: Iterable[Measurement] = ()) -> None:
        self.kept.update({(state.rollout_id, state.metric): json.dumps(state.state) for state in states})

    async def load(self, rollouts: Iterable[str]) -> tuple[JudgeState, ...]:
        if self.down:
            raise Unavailable("The database does not answer.")
        return tuple(
            JudgeState(rollout_id=rollout, metric=metric, state=json.loads(state), updated_at=self.time)
            for (rollout, metric), state in self.kept.items()
            if rollout in rollouts
        )

    def target(self) -> Target:
        async def open_reader() -> Reader:
            return Reader(self.traffic)

        metrics = ((a_plan(), Place(name="prometheus", open=open_reader)),)
        return Target(rollout="r1", subject=a_subject(), metrics=metrics, interval=EVERY, warm_until=NOON - EVERY, step="1 of 1")


@dataclass
class Reader:
    """What the traffic came to since the last look."""

    traffic: Traffic
    turned_away: bool = False

    async def look(self, wanted: Iterable[object], at: datetime) -> dict[tuple[str, str, str], Counted]:
        return {one.key: self.traffic.look() for one in wanted}

    async def close(self) -> None:
        """There is nothing to give up."""


def a_controller(world: World) -> Measures:
    return Measures(world, world, world, lambda key, fast: None)


async def look(world: World, measures: Measures) -> MetricVerdict:
    """One interval later, one look."""
    world.time += EVERY
    if KEY in measures._watched:
        measures._tick(world.target().group)
    else:
        measures.follow(KEY, world.target())
    for group in measures._groups.values():
        await group.task
    (verdict,) = measures.verdicts(KEY, "r1")
    return verdict


async def verdicts(world: World, lives: Iterable[int]) -> list[MetricVerdict]:
    """What a controller says in so many looks of its life, and those that come after it in theirs; each just ends."""
    said = []
    for life in lives:
        measures = a_controller(world)
        said += [await look(world, measures) for _ in range(life)]
        measures.forget(KEY)
        await measures.close()
    return said


@pytest.mark.parametrize("lives", [[LOOKS // 2] * 2, [1, 7, 5, 11], [1] * LOOKS], ids=["once", "thrice", "after every look"])
async def test_controllers_that_die_come_to_the_verdicts_of_one_that_does_not(lives: list[int]) -> None:
    expected = await verdicts(World(), [LOOKS])
    assert expected[-1].verdict is Verdict.FAIL
    assert await verdicts(World(), lives) == expected


async def test_evidence_of_an_older_release_is_refused_and_counting_begins_anew() -> None:
    world = World()
    await verdicts(world, [4])
    world.kept = {name: json.dumps({**json.loads(state), "format": 1}) for name, state in world.kept.items()}
    with capture_logs() as log:
        first, second = await verdicts(world, [2])
    assert [(line["event"], line["metric"], line["problem"]) for line in log] == [
        ("evidence starts afresh", "errors", "the evidence on errors has format 1, this release reads 2")
    ]
    assert (first.requests, first.verdict) == (0, Verdict.NO_DATA)
    assert second.requests > 0


async def test_a_store_that_does_not_answer_costs_the_evidence_and_not_the_judgement() -> None:
    world = World()
    await verdicts(world, [4])
    world.down = True
    with capture_logs() as log:
        first, second = await verdicts(world, [2])
    assert [(line["event"], line["problem"]) for line in log] == [("evidence starts afresh", "The database does not answer.")]
    assert (first.requests, second.requests > 0) == (0, True)


async def test_what_happens_while_nobody_is_there_is_counted_by_whoever_comes_next() -> None:
    world, whole = World(), World()
    await verdicts(world, [4])
    for _ in range(2):
        world.traffic.look()
    (late,) = await verdicts(world, [1])
    assert late.requests == (await verdicts(whole, [7]))[-1].requests
