"""The HTTP connections under the client: the package's own REST object, with sockets fit for a controller.

Three defaults don't fit. Connections are bounded (watches hold theirs for minutes and would starve writes), dropped after 15
idle seconds (the next rollback would pay for a TLS handshake), and a peer that vanished without a word goes unnoticed for hours.
"""

import socket
import urllib.request
from asyncio.sslproto import SSLProtocol
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.rest import RESTClientObject

_IDLE_SECONDS = 60.0  # below the API server's own 90 s and the usual load balancer's limits
# asyncio gives every TLS connection a buffer for what arrives, of 256 KiB; with one for each watch that makes 4 MiB. A record has
# 16 KiB at most.
SSLProtocol.max_size = 32 * 1024
_PROBES = (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))  # a dead peer is noticed within a minute


class Transport(RESTClientObject):
    """Sends requests as `Configuration` says; proxies of the environment are honoured where one applies to the server."""

    def __init__(self, configuration: Configuration) -> None:
        # Asking the environment on every request would triple what a request costs.
        configuration.client_session_kwargs = {"trust_env": _proxied(configuration.host)}
        super().__init__(configuration)

    def _create_connector(self) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(limit=0, ssl=self.ssl_context, keepalive_timeout=_IDLE_SECONDS, socket_factory=_socket)


def _proxied(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(parts.netloc)


def _socket(address: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, *_ = address
    created = socket.socket(family=family, type=kind, proto=protocol)
    created.setblocking(False)
    created.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _PROBES:
        if hasattr(socket, option):  # not every platform has all three
            created.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return created
