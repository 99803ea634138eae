"""How a session's connections are made: pooled, never retried, with our own trust, and only where we may connect to.

The address is checked once the connection stands and before anything is sent, so that a name can't lead elsewhere in between.
"""

import ssl
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import InsecureRequestWarning

from analysis.providers.base import ErrorKind, ProviderError

Doorman = Callable[[str, str], str | None]
"""From a host and its address to the sentence that refuses it, None for what may be connected to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """`connections` at most are kept. No `trust` is the public authorities', no `doorman` lets everybody in."""

    connections: int
    trust: ssl.SSLContext | None = None
    doorman: Doorman | None = None


class PlainAdapter(HTTPAdapter):
    """Opens connections in these ways."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        super().__init__(pool_maxsize=ways.connections, max_retries=0)
        if ways.doorman is not None:
            self.poolmanager.pool_classes_by_scheme = _guarded(ways.doorman)
        if ways.trust is not None and ways.trust.verify_mode is ssl.CERT_NONE:
            warnings.simplefilter("ignore", InsecureRequestWarning)  # its owner asked for it in so many words

    def build_connection_pool_key_attributes(self, request: PreparedRequest, verify: Any, cert: Any = None) -> Any:
        """As in the library, except that our own trust takes the place of all of its settings."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": self._ways.trust} if self._ways.trust and host["scheme"] == "https" else pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """As in the library, unless the trust is ours and complete."""
        if self._ways.trust is None:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]


def _guarded(doorman: Doorman) -> dict[str, type[HTTPConnectionPool]]:
    def check(connection: HTTPConnection) -> None:
        address = str(connection.sock.getpeername()[0]) if connection.sock is not None else ""
        if (sentence := doorman(connection.host, address)) is not None:
            connection.close()
            raise ProviderError(ErrorKind.REFUSED, sentence)

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            check(self)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            check(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
