"""Requests over the connections and the configuration of `kubernetes.aio`: credentials, deadlines, errors, and a count of calls.

Two things are tried a second time, at once: a request whose exec token was refused and could be renewed, and a patch that met a
kept-alive connection which the server had just closed (aiohttp does this only for methods that are idempotent by definition;
ours are by content). Anything else is the caller's decision.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp
from aiohttp import ClientResponse

from canary.errors import Unavailable
from canary.k8s.credentials import Access
from canary.k8s.errors import DISTURBANCES, Attempt, disturbed, late, refused
from canary.k8s.lines import LineSplitter
from canary.k8s.port import Obj
from canary.k8s.transport import Transport

_UNTIMED = aiohttp.ClientTimeout(total=None, sock_connect=10)  # deadlines are ours: they cover the credentials too
_OPENING = timedelta(seconds=30)  # a busy server queues watches


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, for metrics; `status` is 0 when no answer came. A watch counts when it opens."""

    verb: str
    plural: str
    status: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to send; query values of None are left out."""

    method: str
    attempt: Attempt
    path: str
    query: Mapping[str, str | int | None] | None = None
    body: Any = None
    content_type: str = "application/json"


class Wire:
    """Sends requests to one API server."""

    def __init__(self, access: Access, *, user_agent: str, on_call: Callable[[Call], None] | None) -> None:
        self._configuration = access.configuration
        self._token = access.token
        self._transport = Transport(access.configuration)
        self._user_agent = user_agent
        self._on_call = on_call

    async def close(self) -> None:
        """Give the connections back and stop waiting for an exec plugin."""
        if self._token is not None:
            self._token.close()
        await self._transport.close()
        await asyncio.sleep(0)  # aborted connections close in the loop's next turn

    async def send(self, request: Request, deadline: timedelta) -> Obj:
        """The answer's JSON; anything but 2xx in time is raised as one of `canary.errors`."""
        _, body = await self._opened(request, deadline, read=True)
        try:
            return cast("Obj", json.loads(body))
        except ValueError as error:
            raise disturbed(error, request.attempt) from error

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        """The answer's lines as they come; the connection is closed on leaving."""
        response, _ = await self._opened(request, _OPENING, read=False)
        try:
            yield _lines(response, request.attempt)
        finally:
            _abort(response)

    async def _opened(self, request: Request, deadline: timedelta, *, read: bool) -> tuple[ClientResponse, bytes]:
        started, status = asyncio.get_running_loop().time(), 0
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                response = await self._authorized(request)
                body = await response.read() if read or response.status >= 300 else b""
            status = response.status
        except TimeoutError as error:
            raise late(request.attempt, deadline) from error
        except DISTURBANCES as error:
            raise disturbed(error, request.attempt) from error
        finally:
            self._count(request, status, started)
        if status >= 300:
            raise refused(status, body, response.headers, request.attempt)
        return response, body

    async def _authorized(self, request: Request) -> ClientResponse:
        credentials = await self._credentials()
        response = await self._sent(request, credentials)
        if response.status == 401 and self._token is not None and self._token.refuse(credentials):
            response.close()
            return await self._sent(request, await self._credentials())
        return response

    async def _credentials(self) -> str | None:
        return await self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")

    async def _sent(self, request: Request, credentials: str | None) -> ClientResponse:
        try:
            return await self._once(request, credentials)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if request.method != "PATCH":
                raise
            return await self._once(request, credentials)

    async def _once(self, request: Request, credentials: str | None) -> ClientResponse:
        headers = {"Accept": "application/json", "User-Agent": self._user_agent, "Content-Type": request.content_type}
        if credentials:
            headers["Authorization"] = credentials
        url = f"{self._configuration.host}{request.path}"
        query = urlencode({key: value for key, value in (request.query or {}).items() if value is not None})
        if query:
            url = f"{url}?{query}"
        answer = await self._transport.request(  # type: ignore[no-untyped-call]
            request.method, url, headers=headers, body=request.body, _request_timeout=_UNTIMED
        )
        return cast("ClientResponse", answer.response)

    def _count(self, request: Request, status: int, started: float) -> None:
        if self._on_call is not None:
            seconds = asyncio.get_running_loop().time() - started
            self._on_call(Call(verb=request.attempt.verb, plural=request.attempt.plural, status=status, seconds=seconds))


async def _lines(response: ClientResponse, attempt: Attempt) -> AsyncIterator[bytes]:
    splitter = LineSplitter()
    try:
        async for chunk in response.content.iter_any():
            for line in splitter.feed(chunk):
                yield line
    except DISTURBANCES as error:
        raise disturbed(error, attempt) from error
    if splitter.incomplete:
        raise Unavailable(f"Cannot {attempt}: the stream broke off in the middle of an event.")


def _abort(response: ClientResponse) -> None:
    # An orderly end of TLS would wait for an answer that nobody needs.
    if response.connection is not None and response.connection.transport is not None:
        response.connection.transport.abort()
    response.close()
