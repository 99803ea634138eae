"""One pod from its binding to its end: it starts, becomes ready and serves; or crashes again and again; or runs to an end."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from canary.sandbox.metrics.counters import AppCounts
from canary.sandbox.objects import Object, name_of, namespace_of
from canary.sandbox.pods.behaviour import DEFAULT_START, BadBehaviour, Behaviour, behaviour_from, environment_of
from canary.sandbox.pods.responder import Responder
from canary.sandbox.pods.status import Containers, Phase, running, status_of, terminated, waiting
from canary.sandbox.resources import PODS
from canary.sandbox.servers import Address, Server
from canary.sandbox.store import Store
from canary.sandbox.workloads.notes import Notes

ADDRESS = "sandbox.canary.delivery/address"
NODE = "sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things take: until a pod is ready when it doesn't say so itself, and between crashes (doubling)."""

    start: timedelta = DEFAULT_START
    first_backoff: timedelta = timedelta(seconds=1)
    longest_backoff: timedelta = timedelta(seconds=30)


class Life:
    def __init__(self, store: Store, notes: Notes, pod: Object, ip: str, pace: Pace) -> None:
        self._store, self._notes, self._pod, self._pace = store, notes, pod, pace
        self.ip = ip
        self.counts = AppCounts(namespace_of(pod), name_of(pod))
        self.address: Address | None = None
        self._server: Server | None = None

    async def run(self, rng: Random) -> None:
        """Live until cancelled, or to the end of a pod that has one."""
        try:
            behaviour = behaviour_from(environment_of(self._pod))
        except BadBehaviour as error:
            self._bind("")
            self._show(Phase.PENDING, Containers(state=waiting("CreateContainerConfigError", str(error))))
            self._notes.say(self._pod, "Failed", f"Error: {error}", warning=True)
            return
        start = self._pace.start if behaviour.start is None else behaviour.start
        policy = self._pod["spec"].get("restartPolicy", "Always")
        if behaviour.crash and policy != "Never":
            await self._crash(start)
        elif policy != "Always":
            await self._run_to_end(behaviour, start)
        else:
            await self._serve(behaviour, start, rng)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()

    async def _serve(self, behaviour: Behaviour, start: timedelta, rng: Random) -> None:
        self._server = Server(Responder(self._pod, behaviour, self.counts, rng))
        self.address = await self._server.start()
        self._bind("{}:{}".format(*self.address))
        state = running(self._store.now())
        self._show(Phase.RUNNING, Containers(state=state))
        self._notes.say(self._pod, "Started", "Started container")
        await asyncio.sleep(start.total_seconds())
        if behaviour.unready:
            self._notes.say(self._pod, "Unhealthy", "Readiness probe failed: SANDBOX_UNREADY is true", warning=True)
        else:
            self._show(Phase.RUNNING, Containers(state=state, ready=True))

    async def _crash(self, start: timedelta) -> None:
        """Start, exit, wait twice as long as before, for ever."""
        self._bind("")
        restarts, backoff, last = 0, self._pace.first_backoff, None
        while True:
            started = self._store.now()
            self._show(Phase.RUNNING, Containers(state=running(started), last=last, restarts=restarts))
            await asyncio.sleep(start.total_seconds())
            last = terminated(1, started, self._store.now())
            message = f"back-off {backoff.total_seconds():g}s restarting failed container"
            crashed = Containers(state=waiting("CrashLoopBackOff", message), last=last, restarts=restarts)
            self._show(Phase.RUNNING, crashed)
            self._notes.say(self._pod, "BackOff", "Back-off restarting failed container", warning=True)
            await asyncio.sleep(backoff.total_seconds())
            restarts, backoff = restarts + 1, min(backoff * 2, self._pace.longest_backoff)

    async def _run_to_end(self, behaviour: Behaviour, start: timedelta) -> None:
        self._bind("")
        started = self._store.now()
        self._show(Phase.RUNNING, Containers(state=running(started), ready=True))
        self._notes.say(self._pod, "Started", "Started container; the sandbox runs no commands, it only waits and exits")
        await asyncio.sleep(start.total_seconds())
        ended = Containers(state=terminated(int(behaviour.crash), started, self._store.now()))
        self._show(Phase.FAILED if behaviour.crash else Phase.SUCCEEDED, ended)

    def _bind(self, address: str) -> None:
        def change(pod: Object) -> None:
            pod["spec"]["nodeName"] = NODE
            if address:
                pod["metadata"].setdefault("annotations", {})[ADDRESS] = address

        self._pod = self._store.mutate(PODS, namespace_of(self._pod), name_of(self._pod), change)

    def _show(self, phase: Phase, containers: Containers) -> None:
        now = self._store.now()

        def change(pod: Object) -> None:
            pod["status"] = status_of(pod, phase, containers, self.ip, now)

        self._pod = self._store.mutate(PODS, namespace_of(self._pod), name_of(self._pod), change, status=True)
