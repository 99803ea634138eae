"""The composition root: makes every part, wires them together, starts and stops them in order. Nothing else."""

import asyncio
import contextlib
import importlib.metadata
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from canary.clock import SystemClock
from canary.controller.caches import Caches
from canary.controller.calls import Calls, Stores
from canary.controller.enact import Hands
from canary.controller.events import Events
from canary.controller.http_call import HttpCaller
from canary.controller.http_guard import Guard
from canary.controller.job_call import JobCaller
from canary.controller.measure import Measures
from canary.controller.provider_clients import ProviderClients
from canary.controller.providers import Providers
from canary.controller.queue import Key, Slots, Turn, WorkQueue
from canary.controller.reconcile import Reconciler
from canary.controller.record import Papers, Recorder
from canary.controller.runs import CanaryRuns
from canary.controller.schedule import Schedule
from canary.controller.secrets import Secrets
from canary.controller.targets import Targets
from canary.errors import CanaryError, Retryable
from canary.k8s.client import Client, connect
from canary.k8s.wire import Call
from canary.settings import Settings
from canary.store.engine import Store, open_store
from canary.store.evidence import Evidence
from canary.store.journal import Journal
from canary.store.outbox import Outbox
from canary.store.retention import prune
from canary.store.runs import Runs
from canary.web.metrics import Metrics, Sources
from canary.web.server import Check, WebServer, web_app

log = structlog.get_logger(__name__)

