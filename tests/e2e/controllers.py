"""The controller as tests run it: in a thread of this process, or as a process of its own that can be killed."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from canary.app import Running, run_controller
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
    """`canary controller` with its own memory: what it had there is lost when it is killed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.log = Path(settings.state_dir) / "controller.log"

    def start(self) -> None:
        """Start it, without waiting for anything."""
        self.starts += 1
        self.log.parent.mkdir(parents=True, exist_ok=True)
        flags = {
            "kubeconfig": self.settings.kubeconfig,
            "namespace": self.settings.namespace,
            "state-dir": self.settings.state_dir,
            "http": "127.0.0.1:0",
            "hook-loopback": "true",
            **({"prometheus": self.settings.prometheus} if self.settings.prometheus else {}),
        }
        command = [sys.executable, "-m", "canary", "controller", *(f"--{name}={value}" for name, value in flags.items())]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def kill(self, *, forget: bool = False) -> None:
        """SIGKILL; `forget` takes its database away, too."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        if forget:
            for file in self.log.parent.glob("canary.sqlite*"):
                file.unlink()
