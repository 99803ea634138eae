"""The controller as a process of its own, and what the kernel says that it costs."""

import asyncio
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import httpx

from tests.lab.processes import Program, free_port

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")
START = timedelta(seconds=60)


class ControllerProcess:
    """`canary controller`, started at once; await `ready` before anything is measured."""

    def __init__(self, kubeconfig: Path, prometheus: str) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="canary-bench-")
        self._http = f"127.0.0.1:{free_port()}"
        folder = Path(self.folder.name)
        flags = {
            "--kubeconfig": kubeconfig,
            "--state-dir": folder / "state",
            "--http": self._http,
            "--prometheus": prometheus,
            "--log-format": "json",
        }
        words = [str(word) for flag in flags.items() for word in flag]
        self._program = Program([sys.executable, "-m", "canary", "controller", *words], log=folder / "controller.log")

    async def ready(self) -> None:
        """Return when `/readyz` says so. Raises ProgramFailedError with the log when the process ends instead."""
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(START.total_seconds()):
            while not await self._answers(client):
                self._program.wait_until(lambda: True, within=START, what="readiness")
                await asyncio.sleep(0.05)

    def stop(self) -> None:
        """SIGTERM, as a cluster would."""
        self._program.stop()
        self.folder.cleanup()

    @property
    def resident(self) -> float:
        """Resident memory in MiB."""
        return int(self._proc("statm").split()[1]) * _PAGE / 2**20

    @property
    def processor_seconds(self) -> float:
        """User and system time so far."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def _proc(self, file: str) -> str:
        return Path(f"/proc/{self._program.pid}/{file}").read_text()

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        if not self._program.running:
            self._program.wait_until(lambda: False, within=START, what="readiness")
        try:
            return (await client.get(f"http://{self._http}/readyz")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
