"""Measuring: who is looked at together, whose readers are opened anew, and whose are given up."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from analysis.plan import Threshold, ValueMeasure
from analysis.reading import Measured, Problem, Trouble
from analysis.verdict import Verdict
from canary.controller.measure import Measures, Target
from canary.controller.providers import Place
from canary.errors import NotFound
from tests.analysis.world import NOON, a_plan, a_subject

OFTEN, RARELY = timedelta(seconds=5), timedelta(seconds=60)


@dataclass
class World:
    """Providers by name, the readers that are open, and what was asked of each; also clock, ticker and store."""

    down: set[str] = field(default_factory=set)
    locked: set[str] = field(default_factory=set)
    looks: list[tuple[str, int]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    ticks: dict[str, object] = field(default_factory=dict)
    woken: list[tuple[str, str]] = field(default_factory=list)
    time: datetime = NOON

    def place(self, name: str) -> Place:
        async def open_reader():
            self.opened.append(name)
            if name in self.down:
                raise NotFound(f"Secret {name} does not exist.")
            return Reader(self, name)

        return Place(name=name, open=open_reader)

    def now(self):
        return self.time

    def every(self, name, interval, tick):
        self.ticks[name] = tick

    def cancel_every(self, name):
        del self.ticks[name]

    def save(self, states, found=()):
        """Nothing is kept."""

    async def load(self, rollouts):
        return ()


@dataclass
class Reader:
    """Gives every metric the same value."""

    world: World
    name: str
    turned_away: bool = False

    async def look(self, wanted, at):
        self.world.looks.append((self.name, len(wanted)))
        self.turned_away = self.name in self.world.locked
        refused = Problem(Trouble.QUERY_ERROR, "It refuses the credentials.")
        return {one.key: refused if self.turned_away else Measured(canary=1.0) for one in wanted}

    async def close(self):
        self.world.closed.append(self.name)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def measures(world):
    measuring = Measures(world, world, world, lambda key, fast: world.woken.append(key))
    yield measuring
    await measuring.close()


def a_target(world, **sources) -> Target:
    """Metrics by name, each with its provider; `every` and `rollout` apart."""
    every, rollout = sources.pop("every", OFTEN), sources.pop("rollout", "r1")
    metrics = tuple(
        (a_plan(metric, ValueMeasure(query="q"), Threshold(max=2)), world.place(name)) for metric, name in sources.items()
    )
    return Target(
        rollout=rollout,
        subject=a_subject(rollout),
        metrics=metrics,
        interval=every,
        warm_until=NOON - OFTEN,
        step="1",
    )


async def settle(measures):
    """Wait for the looks that are under way."""
    for group in list(measures._groups.values()):
        if group.task is not None:
            await group.task
    for task in list(measures._retiring):
        await task


async def tick(world, measures):
    for each in list(world.ticks.values()):
        each()
    await settle(measures)


async def test_many_canaries_of_one_provider_are_one_look(world, measures):
    for number in range(100):
        measures.follow(("shop", f"r{number}"), a_target(world, m="prom", rollout=f"r{number}"))
    await settle(measures)
    world.looks.clear()
    await tick(world, measures)
    assert (world.looks, world.opened) == ([("prom", 100)], ["prom"])


async def test_metrics_of_one_canary_may_have_providers_of_their_own(world, measures):
    measures.follow(("shop", "r1"), a_target(world, a="prom", b="datadog", c="prom"))
    await settle(measures)
    assert sorted(world.looks) == [("datadog", 1), ("prom", 2)]
    assert [verdict.metric for verdict in measures.verdicts(("shop", "r1"), "r1")] == ["a", "b", "c"]


async def test_a_provider_that_cannot_be_opened_is_the_problem_of_its_metrics_alone(world, measures):
    world.down.add("datadog")
    measures.follow(("shop", "r1"), a_target(world, a="prom", b="datadog"))
    await settle(measures)
    fine, bad = measures.verdicts(("shop", "r1"), "r1")
    assert fine.verdict is not Verdict.ERROR
    assert (bad.verdict, bad.sentence) == (Verdict.ERROR, "Secret datadog does not exist.")
    world.down.clear()
    await tick(world, measures)
    assert Verdict.ERROR not in {verdict.verdict for verdict in measures.verdicts(("shop", "r1"), "r1")}


async def test_refused_credentials_are_read_anew_at_the_next_look(world, measures):
    world.locked.add("prom")
    measures.follow(("shop", "r1"), a_target(world, m="prom"))
    await settle(measures)
    assert (world.opened, world.closed) == (["prom"], ["prom"])
    world.locked.clear()
    await tick(world, measures)
    await tick(world, measures)
    assert (world.opened, world.closed) == (["prom", "prom"], ["prom"])


async def test_a_look_that_failed_leaves_the_next_one_with_the_shares_of_both(world, measures):
    """What is counted at the next look has grown since the last one that was answered."""
    key, expected = ("shop", "r1"), []
    measures.follow(key, a_target(world, m="prom"))
    await settle(measures)
    for share, locked in ((5, False), (5, False), (25, True), (25, False), (25, False)):
        world.time += timedelta(minutes=2)
        measures.weigh(key, Decimal(share))
        world.locked = {"prom"} if locked else set()
        expected.append(measures._watched[key].shares.lowest())
        await tick(world, measures)
    assert expected == [None, None, 5, 5, 25]


async def test_a_share_of_what_is_not_measured_is_nothing_to_note(world, measures):
    measures.weigh(("shop", "r1"), Decimal(5))
    assert measures.verdicts(("shop", "r1"), "r1") == ()


async def test_what_nobody_looks_at_is_given_up(world, measures):
    measures.follow(("shop", "r1"), a_target(world, m="prom"))
    measures.follow(("shop", "r2"), a_target(world, m="prom", rollout="r2"))
    await settle(measures)
    measures.forget(("shop", "r1"))
    await settle(measures)
    assert (world.closed, len(world.ticks)) == ([], 1)
    measures.forget(("shop", "r2"))
    await settle(measures)
    assert (world.closed, world.ticks) == (["prom"], {})


async def test_groups_keep_their_names_when_others_go(world, measures):
    """A name that came back would end the ticks of another."""
    measures.follow(("shop", "r1"), a_target(world, m="prom"))
    measures.follow(("shop", "r2"), a_target(world, m="prom", rollout="r2", every=RARELY))
    measures.forget(("shop", "r1"))
    measures.follow(("shop", "r3"), a_target(world, m="other", rollout="r3"))
    await settle(measures)
    assert len(world.ticks) == 2
    assert not any("prom" in name for name in world.ticks)


async def test_everything_ends_with_the_controller(world):
    measuring = Measures(world, world, world, lambda key, fast: None)
    measuring.follow(("shop", "r1"), a_target(world, a="prom", b="datadog"))
    await settle(measuring)
    await measuring.close()
    assert sorted(world.closed) == ["datadog", "prom"]
