"""The Prometheus source against a server on loopback that answers as Prometheus, and worse, do."""

import base64
import json
import math
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from analysis.providers.base import ErrorKind, Point, ProviderError, Scalar, Unusable, Vector
from analysis.providers.circuit import FAILURES
from analysis.providers.prometheus import PrometheusAddress, PrometheusSource
from tests.analysis.world import NOON


def success(kind, result) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()


def failure(kind, text) -> bytes:
    return json.dumps({"status": "error", "errorType": kind, "error": text}).encode()


class Server:
    """Answers every request with one status, headers and body; remembers what was asked. `hold` keeps answers back."""

    def __init__(self, status=200, body=b"", headers=(), pieces=1, hold=False):
        self.status, self.body, self.headers, self.pieces = status, body, dict(headers), pieces
        self.asked, self.released = [], threading.Event()
        if not hold:
            self.released.set()

    def handler(self):
        world = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                world.asked.append((self.path, dict(self.headers)))
                world.released.wait(10)
                self.send_response(world.status)
                for name, value in world.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(world.body) * world.pieces))
                self.end_headers()
                try:
                    for _ in range(world.pieces):
                        self.wfile.write(world.body)
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, *args):
                """Nothing: tests are quiet."""

        return Handler


@contextmanager
def prometheus(server, timeout=5.0, cap=1024**2, **options):
    """A source of what the server answers."""
    listener = ThreadingHTTPServer(("127.0.0.1", 0), server.handler())
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    address = f"http://127.0.0.1:{listener.server_port}"
    source = PrometheusSource(PrometheusAddress(address=address, timeout=timedelta(seconds=timeout), **options), cap=cap)
    try:
        yield source
    finally:
        server.released.set()
        source.close()
        listener.shutdown()
        listener.server_close()
        thread.join()


async def refusal(server, **options) -> ProviderError:
    with prometheus(server, **options) as source, pytest.raises(ProviderError) as refused:
        await source.query("up", NOON)
    return refused.value


ROW = {"metric": {"pod": "a"}, "value": [1772452800, "5"]}


@pytest.mark.parametrize(
    ("kind", "result", "answer"),
    [
        ("vector", [], Vector(())),
        ("vector", [ROW], Vector((Point({"pod": "a"}, 5.0),))),
        ("scalar", [1772452800, "2.5"], Scalar(2.5)),
        ("string", [1772452800, "hello"], Unusable("a string")),
        ("matrix", [{"metric": {}, "values": [[1772452800, "1"]]}], Unusable("a range vector")),
        ("vector", [{"metric": {}, "histogram": [1772452800, {"count": "1", "sum": "1"}]}], Unusable("native histograms")),
    ],
)
async def test_answers_are_told_apart(kind, result, answer):
    with prometheus(Server(body=success(kind, result))) as source:
        assert await source.query("up", NOON) == answer


async def test_nan_and_infinity_are_numbers_for_others_to_judge():
    rows = [{"metric": {}, "value": [0, value]} for value in ("NaN", "+Inf")]
    with prometheus(Server(body=success("vector", rows))) as source:
        nan, infinity = (await source.query("up", NOON)).points
    assert (math.isnan(nan.value), infinity.value) == (True, math.inf)


async def test_a_query_is_asked_as_of_its_time_with_our_credentials():
    server = Server(body=success("vector", []))
    with prometheus(server, headers={"X-Scope-OrgID": "shop"}, basic=("me", "secret")) as source:
        await source.query('up{a="b c"}', NOON + timedelta(milliseconds=250))
    path, headers = server.asked[0]
    assert urlsplit(path).path == "/api/v1/query"
    assert parse_qs(urlsplit(path).query) == {
        "query": ['up{a="b c"}'],
        "time": [f"{NOON.timestamp():.0f}.250"],
        "timeout": ["5s"],
    }
    assert headers["X-Scope-OrgID"] == "shop"
    assert headers["Authorization"] == f"Basic {base64.b64encode(b'me:secret').decode()}"


