"""A metric provider on loopback for tests: it answers each query by the first of its parts that it knows."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Series = Sequence[tuple[Mapping[str, str], float]]


@dataclass
class Refusal:
    """An answer of another status than 200."""

    status: int
    body: bytes = b""


class Silence:
    """No answer, until the test is over."""


@dataclass
class Provider:
    """`answers` are series, refusals or silence by a part of the query; what is unknown has no series."""

    answers: dict[str, Series | Refusal | Silence]
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, query: str) -> tuple[int, bytes]:
        found = next((answer for part, answer in self.answers.items() if part in query), ())
        match found:
            case Silence():
                self.over.wait(10)
                return 200, b""
            case Refusal(status, body):
                return status, body
            case _:
                rows = [{"metric": dict(labels), "value": [0, f"{value!r}".replace("nan", "NaN")]} for labels, value in found]
                return 200, json.dumps({"status": "success", "data": {"resultType": "vector", "result": rows}}).encode()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address while it serves."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = provider.answer(parse_qs(urlsplit(self.path).query)["query"][0])
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                with suppress(ConnectionError):  # whoever asked has lost patience
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        listener.daemon_threads = True
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_port}"
        finally:
            self.over.set()
            listener.shutdown()
            listener.server_close()
            thread.join()
