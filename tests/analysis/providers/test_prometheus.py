"""The Prometheus source against a server on loopback that answers as Prometheus, and worse, do."""

import base64
import json
import math
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from analysis.providers.base import ErrorKind, Point, ProviderError, Scalar, Unusable, Vector
from analysis.providers.circuit import FAILURES
from analysis.providers.prometheus import PrometheusAddress, PrometheusSource
from analysis.providers.tls import BadCertificate, Tls
from tests.analysis.providers.serving import Server, certificate, serving
from tests.analysis.world import NOON


def success(kind, result) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()


def failure(kind, text) -> bytes:
    return json.dumps({"status": "error", "errorType": kind, "error": text}).encode()


@contextmanager
def prometheus(server, timeout=5.0, cap=1024**2, doorman=None, **options):
    """A source of what the server answers."""
    with serving(server, tls="tls" in options) as address:
        where = PrometheusAddress(address=address + options.pop("path", ""), timeout=timedelta(seconds=timeout), **options)
        source = PrometheusSource(where, cap=cap, doorman=doorman)
        try:
            yield source
        finally:
            source.close()


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
    [asked] = server.asked
    assert urlsplit(asked.path).path == "/api/v1/query"
    assert parse_qs(urlsplit(asked.path).query) == {
        "query": ['up{a="b c"}'],
        "time": [f"{NOON.timestamp():.0f}.250"],
        "timeout": ["5s"],
    }
    assert asked.headers["X-Scope-OrgID"] == "shop"
    assert asked.headers["Authorization"] == f"Basic {base64.b64encode(b'me:secret').decode()}"


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


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"warnings": ["No StoreAPIs matched for this query"]}, "No StoreAPIs matched for this query."),
        (
            {"warnings": ["receive series from Addr: 10.0.0.1:10901: connection refused."]},
            "receive series from Addr: 10.0.0.1:10901: connection refused.",
        ),
        ({"isPartial": True}, "some of its storage nodes gave no answer."),
        ({"warnings": ["PromQL warning: a mix of histograms and floats", "one store is away"]}, "one store is away."),
    ],
)
async def test_a_part_of_the_answer_is_no_answer(more, why):
    body = json.dumps({"status": "success", **more, "data": {"resultType": "vector", "result": [ROW]}}).encode()
    refused = await refusal(Server(body=body))
    assert refused.kind is ErrorKind.PARTIAL
    assert refused.sentence.endswith(f"answered only in part, which is nothing to judge by: {why}")


@pytest.mark.parametrize(
    "more",
    [
        {"infos": ["PromQL info: metric might not be a counter"]},
        {"warnings": ["PromQL warning: bucket label le is missing"]},
        {"warnings": []},
        {"warnings": None},
        {"isPartial": False},
    ],
)
async def test_notes_on_a_query_are_no_part_of_the_answer(more):
    body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": [ROW]}, **more}).encode()
    with prometheus(Server(body=body)) as source:
        assert await source.query("up", NOON) == Vector((Point({"pod": "a"}, 5.0),))


async def test_labels_are_not_mistaken_for_marks():
    row = {"metric": {"warnings": "x", "path": '"warnings":["y"], "isPartial":true'}, "value": [0, "1"]}
    with prometheus(Server(body=success("vector", [row]))) as source:
        assert [point.value for point in (await source.query("up", NOON)).points] == [1.0]


async def test_parameters_and_a_prefix_go_along():
    server = Server(body=success("vector", []))
    with prometheus(server, path="/prometheus/", parameters={"partial_response": "false", "dedup": "true"}) as source:
        await source.query("up", NOON)
    asked = urlsplit(server.asked[0].path)
    assert asked.path == "/prometheus/api/v1/query"
    assert {"partial_response": ["false"], "dedup": ["true"]}.items() <= parse_qs(asked.query).items()


async def test_a_pause_that_is_asked_for_is_given():
    server = Server(status=429, headers={"Retry-After": "120"})
    with prometheus(server) as source:
        for kind in (ErrorKind.RATE_LIMITED, ErrorKind.RESTING, ErrorKind.RESTING):
            with pytest.raises(ProviderError) as refused:
                await source.query("up", NOON)
            assert refused.value.kind is kind
        assert "is left alone for as long as it asked for: " in refused.value.sentence
    assert len(server.asked) == 1


async def test_our_own_authority_is_trusted_and_no_other():
    body = success("vector", [ROW])
    with prometheus(Server(body=body), tls=Tls(ca=certificate("ca.crt"))) as source:
        assert await source.query("up", NOON) == Vector((Point({"pod": "a"}, 5.0),))
    refused = await refusal(Server(body=body), tls=Tls())
    assert refused.kind is ErrorKind.UNAVAILABLE
    assert "certificate" in refused.sentence


async def test_nobody_is_checked_where_its_owner_says_so():
    with prometheus(Server(body=success("vector", [ROW])), tls=Tls(verify=False)) as source:
        assert await source.query("up", NOON) == Vector((Point({"pod": "a"}, 5.0),))


async def test_we_show_our_own_certificate():
    ours = Tls(ca=certificate("ca.crt"), certificate=certificate("client.crt"), key=certificate("client.key"))
    with serving(Server(body=success("vector", [])), tls=True, clients=True) as address:
        source = PrometheusSource(PrometheusAddress(address=address, tls=ours))
        assert await source.query("up", NOON) == Vector(())
        source.close()


@pytest.mark.parametrize(
    ("tls", "what"),
    [
        (Tls(ca="no certificate"), "ca.crt holds no certificates in PEM"),
        (Tls(certificate="no certificate", key="secret key"), "tls.crt and tls.key are no certificate and its key in PEM"),
    ],
)
def test_what_is_no_certificate_is_named_and_not_shown(tls, what):
    with pytest.raises(BadCertificate) as refused:
        PrometheusSource(PrometheusAddress(address="https://prom.example", tls=tls))
    assert str(refused.value) == what
    assert "secret" not in repr(tls)


async def test_an_address_that_is_refused_is_sent_nothing():
    server = Server(body=success("vector", []))
    guarded = prometheus(server, doorman=lambda host, address: f"{host} leads to {address}.")
    with guarded as source, pytest.raises(ProviderError) as refused:
        await source.query("up", NOON)
    assert (refused.value.kind, refused.value.sentence) == (ErrorKind.REFUSED, "127.0.0.1 leads to 127.0.0.1.")
    assert server.asked == []


async def test_a_secret_that_is_repeated_is_not_repeated_by_us():
    server = Server(status=400, echo=True)
    login = {"headers": {"X-Key": "hunter2hunter2"}, "basic": ("me", "correct horse")}
    with prometheus(server, **login) as source, pytest.raises(ProviderError) as refused:
        await source.query("up", NOON)
    assert "hunter2" not in refused.value.sentence
    assert base64.b64encode(b"me:correct horse").decode() not in refused.value.sentence
