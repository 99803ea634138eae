"""One try of an HTTP test or hook: the request, the answer, and whether it is a good one, in one sentence.

Sentences go into status and journal, so they name method, host and path; never a query, a header or what a Secret holds.
"""

import asyncio
import importlib.metadata
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from analysis.scalars import Header
from canary.controller.http_guard import Guard, GuardedTransport
from canary.errors import CanaryError, Refused, Terminal
from strategies.spec.calls import ExpectSpec, HttpSpec, Method
from strategies.words import duration

LONGEST_ANSWER = 1 << 20
MOST_REDIRECTS = 5
PER_HOST = 4
AT_ONCE = 100

RUN_ID_HEADER = "Canary-Run-Id"

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one try came to.

    `sent` is False when the request could not even be made, which says nothing about the receiver. `final` says that another
    try could only come to the same.
    """

    good: bool
    sentence: str
    sent: bool = True
    final: bool = False


@dataclass(slots=True)
class _Line:
    """The turns at one host; `users` is who stands in it."""

    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PER_HOST))
    users: int = 0


class Secrets(Protocol):
    """Reads Secrets, of the Canary's own namespace only."""

    async def read_secret(self, namespace: str, name: str, key: str) -> str:
        """One key's value; raises the types of `canary.errors`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAttempt:
    """A request to be tried. `payload` is sent as JSON where the spec has no body of its own; None sends nothing."""

    spec: HttpSpec
    run_id: str
    namespace: str
    payload: Payload | None = None


class HttpCaller:
    """Sends requests through one client, a few per host at a time, so that a slow receiver delays only its own."""

    def __init__(self, secrets: Secrets, guard: Guard, *, proxy: str | None = None) -> None:
        once = httpx.Limits(max_keepalive_connections=0)
        transport = httpx.AsyncHTTPTransport(proxy=proxy, limits=once) if proxy else GuardedTransport(guard)
        # The environment's proxies and netrc are not for calls that strangers write.
        self._client = httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False, timeout=None)  # noqa: S113  # each try has one deadline
        self._agent = f"canary-delivery/{importlib.metadata.version('canary-delivery')}"
        self._secrets, self._guard = secrets, guard
        self._total = asyncio.Semaphore(AT_ONCE)
        self._hosts: dict[str, _Line] = {}

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def attempt(self, attempt: HttpAttempt) -> Answer:
        """Try once; every failure is an answer, none is raised."""
        try:
            self._guard.check_url(attempt.spec.url)
            httpx.URL(attempt.spec.url)
        except (Refused, httpx.InvalidURL) as error:
            return Answer(good=False, sentence=f"The request was not sent. {error}", sent=False, final=True)
        shown = f"{attempt.spec.method.value} {_shown(attempt.spec.url)}"
        host = urlsplit(attempt.spec.url).netloc
        line = self._hosts.setdefault(host, _Line())
        line.users += 1
        try:
            async with line.turn, self._total:
                return await self._within_deadline(attempt, shown)
        finally:
            line.users -= 1
            if not line.users:
                del self._hosts[host]

    async def _within_deadline(self, attempt: HttpAttempt, shown: str) -> Answer:
        spec = attempt.spec
        try:
            async with asyncio.timeout(spec.timeout.total_seconds()):
                return await self._send(attempt, shown)
        except TimeoutError:
            return Answer(good=False, sentence=f"{shown} did not answer within {duration(spec.timeout)}.")
        except httpx.HTTPError as error:
            return Answer(good=False, sentence=f"{shown} got no answer: {_gist(error)}.")
        except CanaryError as error:
            final = isinstance(error, Terminal)
            return Answer(good=False, sentence=f"{shown} was not sent: {error.sentence}", sent=False, final=final)

    async def _send(self, attempt: HttpAttempt, shown: str) -> Answer:
        request = self._client.build_request(
            attempt.spec.method.value,
            attempt.spec.url,
            headers=await self._headers(attempt),
            content=_body(attempt),
        )
        for _ in range(MOST_REDIRECTS):
            response = await self._client.send(request, stream=True)
            try:
                follow = response.next_request
                if follow is None or response.status_code in attempt.spec.expect.status:
                    return _judged(attempt.spec.expect, response.status_code, await _read(response), shown)
            finally:
                await response.aclose()
            if not _same_place(request.url, follow.url):
                where = f"{follow.url.scheme}://{follow.url.netloc.decode()}"
                return Answer(good=False, sentence=f"{shown} was sent on to {where}, where calls do not follow.", final=True)
            request = follow
        return Answer(good=False, sentence=f"{shown} was sent on more than {MOST_REDIRECTS} times.", final=True)

    async def _headers(self, attempt: HttpAttempt) -> dict[str, str]:
        headers = {"user-agent": self._agent, "accept-encoding": "identity", RUN_ID_HEADER.lower(): attempt.run_id}
        if _body(attempt) is not None:
            headers["content-type"] = "application/json" if attempt.spec.body is None else "text/plain; charset=utf-8"
        for header in attempt.spec.headers:
            headers[header.name.lower()] = await self._value(header, attempt.namespace)
        return headers

    async def _value(self, header: Header, namespace: str) -> str:
        if (ref := header.secret_ref) is None:
            return header.value or ""
        value = (await self._secrets.read_secret(namespace, ref.name, ref.key)).strip()
        if not re.fullmatch(r"[\t -~]*", value):
            raise Refused(f"Key {ref.key} of Secret {namespace}/{ref.name} holds characters that no header can carry.")
        return value


def _body(attempt: HttpAttempt) -> bytes | None:
    if attempt.spec.body is not None:
        return attempt.spec.body.encode()
    if attempt.payload is None or attempt.spec.method in (Method.GET, Method.HEAD):
        return None
    return json.dumps(attempt.payload, separators=(",", ":")).encode()


async def _read(response: httpx.Response) -> bytes:
    """The body, at most one byte more than the longest that is looked at; raw, so that nothing small can unpack to much."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LONGEST_ANSWER:
            break
    return bytes(body[: LONGEST_ANSWER + 1])


