"""Where tests, hooks and metric providers may lead: no Canary makes the controller fetch what only the controller can reach.

Names are checked before a request, addresses at the moment of connecting, after the name was resolved and with no second look-up
in between. Cloud metadata addresses are never allowed, loopback only when the controller's owner says so.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore
import httpx

from canary.errors import Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Link-local addresses hold the metadata services of most clouds; these two live elsewhere (AWS over IPv6, Alibaba).
_METADATA = frozenset({ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_RESOLVERS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What is allowed. `hosts` are names or their endings, None for any; addresses are checked in either case."""

    hosts: tuple[str, ...] | None = None
    loopback: bool = False

    def check_url(self, url: str) -> None:
        """Raise Refused for a URL that may not be called, as far as its text can tell."""
        try:
            parts = urlsplit(url)
            host = "" if parts.port == 0 else (parts.hostname or "").rstrip(".").lower()
        except ValueError:
            host, parts = "", urlsplit("")
        if parts.scheme not in ("http", "https") or not host:
            raise Refused("Its URL is not one that can be called: write http://host/path or https://host/path.")
        if self.hosts is not None and not any(_within(host, suffix) for suffix in self.hosts):
            raise Refused(
                f"{host} is not among the hosts that tests, hooks and metric providers may lead to: "
                f"{', '.join(self.hosts)} (CANARY_HOOK_HOSTS)."
            )
        with contextlib.suppress(ValueError):
            self.check_address(host, ipaddress.ip_address(host))

    def check_address(self, host: str, address: Address) -> None:
        """Raise Refused when `host` leads to an address that may not be called."""
        address = _embedded(address)
        if address.is_link_local or address in _METADATA or address.is_multicast:
            raise Refused(f"{host} leads to {address}, a link-local or metadata address that nobody may be led to.")
        if (address.is_loopback or address.is_unspecified) and not self.loopback:
            raise Refused(f"{host} leads to {address}, the controller's own machine: CANARY_HOOK_LOOPBACK=true allows that.")

    def objection(self, host: str, address: str) -> str | None:
        """What `check_address` has against an address as text; None when nothing."""
        try:
            self.check_address(host, ipaddress.ip_address(address))
        except (Refused, ValueError) as error:
            return str(error)
        return None


def _within(host: str, suffix: str) -> bool:
    name = suffix.removeprefix(".")
    return host == name or host.endswith(f".{name}")


def _embedded(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that stands for it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


class GuardedTransport(httpx.AsyncHTTPTransport):
    """Connects only where the guard allows. No more connections are `kept` than that: most calls are few and far between."""

    def __init__(self, guard: Guard, *, trust: ssl.SSLContext | None = None, kept: int = 0) -> None:
        trusted = trust or httpx.create_ssl_context()  # one: each costs a MiB
        super().__init__(verify=trusted)
        self._network = _GuardedNetwork(guard)
        # httpx has no argument for the network; its transport is the translation around this pool.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted,
            max_connections=None,
            max_keepalive_connections=kept,
            network_backend=self._network,
        )

    async def aclose(self) -> None:
        await super().aclose()
        self._network.close()


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._sockets = httpcore.AnyIOBackend()
        # Threads of our own: a dead name server must not use up those of the loop.
        self._resolvers = ThreadPoolExecutor(_RESOLVERS, "resolve")

    def close(self) -> None:
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the interface's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        for address in addresses:
            self._guard.check_address(host, address)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._sockets.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _resolve(self, host: str, port: int) -> list[Address]:
        look_up = asyncio.get_running_loop().run_in_executor(self._resolvers, _look_up, host, port)
        try:
            found = await look_up
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} can't be resolved") from error
        return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0])) for entry in found))


def _look_up(host: str, port: int) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str | int, ...]]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)  # type: ignore[return-value]  # flow info is for IPv6 only
