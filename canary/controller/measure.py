"""Measuring: at each tick one look per provider and interval serves every rollout that has traffic, and its judges.

Verdicts are kept in memory for the planner and their evidence in the store. Rollouts that ask the same providers at the same
interval are a group; a tick that finds the last look of its group still waiting for an answer is skipped, so that a slow provider
delays nobody but those who ask it.
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain, count
from typing import Protocol

import structlog

from analysis.assess import MetricState, Moment, assess, fresh
from analysis.collect import Key as MetricKey
from analysis.collect import Wanted
from analysis.judges.record import SequentialState
from analysis.plan import MetricPlan, Subject
from analysis.readers import Reader
from analysis.reading import Problem, Reading, Trouble
from analysis.verdict import MetricVerdict, Policy
from canary.clock import Clock
from canary.controller.providers import Place
from canary.controller.queue import Key
from canary.controller.shares import Shares
from canary.errors import CanaryError
from canary.store.evidence import Evidence, JudgeState, Measurement

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is measured for one rollout, and where each metric is read.

    `warm_until` ends the warm-up, `step` names the step and its attempt.
    """

    rollout: str
    subject: Subject
    metrics: tuple[tuple[MetricPlan, Place], ...]
    interval: timedelta
    warm_until: datetime
    step: str

    @property
    def plans(self) -> tuple[MetricPlan, ...]:
        """How each metric is measured and judged."""
        return tuple(plan for plan, _ in self.metrics)

    @property
    def group(self) -> "GroupName":
        """Targets with the same one are looked at together."""
        return frozenset(place.name for _, place in self.metrics), self.interval


GroupName = tuple[frozenset[Hashable], timedelta]


class Ticker(Protocol):
    """What calls us at intervals."""

    def every(self, name: str, interval: timedelta, tick: Callable[[], None]) -> None: ...

    def cancel_every(self, name: str) -> None: ...


@dataclass(slots=True)
class _Watched:
    target: Target
    states: dict[str, MetricState] | None = None  # None until what the store remembers has been read
    verdicts: tuple[MetricVerdict, ...] = ()
    shares: Shares = field(default_factory=Shares)


