"""A real HTTP server on loopback whose answers are written down beforehand: what a Kubernetes API does on its bad days."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Answer:
    """One answer; `body` is JSON unless it is text already."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """A watch: chunks, then the end: "eof" (as agreed), "abort" (the connection breaks) or "hold" (silence)."""

    chunks: list[bytes] = field(default_factory=list)
    end: str = "eof"


SILENCE = "silence"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class Scripted:
    """Answers lists, watches and everything else from three scripts; a watch beyond its script is held open."""

    def __init__(self) -> None:
        self.lists: deque[Answer | str] = deque()
        self.watches: deque[Stream | Answer] = deque()
        self.answers: deque[Answer | str] = deque()
        self.seen: list[Seen] = []
        self.watching = asyncio.Semaphore(0)
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw else None
        self.seen.append(Seen(request.method, request.path, dict(request.query), dict(request.headers), body))
        if "watch" in request.query:
            return await self._stream(request, self.watches.popleft() if self.watches else Stream(end="hold"))
        script = self.lists if "limit" in request.query else self.answers
        answer = script.popleft()
        if isinstance(answer, str):
            await self._stopping.wait()
            answer = Answer()
        return _response(answer)

    async def _stream(self, request: web.Request, script: Stream | Answer) -> web.StreamResponse:
        if isinstance(script, Answer):
            return _response(script)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for chunk in script.chunks:
            await response.write(chunk)
        self.watching.release()
        if script.end == "abort":
            assert request.transport is not None
            request.transport.abort()
        if script.end == "hold":
            await self._stopping.wait()
        return response


def _response(answer: Answer) -> web.Response:
    text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    return web.Response(text=text, status=answer.status, headers=answer.headers, content_type="application/json")


def status(code: int, reason: str, message: str = "said the server", **details: Any) -> Answer:
    """A Status object as the API server answers it."""
    return Answer(status_object(code, reason, message, **details), status=code)


def status_object(code: int, reason: str, message: str = "said the server", **details: Any) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
        "details": details,
    }


def a_pod(name: str, version: int, *, namespace: str = "shop", uid: str | None = None, **labels: str) -> dict[str, Any]:
    """A pod as small as a pod can be."""
    metadata = {
        "namespace": namespace,
        "name": name,
        "uid": uid or f"uid-{name}",
        "resourceVersion": str(version),
        "labels": labels,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}


def a_list(version: int, *items: dict[str, Any], more: str | None = None) -> Answer:
    """A page of a list; `more` is the token of the next one."""
    return Answer({"kind": "PodList", "metadata": {"resourceVersion": str(version), "continue": more or ""}, "items": items})


def an_event(kind: str, obj: dict[str, Any]) -> bytes:
    """A line of a watch."""
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def a_bookmark(version: int) -> bytes:
    return an_event("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": str(version)}})
