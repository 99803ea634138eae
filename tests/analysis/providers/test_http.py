"""What goes wrong between us and any provider over HTTP, told apart by a server on loopback; and what nobody gets to read."""

import json
from contextlib import asynccontextmanager

import pytest

from analysis.providers.base import ErrorKind, InfluxLanguage, ProviderError, Scalar, Vector
from analysis.providers.circuit import FAILURES
from analysis.providers.cloudwatch import CloudWatch, CloudWatchRegion
from analysis.providers.datadog import Datadog, DatadogAccount
from analysis.providers.graphite import Graphite, GraphiteAddress
from analysis.providers.influxdb import InfluxAddress, InfluxDB
from analysis.providers.newrelic import NewRelic, NewRelicAccount
from analysis.providers.redaction import secrets_of
from analysis.providers.signature import AwsKey
from analysis.providers.tls import Tls
from analysis.providers.web import Web, WebAddress
from tests.analysis.providers.serving import Server, a_client, an_ask, certificate, manners, serving

SECRET = "hunter2-correct-horse-battery"


@asynccontextmanager
async def web(server, url="/n", tls=None, **options):
    with serving(server, tls=tls is not None) as address:
        client = a_client(**({} if tls is None else {"verify": tls.context()}))
        source = Web(WebAddress(url=address + url), client, manners(**options))
        try:
            yield source
        finally:
            await source.close()


async def refusal(server, **options) -> ProviderError:
    async with web(server, **options) as source:
        with pytest.raises(ProviderError) as refused:
            await source.number(an_ask("$.n"))
    return refused.value