@dataclass(slots=True)
class _Group:
    name: str
    keys: set[Key] = field(default_factory=set)
    readers: dict[Hashable, Reader] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class Measures:
    """Follows targets and tells their verdicts; `wake(key, fast)` is called after each look."""

    def __init__(self, clock: Clock, evidence: Evidence, ticker: Ticker, wake: Callable[[Key, bool], None]) -> None:
        self._clock = clock
        self._evidence = evidence
        self._ticker = ticker
        self._wake = wake
        self._watched: dict[Key, _Watched] = {}
        self._groups: dict[GroupName, _Group] = {}
        self._numbers = count(1)
        self._retiring: set[asyncio.Task[None]] = set()

    def verdicts(self, key: Key, rollout: str) -> tuple[MetricVerdict, ...]:
        """The verdicts on a rollout; none before its first look."""
        watched = self._watched.get(key)
        return watched.verdicts if watched is not None and watched.target.rollout == rollout else ()

    def follow(self, key: Key, target: Target) -> None:
        """Measure this from now on; a first look follows at once, so that counters are seeded before much traffic has flowed."""
        watched = self._watched.get(key)
        if watched is not None and watched.target.rollout == target.rollout and watched.target.group == target.group:
            watched.target = target
            return
        self.forget(key)
        self._watched[key] = _Watched(target)
        group = self._groups.get(target.group)
        if group is None:
            group = self._groups[target.group] = _Group(f"measure {next(self._numbers)}")
            self._ticker.every(group.name, target.interval, lambda: self._tick(target.group))
        group.keys.add(key)
        self._tick(target.group)

    def weigh(self, key: Key, share: Decimal | None) -> None:
        """The canary's share of traffic is this from now on, in percent; None where it isn't known."""
        watched = self._watched.get(key)
        if watched is not None:
            watched.shares.note(self._clock.now(), share)

    def forget(self, key: Key) -> None:
        """Stop measuring."""
        watched = self._watched.pop(key, None)
        if watched is None:
            return
        group = self._groups[watched.target.group]
        group.keys.discard(key)
        if not group.keys:
            self._ticker.cancel_every(group.name)
            del self._groups[watched.target.group]
            retiring = asyncio.create_task(_retire(group), name=f"retire {group.name}")
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)

    async def close(self) -> None:
        """Stop everything that is under way."""
        await asyncio.gather(*map(_retire, self._groups.values()), *self._retiring, return_exceptions=True)

    # -- one look -------------------------------------------------------------------------------------------------------

    def _tick(self, name: GroupName) -> None:
        group = self._groups.get(name)
        if group is None:
            return
        if group.task is not None and not group.task.done():
            log.debug("look skipped: the last one is still waiting", group=group.name)
            return
        group.task = asyncio.create_task(self._look(group), name=group.name)

    async def _look(self, group: _Group) -> None:
        watched = {key: self._watched[key] for key in sorted(group.keys)}
        if not watched:
            return
        await self._remember([one for one in watched.values() if one.states is None])
        now = self._clock.now()
        asked: dict[Hashable, tuple[Place, list[Wanted]]] = {}
        for one in watched.values():
            for plan, place in one.target.metrics:
                asked.setdefault(place.name, (place, []))[1].append(Wanted(one.target.subject, plan))
        found = await asyncio.gather(*(_read(group, place, wanted, now) for place, wanted in asked.values()))
        readings = dict(chain.from_iterable(each.items() for each in found))
        for key, one in watched.items():
            if self._watched.get(key) is one:
                self._judge(key, one, readings, now)

    def _judge(self, key: Key, one: _Watched, readings: Mapping[MetricKey, Reading], now: datetime) -> None:
        target, states = one.target, one.states or {}
        moment = Moment(now=now, warm_until=target.warm_until, step=target.step, weight=one.shares.lowest())
        mine = {plan.name: readings[target.subject.namespace, target.subject.canary, plan.name] for plan in target.plans}
        if not any(isinstance(reading, Problem) for reading in mine.values()):
            one.shares.read(now)
        verdicts = []
        for plan in target.plans:
            state, verdict = assess(states.get(plan.name) or fresh(plan, now), mine[plan.name], plan, moment)
            states[plan.name] = state
            verdicts.append(verdict)
        one.states, one.verdicts = states, tuple(verdicts)
        self._save(target, states, verdicts, now)
        self._wake(key, any(verdict.policy is Policy.ROLLBACK for verdict in verdicts))

    def _save(self, target: Target, states: Mapping[str, MetricState], verdicts: list[MetricVerdict], now: datetime) -> None:
        saved = [
            JudgeState(rollout_id=target.rollout, metric=name, state=state.to_json(), updated_at=now)
            for name, state in states.items()
        ]
        found = [_measurement(target.rollout, states[verdict.metric], verdict, now) for verdict in verdicts]
        self._evidence.save(saved, found)

    async def _remember(self, strangers: list[_Watched]) -> None:
        """Go on from what the store knows of these rollouts; where it knows nothing, evidence starts afresh."""
        if not strangers:
            return
        try:
            known = await self._evidence.load([one.target.rollout for one in strangers])
        except CanaryError as error:
            log.warning("evidence starts afresh", problem=error.sentence)
            known = ()
        for one in strangers:
            plans = {plan.name: plan for plan in one.target.plans}
            one.states = {}
            for saved in known:
                if saved.rollout_id != one.target.rollout or saved.metric not in plans:
                    continue
                try:
                    one.states[saved.metric] = MetricState.from_json(dict(saved.state), plans[saved.metric])
                except ValueError as error:
                    log.warning("evidence starts afresh", metric=saved.metric, problem=str(error))


async def _read(group: _Group, place: Place, wanted: list[Wanted], now: datetime) -> Mapping[MetricKey, Reading]:
    """A reader whose credentials are refused is given up: the next look reads them anew."""
    try:
        reader = group.readers.get(place.name)
        if reader is None:
            reader = group.readers[place.name] = await place.open()
    except CanaryError as error:
        return dict.fromkeys((one.key for one in wanted), Problem(Trouble.QUERY_ERROR, error.sentence))
    readings = await reader.look(wanted, now)
    if reader.turned_away:
        del group.readers[place.name]
        await reader.close()
    return readings


async def _retire(group: _Group) -> None:
    """Nobody waits for the look that may be under way, and its readers are no longer needed."""
    if group.task is not None:
        group.task.cancel()
        await asyncio.gather(group.task, return_exceptions=True)
    for reader in group.readers.values():
        await reader.close()


def _measurement(rollout: str, state: MetricState, verdict: MetricVerdict, now: datetime) -> Measurement:
    judge = state.judge
    tally = judge.tally
    compared = isinstance(judge, SequentialState) or tally.canary_total > 0
    return Measurement(
        rollout_id=rollout,
        metric=verdict.metric,
        at=now,
        verdict=verdict.verdict,
        stable_bad=tally.stable_bad if compared else 0.0,
        stable_total=tally.stable_total if compared else 0.0,
        canary_bad=tally.canary_bad if compared else 0.0,
        canary_total=tally.canary_total if compared else 0.0,
        evidence=verdict.evidence,
        sentence=verdict.sentence,
        bound=verdict.bound,
        ratio_low=verdict.ratio.low if verdict.ratio else None,
        ratio=verdict.ratio.estimate if verdict.ratio else None,
        ratio_high=verdict.ratio.high if verdict.ratio else None,
    )
