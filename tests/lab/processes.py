"""Programs that run beside the tests and never outlive them.

Each one leads a process group, writes to a log file, and is killed by the kernel when the test process dies without
saying goodbye (by `setpriv`, where the system has it). Start them from the main thread: the kernel counts the death
of the starting *thread*.
"""

import atexit
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

# Below Linux's range for outgoing connections, so that none of those takes a port between its choice and its use.
PORTS = range(20_000, 32_000)
POLL = 0.02


class ProgramFailedError(Exception):
    """A program did not start or did not stop as it should; the message ends with its log."""


class Program:
    """One running program with its log."""

    def __init__(self, arguments: Sequence[str | Path], *, log: Path, user: str | None = None):
        self.name = Path(arguments[0]).name
        self.log = log
        command = [*_dies_with_us(), *map(str, arguments)]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=log.parent,
                user=user,
                group=user and group_of(user),
                extra_groups=None if user is None else [],
            )
        atexit.register(self.stop, patience=timedelta(seconds=1))

    @property
    def pid(self) -> int:
        """The id of the program, and of its process group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def stop(self, *, by: signal.Signals = signal.SIGTERM, patience: timedelta = timedelta(seconds=20)) -> None:
        """Ask it to end, wait, and kill its whole group when it takes longer than `patience`."""
        atexit.unregister(self.stop)
        if self.running:
            self._process.send_signal(by)
            try:
                self._process.wait(patience.total_seconds())
            except subprocess.TimeoutExpired:
                self.kill()
        self._process.wait()

    def kill(self) -> None:
        """End the whole group at once, as a crash would."""
        atexit.unregister(self.stop)
        if self.running:
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def wait_until(self, ready: Callable[[], bool], *, within: timedelta, what: str) -> None:
        """Poll until `ready`; `ProgramFailedError` with the end of the log when it ends first or takes too long."""
        deadline = time.monotonic() + within.total_seconds()
        while not ready():
            if not self.running:
                raise ProgramFailedError(f"{self.name} ended with {self._process.returncode} before {what}\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise ProgramFailedError(f"{self.name}: no {what} within {within.total_seconds():.0f} s\n{self.last_words()}")
            time.sleep(POLL)

    def last_words(self) -> str:
        """The end of its log."""
        return f"--- end of {self.log}\n" + "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])


def free_port() -> int:
    """A TCP port of loopback that nobody listens on at the moment."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _dies_with_us() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def group_of(user: str) -> int:
    """The id of that user's first group."""
    return pwd.getpwnam(user).pw_gid
