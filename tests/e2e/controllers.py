"""The controller as tests run it: in a thread of this process, or as a process of its own that can be killed."""

import asyncio
import contextlib
import multiprocessing
import threading
from collections.abc import Iterator
from multiprocessing.context import ForkServerProcess

from canary.app import Running, run_controller
from canary.logs import LogFormat, LogLevel, configure_logs
from canary.settings import Settings

READY = 30.0


@contextlib.contextmanager
def in_thread(settings: Settings) -> Iterator[str]:
    """A controller for as long as the context lasts; gives the address of its HTTP side."""
    loop, stop, up = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    running: list[Running] = []
    failed: list[Exception] = []

    def ready(found: Running) -> None:
        running.append(found)
        up.set()

    def work() -> None:
        try:
            loop.run_until_complete(run_controller(settings, stop, ready=ready))
        except Exception as error:  # noqa: BLE001 - told in the test's own thread
            failed.append(error)
        finally:
            up.set()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    thread = threading.Thread(target=work, name="controller", daemon=True)
    thread.start()
    try:
        if not up.wait(READY) or failed:
            raise AssertionError(f"the controller did not start: {failed}")
        yield running[0].http
    finally:
        with contextlib.suppress(RuntimeError):  # it has ended by itself; `failed` says why
            loop.call_soon_threadsafe(stop.set)
        thread.join(READY)
        if failed:
            raise failed[0]


class Process:
    """The same with its own memory: what it had there is lost when it is killed.

    It is forked from a process that has imported everything already, which takes a second each time otherwise.
    """

    _context = multiprocessing.get_context("forkserver")
    _context.set_forkserver_preload([__name__])

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._process: ForkServerProcess | None = None

    def start(self) -> None:
        """Start it, without waiting for anything."""
        self._process = self._context.Process(target=serve, args=(self.settings,), daemon=True)
        self._process.start()

    def kill(self, *, forget: bool = False) -> None:
        """SIGKILL; `forget` takes its database away, too."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        if forget:
            for file in self.settings.state_dir.glob("canary.sqlite*"):
                file.unlink()


def serve(settings: Settings) -> None:
    """What the process does until it is killed; it writes a log beside its database."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (settings.state_dir / "controller.log").open("a") as log:
        configure_logs(LogFormat.CONSOLE, LogLevel.INFO, log)
        asyncio.run(_forever(settings))


async def _forever(settings: Settings) -> None:
    await run_controller(settings, asyncio.Event())
