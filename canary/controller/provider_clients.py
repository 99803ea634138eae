"""HTTP clients for metric providers whose addresses strangers write: they connect only where tests and hooks may connect, too."""

import ssl
from dataclasses import dataclass

import httpx

from analysis.providers.base import ErrorKind, ProviderError
from analysis.providers.tls import Tls
from canary.controller.http_guard import Guard, GuardedTransport
from canary.errors import Refused

_KEPT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderClients:
    """`proxy` is the way out of the cluster, None where connections are made directly."""

    guard: Guard
    proxy: str | None = None

    def client(self, tls: Tls | None) -> httpx.AsyncClient:
        """A client for one provider. Raises BadCertificate."""
        trust = None if tls is None else tls.context()
        # The environment's proxies and netrc are not for addresses that strangers write; each request has one deadline.
        return httpx.AsyncClient(transport=self._transport(trust), trust_env=False, follow_redirects=False, timeout=None)  # noqa: S113

    def doorman(self, host: str, address: str) -> str | None:
        """What speaks against a connection to a Prometheus. It may be on our own machine, but never be the cloud's metadata."""
        return Guard(loopback=True).objection(host, address)

    def _transport(self, trust: ssl.SSLContext | None) -> httpx.AsyncBaseTransport:
        if self.proxy is None:
            return _Checked(self.guard, GuardedTransport(self.guard, trust=trust, kept=_KEPT))
        through = httpx.AsyncHTTPTransport(
            verify=trust or True, proxy=self.proxy, limits=httpx.Limits(max_keepalive_connections=_KEPT)
        )
        return _Checked(self.guard, through)


class _Checked(httpx.AsyncBaseTransport):
    """Checks each URL, and says what is refused in the providers' words."""

    def __init__(self, guard: Guard, inner: httpx.AsyncBaseTransport) -> None:
        self._guard = guard
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            self._guard.check_url(str(request.url))
            return await self._inner.handle_async_request(request)
        except Refused as error:
            raise ProviderError(ErrorKind.REFUSED, error.sentence) from error

    async def aclose(self) -> None:
        await self._inner.aclose()
