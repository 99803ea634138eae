"""A receiver of tests and hooks on loopback: answers as it is told and remembers what it was sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from canary.web.server import WebServer


@dataclass(frozen=True, kw_only=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def answer(status: int = 200, body: str = "ok", **headers: str) -> Response:
    return Response(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass(kw_only=True)
class Receiver:
    """Gives `answers` in turn, the last one for ever; `gate`, when there is one, is waited for first."""

    url: str = ""
    answers: list[Response] = field(default_factory=lambda: [answer()])
    received: list[Received] = field(default_factory=list)
    arrived: asyncio.Queue[Received] = field(default_factory=asyncio.Queue)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    most_at_once: int = 0
    at_once: int = 0

    async def take(self, request: Request) -> Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            got = Received(
                method=request.method, path=request.scope["path"], headers=dict(request.headers), body=await request.body()
            )
            self.received.append(got)
            self.arrived.put_nowait(got)
            if gate := self.gates.get(got.path):
                await gate.wait()
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        finally:
            self.at_once -= 1


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    told = Receiver()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await told.take(Request(scope, receive))
        await response(scope, receive, send)

    server = WebServer(app)
    told.url = await server.start("127.0.0.1", 0)
    yield told
    for gate in told.gates.values():
        gate.set()
    await server.stop()
