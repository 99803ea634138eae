"""Measuring: at each tick one look per provider and interval serves every rollout that has traffic, and its judges.

Verdicts are kept in memory for the planner and their evidence in the store. A tick that finds the last one of its group still
waiting for an answer is skipped: a slow provider delays nobody but those who ask it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from analysis.assess import MetricState, Moment, assess, fresh
from analysis.collect import Wanted, collect
from analysis.judges.record import SequentialState
from analysis.plan import MetricPlan, Subject
from analysis.providers.base import ErrorKind, MetricSource, ProviderError
from analysis.reading import Problem, Reading, Trouble
from analysis.verdict import MetricVerdict, Policy
from canary.clock import Clock
from canary.controller.queue import Key
from canary.errors import CanaryError
from canary.store.evidence import Evidence, JudgeState, Measurement

log = structlog.get_logger(__name__)

Connect = Callable[[], Awaitable[MetricSource]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is measured for one rollout. `source` names the provider: targets with the same one are asked for together.

    `connect` opens that provider. `warm_until` ends the warm-up, `step` names the step and its attempt.
    """

    rollout: str
    subject: Subject
    plans: tuple[MetricPlan, ...]
    source: Hashable
    connect: Connect
    interval: timedelta
    warm_until: datetime
    step: str


class Ticker(Protocol):
    """What calls us at intervals."""

    def every(self, name: str, interval: timedelta, tick: Callable[[], None]) -> None: ...

    def cancel_every(self, name: str) -> None: ...


@dataclass(slots=True)
class _Watched:
    target: Target
    states: dict[str, MetricState] | None = None  # None until what the store remembers has been read
    verdicts: tuple[MetricVerdict, ...] = ()


@dataclass(slots=True)
class _Group:
    name: str
    keys: set[Key] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class Measures:
    """Follows targets and tells their verdicts; `wake(key, fast)` is called after each look."""

    def __init__(self, clock: Clock, evidence: Evidence, ticker: Ticker, wake: Callable[[Key, bool], None]) -> None:
        self._clock = clock
        self._evidence = evidence
        self._ticker = ticker
        self._wake = wake
        self._watched: dict[Key, _Watched] = {}
        self._groups: dict[tuple[Hashable, timedelta], _Group] = {}
        self._sources: dict[Hashable, MetricSource] = {}

    def verdicts(self, key: Key, rollout: str) -> tuple[MetricVerdict, ...]:
        """The verdicts on a rollout; none before its first look."""
        watched = self._watched.get(key)
        return watched.verdicts if watched is not None and watched.target.rollout == rollout else ()

    def follow(self, key: Key, target: Target) -> None:
        """Measure this from now on; a first look follows at once, so that counters are seeded before much traffic has flowed."""
        watched = self._watched.get(key)
        if watched is not None and watched.target.rollout == target.rollout and _group(watched.target) == _group(target):
            watched.target = target
            return
        self.forget(key)
        self._watched[key] = _Watched(target)
        group = self._groups.get(_group(target))
        if group is None:
            group = self._groups[_group(target)] = _Group(f"measure {len(self._groups)} {target.source}")
            self._ticker.every(group.name, target.interval, lambda: self._tick(_group(target)))
        group.keys.add(key)
        self._tick(_group(target))

    def forget(self, key: Key) -> None:
        """Stop measuring."""
        watched = self._watched.pop(key, None)
        if watched is None:
            return
        group = self._groups[_group(watched.target)]
        group.keys.discard(key)
        if not group.keys:
            self._ticker.cancel_every(group.name)
            del self._groups[_group(watched.target)]

    async def close(self) -> None:
        """Stop everything that is under way."""
        tasks = [group.task for group in self._groups.values() if group.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- one look -------------------------------------------------------------------------------------------------------

    def _tick(self, name: tuple[Hashable, timedelta]) -> None:
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
        wanted = [Wanted(one.target.subject, plan) for one in watched.values() for plan in one.target.plans]
        readings = await self._readings(next(iter(watched.values())).target, wanted, now)
        for key, one in watched.items():
            if self._watched.get(key) is one:
                self._judge(key, one, readings, now)

    async def _readings(self, target: Target, wanted: list[Wanted], now: datetime) -> Mapping[tuple[str, str, str], Reading]:
        try:
            source = self._sources.get(target.source)
            if source is None:
                source = self._sources[target.source] = await target.connect()
        except (CanaryError, ProviderError) as error:
            return dict.fromkeys((one.key for one in wanted), _unreachable(error))
        return await collect(source, wanted, now)

    def _judge(self, key: Key, one: _Watched, readings: Mapping[tuple[str, str, str], Reading], now: datetime) -> None:
        target, states = one.target, one.states or {}
        moment = Moment(now=now, warm_until=target.warm_until, step=target.step)
        verdicts = []
        for plan in target.plans:
            reading = readings[target.subject.namespace, target.subject.canary, plan.name]
            state, verdict = assess(states.get(plan.name) or fresh(plan, now), reading, plan, moment)
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


def _group(target: Target) -> tuple[Hashable, timedelta]:
    return target.source, target.interval


def _unreachable(error: CanaryError | ProviderError) -> Problem:
    late = isinstance(error, ProviderError) and error.kind is ErrorKind.TIMEOUT
    return Problem(Trouble.TIMEOUT if late else Trouble.QUERY_ERROR, error.sentence)


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
