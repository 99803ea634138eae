"""Tests and hooks of Canaries: from an action that names one to a run, and from runs to what the planner may know.

What an earlier process has run is read from the store in the background. Until it has been read nothing is started, so nothing
runs twice; a rollback waits for none of it.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from canary.api.refusals import InvalidCanary
from canary.api.v1alpha1 import CanarySpec, parse_canary
from canary.controller.calling import CallContext
from canary.controller.calls import Calls
from canary.controller.queue import Backoff, Key
from canary.controller.sight import Sight
from canary.errors import CanaryError, Terminal
from strategies.actions import Run
from strategies.gates import run_id
from strategies.model import Decision, Edge, Rollout, RunResult, State
from strategies.spec.calls import HookSpec, TestSpec

log = structlog.get_logger(__name__)


class CanaryRuns:
    """`wake(key)` is called when a rollout's earlier runs are known."""

    def __init__(self, calls: Calls, wake: Callable[[Key], None]) -> None:
        self._calls = calls
        self._wake = wake
        self._known: dict[Key, str] = {}  # the rollout whose runs are known, or are being read
        self._reading: dict[Key, asyncio.Task[None]] = {}

    def results(self, key: Key, rollout: Rollout | None) -> Mapping[str, RunResult]:
        """How the rollout's runs stand. Of a rollout not met before, its earlier runs are read from now on."""
        if self._known.get(key) != (rollout.id if rollout else None):
            self._turn_to(key, rollout)
        return {} if rollout is None or key in self._reading else self._calls.results(rollout.id)

    def start(self, sight: Sight, state: State, action: Run) -> None:
        """Start a test or hook, unless it has run. Raises Terminal when the resource no longer has it."""
        rollout = state.rollout
        key = sight.scene.key
        if rollout is None or key in self._reading or self._known.get(key) != rollout.id:
            return  # its earlier runs are being read; the planner asks again
        edge = Edge(action.edge) if action.edge else None
        self._calls.start(action.id, _spec_of(_readable(sight), action.name, edge), _context(sight, state, rollout, edge))

    def tell(self, sight: Sight, decision: Decision) -> None:
        """Call the hooks that want to hear of every event, once per step and reason."""
        rollout = decision.state.rollout
        if rollout is None or self._known.get(sight.scene.key) != rollout.id:
            return
        for call in rollout.plan.hooks:
            if Edge.ON_EVENT in call.edges:
                id_ = f"{run_id(rollout, call.name, Edge.ON_EVENT)}/{decision.reason}"
                self.start(sight, decision.state, Run(id=id_, name=call.name, edge=Edge.ON_EVENT))

    def forget(self, key: Key) -> None:
        """The Canary is gone."""
        self._turn_to(key, None)
        self._known.pop(key, None)

    async def stop(self) -> None:
        """Stop reading."""
        tasks = list(self._reading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _turn_to(self, key: Key, rollout: Rollout | None) -> None:
        before = self._known.pop(key, None)
        if before is not None:
            self._calls.drop(before)
        if reading := self._reading.pop(key, None):
            reading.cancel()
        if rollout is not None:
            self._known[key] = rollout.id
            self._reading[key] = asyncio.create_task(self._read(key, rollout.id), name=f"read runs of {rollout.id}")

    async def _read(self, key: Key, rollout: str) -> None:
        backoff, failures = Backoff(), 0
        while True:
            try:
                await self._calls.load(rollout)
                break
            except CanaryError as error:
                failures += 1
                log.warning("earlier tests and hooks can't be read yet", rollout=rollout, problem=error.sentence)
                await asyncio.sleep(backoff.pause(failures))
        self._reading.pop(key, None)
        self._wake(key)


def _readable(sight: Sight) -> CanarySpec:
    try:
        return parse_canary(sight.canary).spec
    except InvalidCanary as error:
        raise Terminal(error.sentence) from error


def _spec_of(spec: CanarySpec, name: str, edge: Edge | None) -> TestSpec | HookSpec:
    known: Mapping[str, TestSpec | HookSpec] = {each.name: each for each in (spec.tests if edge is None else spec.hooks)}
    if name not in known:
        field = "spec.tests" if edge is None else "spec.hooks"
        raise Terminal(f"{field}: {name} was taken out while the rollout needs it; put it back, or `canary rollback`.")
    return known[name]


def _context(sight: Sight, state: State, rollout: Rollout, edge: Edge | None) -> CallContext:
    namespace, name = sight.scene.key
    return CallContext(
        namespace=namespace,
        canary=name,
        uid=sight.scene.uid,
        rollout=rollout.id,
        revision=rollout.revision,
        step=rollout.step,
        attempt=rollout.attempt,
        weight=rollout.weight,
        phase=state.phase,
        edge=edge,
    )