DRAIN = timedelta(seconds=10)
RESYNC = timedelta(minutes=10)
PRUNE = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A controller that is up: where its HTTP side listens."""

    http: str


async def run_controller(settings: Settings, stop: asyncio.Event, *, ready: Callable[[Running], None] = lambda _: None) -> None:
    """Start everything, say so, and stop gracefully when `stop` is set. Raises Misconfigured for what cannot work."""
    async with controller(settings) as running:
        ready(running)
        await stop.wait()
        log.info("stopping")


@asynccontextmanager
async def controller(settings: Settings) -> AsyncIterator[Running]:
    """A controller for as long as the context lasts."""
    async with AsyncExitStack() as stack:
        counted: list[Metrics] = []  # there are none before there is a client
        client = await connect(settings.kubeconfig, settings.context, on_call=lambda call: _count(call, counted))
        stack.push_async_callback(client.close)
        app = App(settings, client, await _store(settings, stack))
        counted.append(app.metrics)
        running = await app.start(stack)
        log.info("controller is up", http=running.http, version=_version(), namespace=settings.namespace or "all")
        yield running


class App:
    """All parts, wired. `start` registers on the stack how each of them is stopped, in reverse order."""

    def __init__(self, settings: Settings, client: Client, store: Store) -> None:
        self.settings, self.client, self.store = settings, client, store
        self._synced = False
        self._pruning: asyncio.Task[None] | None = None
        self.clock = SystemClock()
        self.queue = WorkQueue(self._handle, slots=Slots(workers=settings.workers), on_turn=self._turned)
        self.schedule = Schedule(self.queue.add)
        self.caches = Caches(client, settings.namespace, lambda key, fast: self.queue.add(key, fast=fast))
        self.events = Events(client, self.clock)
        self.metrics = Metrics(Sources(queue=self.queue.numbers, events=self.events.numbers), version=_version())
        secrets = Secrets(api=client)
        self.http = HttpCaller(secrets, _guard(settings), proxy=settings.hook_proxy)
        self.jobs = JobCaller(client)
        self.calls = Calls(Stores(runs=Runs(store), outbox=Outbox(store)), self.http, self.jobs, self.clock, self.queue.add)
        self.caches.on_job = lambda job, gone: self.calls.job_changed(job, gone=gone)
        self.runs = CanaryRuns(self.calls, self.queue.add)
        self.measures = Measures(self.clock, Evidence(store), self.schedule, self._measured)
        self.reconcile = self._reconciler(secrets)

    def _reconciler(self, secrets: Secrets) -> Reconciler:
        papers = Papers(journal=Journal(self.store), events=self.events, metrics=self.metrics)
        return Reconciler(
            caches=self.caches,
            hands=Hands(api=self.client, caches=self.caches, run=self.runs.start),
            recorder=Recorder(self.client, self.caches, papers, self.clock),
            measures=self.measures,
            targets=Targets(providers=self._providers(secrets), dialect=self.settings.prometheus_dialect),
            runs=self.runs,
            schedule=self.schedule,
            clock=self.clock,
        )

    def _providers(self, secrets: Secrets) -> Providers:
        return Providers(
            address=self.settings.prometheus,
            timeout=self.settings.query_timeout,
            secrets=secrets,
            clients=ProviderClients(guard=_guard(self.settings), proxy=self.settings.hook_proxy),
        )

    # -- running ------------------------------------------------------------------------------------------------------

    async def start(self, stack: AsyncExitStack) -> Running:
        """Bring everything up: the HTTP side first, so that what is not ready can be asked."""
        server = WebServer(web_app(checks=self._checks, metrics=self.metrics.page))
        http = await server.start(self.settings.http.host, self.settings.http.port)
        stack.push_async_callback(server.stop)
        stack.push_async_callback(self.http.close)
        stack.push_async_callback(self.calls.stop)
        stack.push_async_callback(self.runs.stop)
        stack.push_async_callback(self.measures.close)
        await stack.enter_async_context(_background(self.events.run(), "events"))
        await stack.enter_async_context(_background(self.caches.run(), "caches"))
        await self.caches.synced()
        self._synced = True
        self.schedule.start()
        stack.push_async_callback(self.schedule.stop)
        self.schedule.every("resync", RESYNC, self._resync, jitter=RESYNC / 10)
        self.schedule.every("retention", PRUNE, self._prune)
        self.queue.start()
        stack.push_async_callback(self.queue.drain, DRAIN)
        self._resync()
        await stack.enter_async_context(_background(self._resume(), "resume notices"))
        return Running(http=http)

    def _turned(self, turn: Turn) -> None:
        self.metrics.turn(turn)

    async def _handle(self, key: Key) -> None:
        try:
            await self.reconcile(key)
        except CanaryError as error:
            log.warning(error.sentence, canary=f"{key[0]}/{key[1]}", error=type(error).__name__)
            raise

    def _measured(self, key: Key, fast: bool) -> None:
        self.queue.add(key, fast=fast)

    def _resync(self) -> None:
        for key in self.caches.canaries.cache.all_keys():
            self.queue.add(key)

    def _prune(self) -> None:
        self._pruning = asyncio.create_task(self._prune_once(), name="retention")

    async def _prune_once(self) -> None:
        try:
            await prune(self.store, self.clock.now() - self.settings.retention)
        except CanaryError as error:
            log.warning("history could not be pruned", problem=error.sentence)

    async def _resume(self) -> None:
        with contextlib.suppress(Retryable):  # they stay in the outbox, for the next start
            await self.calls.resume()

    def _checks(self) -> list[Check]:
        watching = (
            "; ".join(self.caches.problems()) or None if self._synced else "The first look at the cluster is not complete yet."
        )
        return [Check(name="caches", problem=watching), Check(name="store", problem=self.store.problem)]


def _guard(settings: Settings) -> Guard:
    return Guard(hosts=settings.hook_hosts, loopback=settings.hook_loopback)


def _count(call: Call, counted: list[Metrics]) -> None:
    for metrics in counted:
        metrics.api_request(call.verb, call.plural, call.status)


async def _store(settings: Settings, stack: AsyncExitStack) -> Store:
    url = settings.database.get_secret_value() if settings.database else None
    store = await open_store(url, settings.state_dir)
    stack.push_async_callback(store.close)
    return store


@asynccontextmanager
async def _background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Work that lasts as long as the context; should it fail, that is said, and the rest goes on."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a part of the controller ended", part=task.get_name(), exc_info=error)


def _version() -> str:
    return importlib.metadata.version("canary-delivery")