def _judged(expect: ExpectSpec, status: int, body: bytes, shown: str) -> Answer:
    good = status in expect.status if expect.status else 200 <= status < 300
    if not good:
        wanted = " or ".join(str(code) for code in sorted(expect.status)) or "200 to 299"
        return Answer(good=False, sentence=f"{shown} answered {status}, expected {wanted}.")
    objection = _objection(expect, body)
    return Answer(good=not objection, sentence=f"{shown} answered {status}{objection}.")


def _objection(expect: ExpectSpec, body: bytes) -> str:
    """What is wrong with the body, as it reads after "answered 200"; empty when nothing is."""
    if expect.contains is None and expect.json_body is None:
        return ""
    if len(body) > LONGEST_ANSWER:
        return f" with more than the {LONGEST_ANSWER >> 20} MiB that are looked at"
    if expect.contains is not None and expect.contains not in body.decode(errors="replace"):
        return f' without "{expect.contains}" in its body'
    return "" if expect.json_body is None else _difference(expect.json_body, body)


def _difference(wanted: Payload, body: bytes) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ", but not with JSON"
    if found == wanted:
        return ""
    if not isinstance(found, dict):
        return ", but not with a JSON object"
    missing = object()
    keys = sorted(key for key in wanted.keys() | found.keys() if wanted.get(key, missing) != found.get(key, missing))
    return f" with JSON that differs from what is expected in {', '.join(keys)}"


def _same_place(here: httpx.URL, there: httpx.URL) -> bool:
    """The same host and port, or the same host over TLS."""
    same = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
    return same or (here.host == there.host and (here.scheme, there.scheme) == ("http", "https"))


def _shown(url: str) -> str:
    """The URL less user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _gist(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.LocalProtocolError):  # its text quotes header values
        return "the request is no valid HTTP"
    return str(error).strip().rstrip(".") or type(error).__name__
