"""What one plan, one verdict and one reconcile take of the processor."""

import time
import timeit
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis.assess import assess, fresh
from canary.app import App
from canary.controller.queue import Key
from canary.k8s.client import connect
from canary.settings import load_settings
from canary.store.engine import open_store
from strategies.planner import plan
from tests.analysis import world as analysis
from tests.bench.delivery import NAME, WATCHFUL, a_delivery
from tests.bench.figures import Figure, Unit, quantile
from tests.bench.rig import NAMESPACE, Rig
from tests.strategies import world as strategies

TIMES = 2000
TIMES_QUICK = 400
_ROUNDS = 5
_KEY: Key = (NAMESPACE, NAME)


async def bench(rig: Rig, *, quick: bool) -> AsyncIterator[Figure]:
    """Pure functions on a small world, then a controller in this process whose Canary has nothing new."""
    times = TIMES_QUICK if quick else TIMES
    yield Figure(name="micro: one plan, in the middle of a step", value=_plan(times), unit=Unit.MICROSECONDS)
    yield Figure(name="micro: one metric judged, one look", value=_judge(times), unit=Unit.MICROSECONDS)
    async with a_delivery(rig, analysis=WATCHFUL) as delivery:
        resting = await _reconcile(rig, times)
        yield Figure(name="micro: one reconcile at rest", value=resting, unit=Unit.MICROSECONDS, note="nothing changed")
        await delivery.new_version()
        await delivery.until_weight(50)
        await delivery.until_phase("Progressing")
        holding = await _reconcile(rig, times)
        yield Figure(name="micro: one reconcile in a step's hold", value=holding, unit=Unit.MICROSECONDS, note="nothing changed")


def _plan(times: int) -> float:
    world = strategies.a_resting_world()
    world.template = "v2"
    world.run(lambda world: world.split == 5)
    world.cycle()
    state, seen = world.state, world.observe()
    return _microseconds(lambda: plan(state, seen), times)


def _judge(times: int) -> float:
    metric, traffic = analysis.a_plan(), analysis.Traffic(seed=1, rps=100, weight=0.5, stable_fails=0.001, canary_fails=0.001)
    state, _ = assess(fresh(metric, analysis.NOON), traffic.look(), metric, analysis.a_moment())
    reading, moment = traffic.look(), analysis.a_moment(seconds=15)
    return _microseconds(lambda: assess(state, reading, metric, moment), times)


def _microseconds(work: Callable[[], object], times: int) -> float:
    return min(timeit.repeat(work, number=times, repeat=_ROUNDS)) / times * 1e6


async def _reconcile(rig: Rig, times: int) -> float:
    """The median, in a controller that is alone."""
    rig.controller.stop()
    async with _app(rig) as app:
        await app.reconcile(_KEY)
        took = [await _timed(lambda: app.reconcile(_KEY)) for _ in range(times)]
    await rig.start()
    return quantile(took, 0.5) * 1e6


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


@asynccontextmanager
async def _app(rig: Rig) -> AsyncIterator[App]:
    """A controller in this process."""
    with TemporaryDirectory(prefix="canary-bench-") as folder:
        flags = {"kubeconfig": str(rig.cluster.kubeconfig), "state_dir": Path(folder), "http": "127.0.0.1:0"}
        settings = load_settings({}, {**flags, "prometheus": rig.counters.url})
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(await connect(settings.kubeconfig))
            store = await open_store(None, settings.state_dir)
            stack.push_async_callback(store.close)
            app = App(settings, client, store)
            await app.start(stack)
            yield app
