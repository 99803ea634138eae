"""Small HTTP servers and a client with kept-alive connections, on loopback only."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from canary.sandbox.http1 import ProtocolError, Request, Response, read_request, read_response, text

LOOPBACK = "127.0.0.1"

Address: TypeAlias = tuple[str, int]
Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class Server:
    """Answers requests, one after the other on each connection; stopping lets those under way finish."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._busy: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self, port: int = 0) -> Address:
        """Listen; port 0 means any free one. Raises OSError when the port is taken."""
        listener = socket.create_server((LOOPBACK, port))
        # Not yet serving, it is ours without a pause in between, so that whoever is cancelled now can still stop it.
        self._server = await asyncio.start_server(self._converse, sock=listener, start_serving=False)
        await self._server.start_serving()
        host, bound = listener.getsockname()[:2]
        return str(host), int(bound)

    async def stop(self, grace: float = 5.0) -> None:
        """Accept nothing more, drop idle connections, and give busy ones `grace` seconds."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for each in self._connections - self._busy:
            each.cancel()
        if self._busy:
            await asyncio.wait(self._busy, timeout=grace)
        for each in self._connections:
            each.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while not self._stopping and await self._exchange(task, reader, writer):
                pass
        except (ConnectionError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._connections.discard(task)
            writer.close()

    async def _exchange(self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection goes on."""
        try:
            request = await read_request(reader)
        except ProtocolError as error:
            writer.write(text(error.status, str(error)).encode(keep_alive=False))
            return False
        if request is None:
            return False
        self._busy.add(task)
        try:
            response = await self._handle(request)
            keep = request.keep_alive and not self._stopping
            writer.write(response.encode(head=request.method == "HEAD", keep_alive=keep))
            await writer.drain()
        finally:
            self._busy.discard(task)
        return keep


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @property
    def usable(self) -> bool:
        return not self.reader.at_eof() and not self.writer.is_closing()


class Client:
    """Sends requests over connections that are kept for the next one, as many as were ever needed at once."""

    def __init__(self) -> None:
        self._idle: dict[Address, list[_Connection]] = {}

    async def send(self, address: Address, request: Request) -> Response:
        """Send and read the answer. Raises ConnectionError, OSError or ProtocolError.

        A kept connection that the other side has closed meanwhile costs one more try, on a new one.
        """
        idle = self._idle.get(address, [])
        while idle:
            connection = idle.pop()
            if not connection.usable:
                connection.writer.close()
                continue
            with contextlib.suppress(ConnectionError):
                return await self._exchange(address, connection, request)
        return await self._exchange(address, _Connection(*await asyncio.open_connection(*address)), request)

    def forget(self, address: Address) -> None:
        """Close what is kept for an address that is gone."""
        for each in self._idle.pop(address, []):
            each.writer.close()

    def close(self) -> None:
        for address in list(self._idle):
            self.forget(address)

    async def _exchange(self, address: Address, connection: _Connection, request: Request) -> Response:
        kept = False
        try:
            connection.writer.write(request.encode())
            response, kept = await read_response(connection.reader, head=request.method == "HEAD")
        finally:
            if kept:
                self._idle.setdefault(address, []).append(connection)
            else:
                connection.writer.close()
        return response