@pytest.mark.parametrize(
    ("server", "kind", "sentence"),
    [
        (
            Server(status=422, body=failure("execution", "multiple matches for labels.")),
            ErrorKind.REFUSED,
            "refuses the query (HTTP 422): multiple matches for labels.",
        ),
        (
            Server(status=400, body=failure("bad_data", 'invalid parameter "query": parse error')),
            ErrorKind.REFUSED,
            'refuses the query (HTTP 400): invalid parameter "query": parse error.',
        ),
        (Server(status=404, body=b"not found\n"), ErrorKind.REFUSED, "refuses the query (HTTP 404): not found."),
        (Server(status=401, body=b""), ErrorKind.UNAUTHORIZED, "refuses the credentials (HTTP 401)."),
        (
            Server(status=503, body=failure("timeout", "query timed out")),
            ErrorKind.TIMEOUT,
            "gave up on the query: query timed out.",
        ),
        (Server(status=503, body=b""), ErrorKind.UNAVAILABLE, "is unavailable (HTTP 503): it didn't say why."),
        (Server(status=429, body=b"slow down"), ErrorKind.RATE_LIMITED, "is asked too often (HTTP 429): slow down."),
        (
            Server(status=302, headers={"Location": "http://elsewhere.example/login?token=x"}),
            ErrorKind.REDIRECTED,
            "redirects to http://elsewhere.example/login: give the address that answers itself.",
        ),
        (
            Server(body=b"<html>hello</html>"),
            ErrorKind.GARBAGE,
            "answered something that isn't Prometheus' JSON: is this its address?",
        ),
        (Server(body=b"[]"), ErrorKind.GARBAGE, "answered something that isn't Prometheus' JSON: is this its address?"),
        (Server(body=success("vector", [{"metric": {}}])), ErrorKind.GARBAGE, "is this its address?"),
        (Server(body=success("vector", {"a": 1})), ErrorKind.GARBAGE, "is this its address?"),
        (Server(body=b"x" * 65_536, pieces=32), ErrorKind.TOO_LARGE, "answered with more than 1 MiB: ask for fewer series."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_answer_is_told_apart(server, kind, sentence):
    refused = await refusal(server)
    assert refused.kind is kind
    assert refused.sentence.startswith("Prometheus at http://127.0.0.1:")
    assert refused.sentence.endswith(sentence)
    assert len(server.asked) == 1


async def test_a_slow_provider_is_given_up_on():
    refused = await refusal(Server(hold=True), timeout=0.1)
    assert refused.kind is ErrorKind.TIMEOUT
    assert refused.sentence.endswith("gave no answer within 0.1 s.")


async def test_nobody_there_is_unavailable():
    with prometheus(Server()) as source:
        pass
    gone = PrometheusSource(PrometheusAddress(address=source.address, timeout=timedelta(seconds=2)))
    with pytest.raises(ProviderError) as refused:
        await gone.query("up", NOON)
    gone.close()
    assert refused.value.kind is ErrorKind.UNAVAILABLE
    assert "can't be reached: " in refused.value.sentence
    assert "refused" in refused.value.sentence


async def test_a_provider_that_fails_again_and_again_is_left_alone():
    server = Server(status=503)
    with prometheus(server) as source:
        assert source.problem is None
        for _ in range(FAILURES + 3):
            with pytest.raises(ProviderError) as refused:
                await source.query("up", NOON)
        assert refused.value.kind is ErrorKind.RESTING
        assert f"is left alone for a while after {FAILURES} failures: Prometheus at " in source.problem
    assert len(server.asked) == FAILURES


async def test_a_bad_query_is_no_failure_of_the_provider():
    server = Server(status=422, body=failure("execution", "no"))
    with prometheus(server) as source:
        for _ in range(FAILURES + 3):
            with pytest.raises(ProviderError):
                await source.query("up", NOON)
        assert source.problem is None
    assert len(server.asked) == FAILURES + 3


def test_secrets_are_in_no_sentence_and_no_trace():
    where = PrometheusAddress(
        address="https://me:secret@prom.example:9090/tenant", headers={"Authorization": "Bearer secret"}, basic=("me", "secret")
    )
    assert where.name == "Prometheus at https://prom.example:9090"
    assert "Bearer" not in repr(where)
