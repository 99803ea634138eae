"""Which service a request means: by its Host, by the path prefix `/mesh/<namespace>/<service>`, or by an absolute URL when the
mesh is used as an HTTP proxy. Pure.
"""

import re
from dataclasses import dataclass

from canary.sandbox.http1 import Request

DOMAIN = "cluster.local"
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"({_LABEL})\.({_LABEL})(?:\.svc(?:\.{re.escape(DOMAIN)})?)?\.?(?::(\d+))?")
_PREFIX = re.compile(rf"/mesh/({_LABEL})/({_LABEL})(?::(\d+))?(/.*|\?.*)?")
_ABSOLUTE = re.compile(r"http://([^/?#]+)([/?].*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """`port` is None when the client named none; `path` is what the pod gets to see."""

    namespace: str
    service: str
    port: int | None
    path: str


def destination_of(request: Request) -> Destination | None:
    """Read it; None when the request names no service in any of these ways."""
    if match := _ABSOLUTE.fullmatch(request.target):
        return _by_host(match[1], match[2] or "/", default_port=80)
    if match := _PREFIX.fullmatch(request.target):
        path = match[4] or "/"
        port = int(match[3]) if match[3] else None
        return Destination(namespace=match[1], service=match[2], port=port, path=path if path[0] == "/" else f"/{path}")
    return _by_host(request.headers.get("host", ""), request.target, default_port=None)


def _by_host(host: str, path: str, default_port: int | None) -> Destination | None:
    match = _HOST.fullmatch(host.lower())
    if match is None:
        return None
    port = int(match[3]) if match[3] else default_port
    return Destination(namespace=match[2], service=match[1], port=port, path=path if path[0] == "/" else f"/{path}")
