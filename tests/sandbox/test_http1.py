"""Messages on the wire: whole ones are read as they were meant, broken ones are refused."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.sandbox.http1 import ProtocolError, Request, Response, read_request, read_response, text
from canary.sandbox.servers import Address, Client, Server


async def fed(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


async def requested(data: bytes) -> Request | None:
    return await read_request(await fed(data))


async def test_a_request_with_a_body() -> None:
    found = await requested(b"POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcrest")
    headers = {"host": "x", "content-length": "3"}
    assert found == Request(method="POST", target="/a?b", headers=headers, body=b"abc", keep_alive=True)


async def test_a_request_in_chunks() -> None:
    data = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
    found = await requested(data)
    assert found is not None
    assert found.body == b"abc0123456789"


@pytest.mark.parametrize(
    ("data", "keep_alive"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", True),
    ],
)
async def test_who_keeps_the_connection(data: bytes, *, keep_alive: bool) -> None:
    found = await requested(data)
    assert found is not None
    assert found.keep_alive == keep_alive


async def test_nothing_more_is_no_request() -> None:
    assert await requested(b"") is None


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nspace : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc", 501),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 100_000 + b"\r\n\r\n", 431),
    ],
)
async def test_what_is_no_message_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(ProtocolError) as refused:
        await requested(data)
    assert refused.value.status == status


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    async def read() -> None:
        try:
            await requested(data)
        except ProtocolError as error:
            assert 400 <= error.status < 600  # noqa: PT017

    asyncio.run(read())


@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    target=st.from_regex(r"/[a-z0-9/?=&]{0,20}", fullmatch=True),
    headers=st.dictionaries(st.from_regex(r"x-[a-z]{1,8}", fullmatch=True), st.from_regex(r"[!-~]{1,20}", fullmatch=True)),
    body=st.binary(max_size=300),
)
def test_what_is_sent_is_what_is_read(method: str, target: str, headers: dict[str, str], body: bytes) -> None:
    request = Request(method=method, target=target, headers=headers, body=body)
    found = asyncio.run(requested(request.encode()))
    assert found is not None
    assert (found.method, found.target, found.body) == (method, target, body)
    assert {name: value for name, value in found.headers.items() if name != "content-length"} == headers


async def test_an_answer_to_head_has_the_length_but_not_the_body() -> None:
    sent = Response(status=200, body=b"abc")
    found, again = await read_response(await fed(sent.encode(head=True)), head=True)
    assert (found.status, found.body, found.headers["content-length"], again) == (200, b"", "3", True)


class Echo:
    """A server that counts the connections it was asked over."""

    def __init__(self) -> None:
        self.requests = 0
        self.server = Server(self.answer)

    async def answer(self, request: Request) -> Response:
        self.requests += 1
        return text(200, request.body.decode())


async def test_a_connection_is_kept_for_the_next_request() -> None:
    echo, client = Echo(), Client()
    address = await echo.server.start()
    for number in range(3):
        answer = await client.send(address, Request(method="POST", target="/", body=str(number).encode()))
        assert answer.body == f"{number}\n".encode()
    assert [len(each) for each in client._idle.values()] == [1]
    client.close()
    await echo.server.stop()


async def test_a_kept_connection_that_died_costs_nothing() -> None:
    echo, client = Echo(), Client()
    address = await echo.server.start()
    await client.send(address, Request(method="GET", target="/"))
    await echo.server.stop()
    await revived(echo, address)
    answer = await client.send(address, Request(method="GET", target="/"))
    assert (answer.status, echo.requests) == (200, 2)
    client.close()
    await echo.server.stop()


async def revived(echo: Echo, address: Address) -> None:
    echo.server = Server(echo.answer)
    await echo.server.start(address[1])


async def test_nobody_there_is_an_error() -> None:
    echo, client = Echo(), Client()
    address = await echo.server.start()
    await echo.server.stop()
    with pytest.raises(ConnectionError):
        await client.send(address, Request(method="GET", target="/"))


async def test_a_broken_request_is_answered_and_the_connection_closed() -> None:
    echo = Echo()
    reader, writer = await asyncio.open_connection(*(await echo.server.start()))
    writer.write(b"nonsense\r\n\r\n")
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"connection: close" in answer
    writer.close()
    await echo.server.stop()
