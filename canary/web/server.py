"""The controller's HTTP side: is it alive, is it ready, what are its numbers.

It runs in the controller's own loop and leaves signals to it: an answer from `/healthz` is the proof that the loop turns.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from canary.errors import Misconfigured
from canary.web.metrics import CONTENT_TYPE

GRACE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A part of the controller and, while it is not ready, why: `problem` is a sentence, None when all is well."""

    name: str
    problem: str | None = None


def web_app(*, checks: Callable[[], Sequence[Check]], metrics: Callable[[], bytes]) -> Starlette:
    """`checks` and `metrics` are asked anew for each request; `metrics` is called in a thread."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        found = checks()
        status = 503 if any(check.problem for check in found) else 200
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"ready": status == 200, "checks": [_as_json(check) for check in found]}, status)
        lines = [f"[-] {check.name}: {check.problem}" if check.problem else f"[+] {check.name}" for check in found]
        return PlainTextResponse("\n".join([*lines, "ready" if status == 200 else "not ready", ""]), status)

    async def numbers(_: Request) -> Response:
        return Response(await asyncio.to_thread(metrics), media_type=CONTENT_TYPE)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", numbers)])


def _as_json(check: Check) -> dict[str, object]:
    return {"name": check.name, "ready": check.problem is None, "problem": check.problem}


class WebServer:
    """Serves one application until it is stopped."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=int(GRACE.total_seconds()),
        )
        self._server = _Embedded(config)
        self._serving: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> str:
        """Listen and return the URL; port 0 takes any free one. Raises Misconfigured when the address can't be had."""
        listener = _listen(host, port)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="web")
        await self._server.listening.wait()
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{listener.getsockname()[1]}"

    async def stop(self) -> None:
        """Stop listening; requests that are under way have a moment to end."""
        if self._serving is None:
            return
        self._server.stopping.set()
        await self._serving
        self._serving = None


class _Embedded(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self.stopping = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        # Uvicorn's own wakes ten times a second, for signals and the Date header; we have neither.
        await self.stopping.wait()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        shown = error.strerror or error
        raise Misconfigured(
            f"Can't listen on {host}:{port}: {shown}. Choose another address with --http or CANARY_HTTP."
        ) from error
