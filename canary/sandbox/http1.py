"""HTTP/1.1 over loopback, both ends: just enough for pods, the mesh, its load and the query endpoint, and fast.

Messages are whole: a body comes with its Content-Length or in chunks and is read before anyone looks at it. No TLS, no
trailers, no upgrade; what is not understood is answered with 4xx and the connection is closed.
"""

import re
from asyncio import IncompleteReadError, LimitOverrunError, StreamReader
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

MAX_BODY = 8 * 1024 * 1024
_NO_BODY = {204, 304}
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,16}")


class ProtocolError(Exception):
    """Bytes that are no message that we understand; `status` is the answer that a server owes."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`target` as it was sent: a path, or an absolute URL when a client takes us for its proxy. Header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    keep_alive: bool = True

    def encode(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items() if name != "content-length"]
        if self.body or self.method not in {"GET", "HEAD", "DELETE", "OPTIONS"}:
            lines.append(f"content-length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self, *, head: bool = False, keep_alive: bool = True) -> bytes:
        """Render; an answer to HEAD has the headers of the body that it leaves out."""
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items() if name not in {"content-length", "connection"}]
        length = self.headers.get("content-length") if head and not self.body else None
        if self.status not in _NO_BODY:
            lines.append(f"content-length: {length or len(self.body)}")
        if not keep_alive:
            lines.append("connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if head else self.body)


def text(status: int, message: str) -> Response:
    """A plain sentence."""
    return Response(status=status, body=f"{message}\n".encode(), headers={"content-type": "text/plain; charset=utf-8"})


def json_response(status: int, body: bytes) -> Response:
    return Response(status=status, body=body, headers={"content-type": "application/json"})


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


async def read_request(reader: StreamReader) -> Request | None:
    """Read the next request; None when the other side has finished. Raises ProtocolError."""
    head = await _read_head(reader)
    if head is None:
        return None
    start, headers = head
    parts = start.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise ProtocolError(f"{start[:60]!r} is no request line of HTTP/1.1")
    method, target, version = parts
    connection = headers.get("connection", "").lower()
    keep_alive = connection != "close" if version == "HTTP/1.1" else connection == "keep-alive"
    body = await _read_body(reader, headers)
    return Request(method=method, target=target, headers=headers, body=body, keep_alive=keep_alive)


async def read_response(reader: StreamReader, *, head: bool = False) -> tuple[Response, bool]:
    """Read one answer, and whether the connection may be used again. Raises ProtocolError."""
    found = await _read_head(reader)
    if found is None:
        raise ConnectionResetError("the connection was closed before an answer")
    start, headers = found
    parts = start.split(" ", 2)
    if len(parts) < 2 or not parts[1].isdigit():
        raise ProtocolError(f"{start[:60]!r} is no status line of HTTP/1.1", 502)
    status = int(parts[1])
    body = b"" if head or status in _NO_BODY else await _read_body(reader, headers)
    return Response(status=status, body=body, headers=headers), headers.get("connection", "").lower() != "close"


async def _read_head(reader: StreamReader) -> tuple[str, dict[str, str]] | None:
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except IncompleteReadError as error:
        if error.partial.strip():
            raise ProtocolError("the connection was closed in the middle of a message") from error
        return None
    except LimitOverrunError as error:
        raise ProtocolError("the headers are too large", 431) from error
    start, *lines = raw[:-4].decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise ProtocolError(f"{line[:60]!r} is no header")
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value.strip()}" if lower in headers else value.strip()
    return start, headers


async def _read_body(reader: StreamReader, headers: Mapping[str, str]) -> bytes:
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if coding is not None:
        if coding.lower() != "chunked" or length is not None:
            raise ProtocolError("only chunked bodies, without a Content-Length, are understood", 501)
        return await _read_chunks(reader)
    if length is None:
        return b""
    if not length.isdigit():
        raise ProtocolError(f"{length[:20]!r} is no Content-Length")
    if int(length) > MAX_BODY:
        raise ProtocolError("the body is too large", 413)
    return await _exactly(reader, int(length))


async def _read_chunks(reader: StreamReader) -> bytes:
    chunks: list[bytes] = []
    while True:
        line = (await _line(reader)).split(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(line):
            raise ProtocolError(f"{line[:20]!r} is no length of a chunk")
        size = int(line, 16)
        if sum(map(len, chunks)) + size > MAX_BODY:
            raise ProtocolError("the body is too large", 413)
        if size == 0:
            while await _line(reader):
                continue  # trailers, which nobody here wants
            return b"".join(chunks)
        chunks.append(await _exactly(reader, size))
        await _line(reader)


async def _line(reader: StreamReader) -> bytes:
    try:
        return (await reader.readuntil(b"\r\n"))[:-2]
    except (IncompleteReadError, LimitOverrunError) as error:
        raise ProtocolError("the connection was closed in the middle of a message") from error


async def _exactly(reader: StreamReader, size: int) -> bytes:
    try:
        return await reader.readexactly(size)
    except IncompleteReadError as error:
        raise ProtocolError("the connection was closed in the middle of a message") from error
