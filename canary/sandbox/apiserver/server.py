"""The Kubernetes API over HTTP on loopback: content negotiation, errors as Status, streams.

Plain HTTP, no authentication, one process: it serves the sandbox's store to kubectl, to the controller and to tests. What it
does not implement it refuses with a sentence.
"""

import asyncio
import json
import logging
import socket
from collections.abc import Mapping

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from canary.sandbox.apiserver import protobuf
from canary.sandbox.apiserver.builtin import components
from canary.sandbox.apiserver.calls import JSON, Call, target, wanted_form
from canary.sandbox.apiserver.documents import HEALTH, Documents
from canary.sandbox.apiserver.kinds import Kinds
from canary.sandbox.apiserver.reads import Reads
from canary.sandbox.apiserver.streams import Streams
from canary.sandbox.apiserver.verbs import Verbs
from canary.sandbox.errors import ApiError, MethodNotAllowed, PageNotFound
from canary.sandbox.objects import Object
from canary.sandbox.resources import NAMESPACES, Resources
from canary.sandbox.store import Store

log = logging.getLogger(__name__)

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


class ApiServer:
    """Serves a store; the standard namespaces are there from the start. `app` is the ASGI application."""

    def __init__(self, store: Store, resources: Resources) -> None:
        self._resources = resources
        self._kinds = Kinds(store, resources)
        reads = Reads(store)
        self._verbs = Verbs(store, reads)
        self._streams = Streams(store, reads)
        self._documents = Documents(store, resources, self._kinds)
        self._server: uvicorn.Server | None = None
        self._sockets: list[socket.socket] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._serve, methods=_METHODS)])
        _make_namespaces(store)

    async def start(self, port: int = 0) -> str:
        """Listen on loopback (0: any free port) and give the address. Raises OSError when the port is taken."""
        listener = _listen(port)
        await asyncio.to_thread(components)
        config = uvicorn.Config(
            self.app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        config.load()
        # Started by hand: `serve()` would take the process's signals for itself and wake up ten times a second.
        self._server, self._sockets = uvicorn.Server(config), [listener]
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup(sockets=self._sockets)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    async def stop(self) -> None:
        """End all watches, then all connections."""
        self._streams.close()
        if self._server is not None:
            await self._server.shutdown(sockets=self._sockets)
            self._server = None

    async def _serve(self, request: Request) -> Response:
        try:
            path = request.url.path.rstrip("/")
            if path.startswith("/api/v1/") or (path.startswith("/apis/") and path.count("/") > 3):
                return await self._resource(request, path)
            return self._page(request, path)
        except PageNotFound as error:
            return PlainTextResponse(str(error), error.code)
        except ApiError as error:
            return _json(error.status(), error.code)
        except Exception:
            log.exception("%s %s", request.method, request.url.path)
            return _json(ApiError("the sandbox's API server met an error of its own; its log says more").status(), 500)

    def _page(self, request: Request, path: str) -> Response:
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed("the server does not allow this method on the requested resource")
        if path in HEALTH:
            return PlainTextResponse("ok")
        form = wanted_form(request.headers.get("accept", "")) if path in {"/api", "/apis"} else ""
        body, media_type = self._documents.page(path, form, request.url.netloc)
        return Response(body, media_type=media_type) if isinstance(body, bytes) else _json(body, media_type=media_type)

    async def _resource(self, request: Request, path: str) -> Response:
        call = await self._call(request, path)
        if call.method == "GET" and call.flag("watch") and not call.target.subresource:
            return StreamingResponse(self._streams.stream(call), media_type=JSON)
        answer = self._verbs.act(call)
        headers = {"Warning": ", ".join(f"299 - {json.dumps(each)}" for each in answer.warnings)} if answer.warnings else None
        return _json(answer.body, answer.code, headers=headers)

    async def _call(self, request: Request, path: str) -> Call:
        at = target(path, self._resources)
        body = await request.body()
        content_type = request.headers.get("content-type", JSON).split(";")[0].strip().lower()
        if content_type == protobuf.CONTENT_TYPE:
            body, content_type = json.dumps(protobuf.decoded(body)).encode() if body else b"", JSON
        return Call(
            method=request.method,
            target=at,
            kind=self._kinds.of(at.resource),
            params=dict(request.query_params),
            content_type=content_type,
            form=wanted_form(request.headers.get("accept", "")),
            user_agent=request.headers.get("user-agent", ""),
            body=body,
        )


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio sends without delay (TCP_NODELAY) only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


def _json(body: Object, code: int = 200, *, media_type: str = JSON, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(body, separators=(",", ":")), code, media_type=media_type, headers=headers)


def _make_namespaces(store: Store) -> None:
    for name in _NAMESPACES:
        if store.get(NAMESPACES, None, name) is None:
            meta = {"name": name, "labels": {"kubernetes.io/metadata.name": name}}
            store.create(NAMESPACES, {"metadata": meta, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}})
