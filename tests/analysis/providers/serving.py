"""Servers on loopback that answer as metric providers do, and worse."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from analysis.providers.base import Ask
from analysis.providers.http import Manners
from tests.analysis.world import NOON

CERTIFICATES = Path(__file__).parent / "certificates"
BLANKS = {
    "namespace": "shop",
    "pods": "orders-canary-[a-z0-9]+",
    "leaf": "orders-canary",
    "canary": "orders",
    "service": "orders",
    "deployment": "orders-canary",
}
MINUTE = timedelta(minutes=1)
START, END = NOON.timestamp() - 60, NOON.timestamp()


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """Answers every request with one status, headers and body. `hold` keeps answers back, `echo` repeats what was sent."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    pieces: int = 1
    hold: bool = False
    echo: bool = False
    asked: list[Asked] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked) -> bytes:
        if not self.echo:
            return self.body
        return "\n".join([asked.path, *(f"{name}: {value}" for name, value in asked.headers.items()), ""]).encode() + asked.body

    def handler(self) -> type[BaseHTTPRequestHandler]:
        world = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                world.asked.append(Asked(self.command, self.path, dict(self.headers), body))
                if world.hold:
                    world.released.wait(10)
                answer = world.answer(world.asked[-1])
                self.send_response(world.status)
                for name, value in world.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer) * world.pieces))
                self.end_headers()
                try:
                    for _ in range(world.pieces):
                        self.wfile.write(answer)
                except ConnectionError:
                    self.close_connection = True

            do_POST = do_GET  # noqa: N815 - the library's name

            def log_message(self, *args):
                """Nothing: tests are quiet."""

        return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that doesn't like our certificate is no news."""


@contextmanager
def serving(server: Server, *, tls: bool = False, clients: bool = False) -> Iterator[str]:
    """The address of the server; `clients` asks for their certificates too."""
    listener = _Quiet(("127.0.0.1", 0), server.handler())
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / "server.crt", CERTIFICATES / "server.key")
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(CERTIFICATES / "ca.crt")
        listener.socket = context.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.server_port}"
    finally:
        server.released.set()
        listener.shutdown()
        listener.server_close()
        thread.join()


def a_client(**options) -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, timeout=None, **options)


def manners(name="The provider", timeout=5.0, **options) -> Manners:
    return Manners(name=name, timeout=timedelta(seconds=timeout), **options)


def an_ask(template: str, *, total=False, start=NOON - MINUTE, end=NOON) -> Ask:
    return Ask(template=template, blanks=BLANKS, start=start, end=end, total=total)


def certificate(name: str) -> str:
    return (CERTIFICATES / name).read_text()
