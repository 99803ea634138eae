"""One provider's HTTP API, asked politely: a few requests at a time, each with a deadline and a cap, and none while it rests.

The client is made by whoever knows where we may connect to. No redirects are followed (credentials stay where they were sent),
and nothing is tried again: the next look is the retry. Everything that isn't a plain 200 leaves as a ProviderError.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from analysis.providers.base import Answer, ErrorKind, ProviderError
from analysis.providers.circuit import REST_SECONDS
from analysis.providers.redaction import redacted
from analysis.providers.statuses import Refusal, cause_of, refusal, said_in
from analysis.providers.turns import Turns

_AT_ONCE = 4
_MIB = 1024**2

Explain = Callable[[int, str, bytes], Refusal | None]
"""A provider's own way to refuse: from status, what was said and body to what that means; None for the usual meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a provider is asked. `name` is its name in sentences, `secrets` are in none of them; `cap` is in bytes.

    `quotes` repeats what an error says: not for an address that could be any, since its text may not be the asker's to read.
    """

    name: str
    timeout: timedelta = timedelta(seconds=10)
    rest: float = REST_SECONDS
    cap: int = 4 * _MIB
    quotes: bool = True
    secrets: tuple[str, ...] = field(default=(), repr=False)
    explain: Explain | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `params` go into the URL's query."""

    url: str = field(repr=False)
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None


class HttpApi:
    """Sends requests of one provider's; the providers' own classes add what is asked and how the answer reads."""

    def __init__(self, client: httpx.AsyncClient, manners: Manners) -> None:
        self._client = client
        self._manners = manners
        self._turns = Turns(manners.name, at_once=_AT_ONCE, rest=manners.rest)

    @property
    def turned_away(self) -> bool:
        """Were the credentials refused? They may have been changed since they were read."""
        return self._turns.turned_away

    async def close(self) -> None:
        """Gives up connections."""
        await self._client.aclose()

    async def ask(self, request: Request, read: Callable[[bytes], Answer]) -> Answer:
        """What `read` makes of the answer's body. Raises ProviderError, after the timeout at the latest once there is a place."""
        async with self._turns.turn():
            return read(await self._sent(request))

    def json(self, body: bytes) -> Any:
        """The body as JSON. Raises ProviderError."""
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self.garbage("JSON") from error

    def error(self, kind: ErrorKind, words: str, *, pause: timedelta | None = None) -> ProviderError:
        """An error in words that follow the provider's name."""
        return ProviderError(kind, f"{self._manners.name} {redacted(words, self._manners.secrets)}", pause=pause)

    def garbage(self, wanted: str) -> ProviderError:
        """The answer is not what this provider answers."""
        return self.error(ErrorKind.GARBAGE, f"answered something that isn't {wanted}: is this its address?")

    async def _sent(self, request: Request) -> bytes:
        try:
            async with asyncio.timeout(self._manners.timeout.total_seconds()):
                return await self._exchange(request)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise self.error(ErrorKind.TIMEOUT, f"gave no answer within {self._manners.timeout.total_seconds():g} s.") from error
        except httpx.LocalProtocolError as error:  # its text quotes header values
            raise self.error(ErrorKind.REFUSED, "can't be asked so: a header holds what no header can carry.") from error
        except httpx.InvalidURL as error:
            raise self.error(ErrorKind.REFUSED, "can't be asked so: its address is no URL.") from error
        except (httpx.HTTPError, OSError) as error:  # an alert of TLS after the handshake comes through as it is
            raise self.error(ErrorKind.UNAVAILABLE, f"can't be reached: {cause_of(error)}.") from error

    async def _exchange(self, request: Request) -> bytes:
        headers = {"accept-encoding": "identity", "user-agent": "canary-delivery", **request.headers}
        params = request.params or None  # an empty mapping would take the URL's own query away
        url, method, body = request.url, request.method, request.body
        async with self._client.stream(method, url, params=params, headers=headers, content=body) as response:
            received = await self._received(response)
            if response.status_code != httpx.codes.OK:
                raise self._refusal_of(response, received)
            return received

    async def _received(self, response: httpx.Response) -> bytes:
        """The body as it was sent: nothing small can unpack to much."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise self.error(ErrorKind.GARBAGE, "answers only in a packed form, which was not asked for.")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._manners.cap:
                raise self.error(
                    ErrorKind.TOO_LARGE, f"answered with more than {self._manners.cap / _MIB:g} MiB: ask for less in one query."
                )
        return bytes(body)

    def _refusal_of(self, response: httpx.Response, body: bytes) -> ProviderError:
        said = said_in(body) if self._manners.quotes else "what it said is not repeated here"
        explain = self._manners.explain
        own = explain(response.status_code, said, body) if explain else None
        found = own or refusal(response.status_code, said, response.headers)
        return self.error(found.kind, found.words, pause=found.pause)