@pytest.mark.parametrize(
    ("server", "kind", "words"),
    [
        (Server(status=401), ErrorKind.UNAUTHORIZED, "refuses the credentials (HTTP 401)."),
        (Server(status=403, body=b"go away"), ErrorKind.UNAUTHORIZED, "refuses the credentials (HTTP 403)."),
        (Server(status=404, body=b"<html>no</html>"), ErrorKind.REFUSED, "(HTTP 404): an HTML page came instead of a reason."),
        (Server(status=400, body=b'{"error": "bad query."}'), ErrorKind.REFUSED, "refuses the query (HTTP 400): bad query."),
        (Server(status=400, body=b'{"errors": ["one", "two"]}'), ErrorKind.REFUSED, "refuses the query (HTTP 400): one."),
        (Server(status=400, body=b'{"errors": [{"title": "so"}]}'), ErrorKind.REFUSED, "refuses the query (HTTP 400): so."),
        (Server(status=422, body=b"\xff\xfe"), ErrorKind.REFUSED, "refuses the query (HTTP 422): \ufffd\ufffd."),
        (Server(status=429, body=b"slow down"), ErrorKind.RATE_LIMITED, "is asked too often (HTTP 429): slow down."),
        (Server(status=500), ErrorKind.UNAVAILABLE, "is unavailable (HTTP 500): it didn't say why."),
        (Server(status=503, body=b"<html>"), ErrorKind.UNAVAILABLE, "(HTTP 503): an HTML page came instead of a reason."),
        (
            Server(status=302, headers={"Location": "http://elsewhere.example/login?token=x"}),
            ErrorKind.REDIRECTED,
            "redirects to http://elsewhere.example/login: give the address that answers itself.",
        ),
        (Server(status=204), ErrorKind.REFUSED, "refuses the query (HTTP 204): it didn't say why."),
        (Server(body=b"<html>hello</html>"), ErrorKind.GARBAGE, "answered something that isn't JSON: is this its address?"),
        (Server(body=b""), ErrorKind.GARBAGE, "answered something that isn't JSON: is this its address?"),
        (Server(body=b"[" * 100_000), ErrorKind.GARBAGE, "answered something that isn't JSON: is this its address?"),
        (Server(body=b"x" * 65_536, pieces=32), ErrorKind.TOO_LARGE, "more than 1 MiB: ask for less in one query."),
        (
            Server(headers={"Content-Encoding": "gzip"}),
            ErrorKind.GARBAGE,
            "answers only in a packed form, which was not asked for.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_answer_is_told_apart(server, kind, words):
    refused = await refusal(server, cap=1024**2)
    assert refused.kind is kind
    assert refused.sentence.startswith("The provider ")
    assert refused.sentence.endswith(words)
    assert len(server.asked) == 1


async def test_a_slow_provider_is_given_up_on():
    refused = await refusal(Server(hold=True), timeout=0.1)
    assert (refused.kind, refused.sentence) == (ErrorKind.TIMEOUT, "The provider gave no answer within 0.1 s.")


async def test_nobody_there_is_unavailable():
    with serving(Server()) as address:
        pass
    source = Web(WebAddress(url=f"{address}/n"), a_client(), manners())
    with pytest.raises(ProviderError) as refused:
        await source.number(an_ask("$"))
    await source.close()
    assert refused.value.kind is ErrorKind.UNAVAILABLE
    assert refused.value.sentence.startswith("The provider can't be reached: ")


async def test_a_provider_that_fails_again_and_again_is_left_alone():
    server = Server(status=500)
    async with web(server) as source:
        for _ in range(FAILURES + 3):
            with pytest.raises(ProviderError) as refused:
                await source.number(an_ask("$"))
        assert refused.value.kind is ErrorKind.RESTING
    assert len(server.asked) == FAILURES


async def test_a_pause_that_is_asked_for_is_given():
    server = Server(status=429, headers={"Retry-After": "120"})
    async with web(server) as source:
        for kind in (ErrorKind.RATE_LIMITED, ErrorKind.RESTING):
            with pytest.raises(ProviderError) as refused:
                await source.number(an_ask("$"))
            assert refused.value.kind is kind
    assert len(server.asked) == 1


async def test_refused_credentials_are_remembered():
    async with web(Server(status=403)) as source:
        assert not source.turned_away
        with pytest.raises(ProviderError):
            await source.number(an_ask("$"))
        assert source.turned_away


async def test_a_certificate_of_our_own_authority_is_trusted_and_no_other():
    async with web(Server(body=b"5"), tls=Tls(ca=certificate("ca.crt"))) as source:
        assert (await source.number(an_ask("$"))).points[0].value == 5
    refused = await refusal(Server(body=b"5"), tls=Tls())
    assert refused.kind is ErrorKind.UNAVAILABLE


async def test_a_header_that_no_header_can_carry_is_not_shown():
    source = Web(WebAddress(url="http://127.0.0.1:1/", headers={"X-Key": f"{SECRET}\nX: y"}), a_client(), manners())
    with pytest.raises(ProviderError) as refused:
        await source.number(an_ask("$"))
    await source.close()
    assert SECRET not in refused.value.sentence


SOURCES = {
    "web": lambda at, client, how: Web(WebAddress(url=at, headers={"Authorization": f"Bearer {SECRET}"}), client, how),
    "graphite": lambda at, client, how: Graphite(GraphiteAddress(address=at, headers={"X-Key": SECRET}), client, how),
    "datadog": lambda at, client, how: Datadog(DatadogAccount(address=at, api_key=SECRET, app_key=SECRET), client, how),
    "newrelic": lambda at, client, how: NewRelic(NewRelicAccount(address=at, account=1, api_key=SECRET), client, how),
    "cloudwatch": lambda at, client, how: CloudWatch(
        CloudWatchRegion(address=at, region="eu-west-1", key=AwsKey(access_key_id=SECRET, secret_access_key=SECRET)), client, how
    ),
    **{
        language.value: lambda at, client, how, language=language: InfluxDB(
            InfluxAddress(address=at, language=language, database="shop", token=SECRET), client, how
        )
        for language in InfluxLanguage
    },
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 429, 500])
async def test_a_provider_that_repeats_our_secrets_is_not_repeated(kind, status):
    server = Server(status=status, echo=True, headers={"Location": f"http://elsewhere.example/{SECRET}"})
    with serving(server) as address:
        source = SOURCES[kind](address, a_client(), manners(secrets=secrets_of([SECRET])))
        with pytest.raises(ProviderError) as refused:
            await source.number(an_ask("$.n"))
        await source.close()
    assert SECRET in str(server.asked[0].headers)
    assert SECRET not in refused.value.sentence
    assert SECRET not in repr(source)
    assert len(server.asked) == 1


HOSTILE = [
    *(b"null", b"1", b'"x"', b"[]", b"{}", b"[null]", b"[[]]", b'[{"a": [1]}]', b'{"data": null}', b'{"series": 1}'),
    *(b'{"series": [{"pointlist": [[1, 2, 3]]}]}', b'{"series": [{"pointlist": [["x", "y"]]}]}', b'{"errors": {}}'),
    *(b'{"errors": [null]}', b'{"errors": "x"}', b'{"MetricDataResults": [{"Label": 1}]}', b'[{"target": 1, "datapoints": 1}]'),
    b'{"series": [{"pointlist": [[1e400, 1]]}]}',
    b'{"MetricDataResults": [{"Label": "x", "Timestamps": [1], "Values": []}]}',
    b'[{"n": %s}]' % (b"9" * 400),
    json.dumps({"data": {"actor": {"account": {"nrql": {"results": [1]}}}}}).encode(),
    json.dumps({"data": {"actor": {"account": {"nrql": {"results": [{"a": {"b": "c"}}]}}}}}).encode(),
]


@pytest.mark.parametrize("kind", SOURCES)
async def test_json_of_any_other_shape_is_an_answer_or_an_error_of_the_provider(kind):
    server = Server()
    with serving(server) as address:
        source = SOURCES[kind](address, a_client(), manners())
        for body in HOSTILE:
            server.body = body
            try:
                answer = await source.number(an_ask("$"))
            except ProviderError as error:
                assert error.kind in (ErrorKind.GARBAGE, ErrorKind.REFUSED)  # noqa: PT017 - either is right
            else:
                assert not isinstance(answer, Scalar)
                assert not isinstance(answer, Vector) or all(isinstance(point.value, float) for point in answer.points)
        await source.close()
