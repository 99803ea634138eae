"""Each provider's documented API, served on loopback: what it is asked, and what its answers come to."""

import json
import math
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from analysis.providers.base import ErrorKind, InfluxLanguage, Point, Unusable, Vector
from analysis.providers.cloudwatch import CloudWatch, CloudWatchRegion
from analysis.providers.datadog import Datadog, DatadogAccount
from analysis.providers.graphite import Graphite, GraphiteAddress
from analysis.providers.influxdb import InfluxAddress, InfluxDB
from analysis.providers.newrelic import NewRelic, NewRelicAccount
from analysis.providers.signature import AwsKey
from tests.analysis.providers.asking import answer, nothing_sent, one, refusal
from tests.analysis.providers.serving import END, START, a_client, manners

DATADOG = lambda at: Datadog(DatadogAccount(address=at, api_key="api", app_key="app"), a_client(), manners())
GRAPHITE = lambda at: Graphite(GraphiteAddress(address=f"{at}/", headers={"Authorization": "Basic x"}), a_client(), manners())
NEWRELIC = lambda at: NewRelic(NewRelicAccount(address=at, account=42, api_key="NRAK-1"), a_client(), manners())
CLOUDWATCH = lambda at: CloudWatch(
    CloudWatchRegion(address=at, region="eu-west-1", key=AwsKey(access_key_id="AKID", secret_access_key="key")),
    a_client(),
    manners(),
    clock=lambda: datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC),
)


def influx(language):
    return lambda at: InfluxDB(InfluxAddress(address=at, language=language, database="shop", token="t"), a_client(), manners())


# -- Datadog -----------------------------------------------------------------------------------------------------------


def series(*points, tags=()):
    return {"status": "ok", "series": [{"pointlist": [list(point) for point in points], "tag_set": list(tags)}]}


async def test_datadog_is_asked_for_the_window_with_both_keys():
    query = "sum:trace.http.request.errors{kube_deployment:{{deployment}}}.as_count()"
    _, asked = await answer(DATADOG, series(), query)
    assert (asked.method, urlsplit(asked.path).path) == ("GET", "/api/v1/query")
    assert parse_qs(urlsplit(asked.path).query) == {
        "from": [f"{START:.0f}"],
        "to": [f"{END:.0f}"],
        "query": ["sum:trace.http.request.errors{kube_deployment:orders-canary}.as_count()"],
    }
    assert (asked.headers["DD-API-KEY"], asked.headers["DD-APPLICATION-KEY"]) == ("api", "app")


@pytest.mark.parametrize(("total", "value"), [(False, 3.0), (True, 5.0)])
async def test_datadog_gives_the_latest_point_or_the_sum(total, value):
    points = series(
        (START * 1000 - 1, 100), (START * 1000, 2), (START * 1000 + 20_000, 3), (END * 1000 - 1, None), (END * 1000, 50)
    )
    assert one(value) == (await answer(DATADOG, points, total=total))[0]


async def test_datadog_gives_a_point_for_each_group():
    body = {
        "status": "ok",
        "series": [
            {"pointlist": [[START * 1000, 1]], "tag_set": ["pod_name:a"]},
            {"pointlist": [[START * 1000, 2]], "tag_set": ["pod_name:b"]},
            {"pointlist": [[START * 1000, None]], "tag_set": ["pod_name:c"]},
        ],
    }
    found, _ = await answer(DATADOG, body)
    assert found == Vector((Point({"pod_name": "a"}, 1.0), Point({"pod_name": "b"}, 2.0)))


async def test_datadog_without_a_series_is_empty():
    assert Vector(()) == (await answer(DATADOG, {"status": "ok", "series": []}))[0]


async def test_datadog_refuses_within_an_ok():
    refused = await refusal(DATADOG, {"status": "error", "error": "Error parsing query: unable to parse.", "series": []})
    assert (refused.kind, refused.sentence) == (
        ErrorKind.REFUSED,
        "The provider refuses the query: Error parsing query: unable to parse.",
    )


# -- Graphite ----------------------------------------------------------------------------------------------------------


async def test_graphite_is_asked_by_a_form_so_that_the_window_holds_its_beginning_and_not_its_end():
    body = [{"target": "t", "datapoints": [[9, START - 60], [1, START], [2, END - 30], [None, END - 10], [9, END]]}]
    found, asked = await answer(GRAPHITE, body, "sumSeries(stats.{{leaf}}.errors)", total=True)
    assert found == one(3.0, target="t")
    assert (asked.method, asked.path) == ("POST", "/render")
    assert parse_qs(asked.body.decode()) == {
        "target": ["sumSeries(stats.orders-canary.errors)"],
        "from": [f"{START - 1:.0f}"],
        "until": [f"{END - 1:.0f}"],
        "format": ["json"],
    }
    assert asked.headers["Authorization"] == "Basic x"


async def test_graphite_gives_the_latest_point_that_is_there():
    body = [{"target": "t", "datapoints": [[1, START], [2, START + 10], [None, START + 20]]}]
    assert one(2.0, target="t") == (await answer(GRAPHITE, body))[0]


async def test_graphite_without_points_is_empty():
    assert Vector(()) == (await answer(GRAPHITE, [{"target": "t", "datapoints": [[None, START]]}]))[0]
    assert Vector(()) == (await answer(GRAPHITE, []))[0]


# -- New Relic ---------------------------------------------------------------------------------------------------------


def nrql(*rows):
    return {"data": {"actor": {"account": {"nrql": {"results": list(rows)}}}}}


async def test_new_relic_is_asked_through_nerdgraph_with_the_window_added():
    _, asked = await answer(NEWRELIC, nrql({"count": 1}), "SELECT count(*) FROM Span WHERE host LIKE '{{deployment}}%'")
    told = json.loads(asked.body)
    assert (asked.method, asked.path, asked.headers["API-Key"]) == ("POST", "/graphql", "NRAK-1")
    assert told["variables"] == {
        "account": 42,
        "nrql": f"SELECT count(*) FROM Span WHERE host LIKE 'orders-canary%' SINCE {START:.0f}000 UNTIL {END:.0f}000",
    }
    assert told["query"].startswith("query($account: Int!, $nrql: Nrql!)")


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([{"count": 12}], one(12.0)),
        ([{"average.duration": 0.25, "beginTimeSeconds": 1, "endTimeSeconds": 2}], one(0.25)),
        ([{"percentile.duration": {"99": 1.5}}], one(1.5)),
        ([{"facet": "a", "host": "a", "count": 1}, {"facet": "b", "host": "b", "count": 2}], None),
        ([], Vector(())),
        ([{"percentile.duration": {"95": 1, "99": 2}}], Unusable("a row of 2 numbers")),
        ([{"latest.host": "a"}], Unusable("a row of no numbers")),
    ],
)
async def test_new_relic_rows(rows, found):
    answered, _ = await answer(NEWRELIC, nrql(*rows))
    if found is None:
        assert [point.value for point in answered.points] == [1.0, 2.0]
        assert answered.points[0].labels == {"facet": "a", "host": "a"}
    else:
        assert found == answered


async def test_new_relic_says_null_for_the_mean_of_nothing():
    found, _ = await answer(NEWRELIC, nrql({"average.duration": None}))
    assert math.isnan(found.points[0].value)


@pytest.mark.parametrize(
    ("named", "kind", "words"),
    [
        ("TOO_MANY_REQUESTS", ErrorKind.RATE_LIMITED, "is asked too often: No."),
        ("TIMEOUT", ErrorKind.TIMEOUT, "gave up on the query: No."),
        ("SERVER_ERROR", ErrorKind.UNAVAILABLE, "is unavailable: No."),
        ("ACCESS_DENIED", ErrorKind.UNAUTHORIZED, "refuses the credentials: No."),
        ("NRDB:1100000", ErrorKind.REFUSED, "refuses the query: No."),
        (None, ErrorKind.REFUSED, "refuses the query: No."),
    ],
)
async def test_new_relic_refuses_within_an_ok(named, kind, words):
    error = {"message": "No.", **({"extensions": {"errorClass": named}} if named else {})}
    refused = await refusal(NEWRELIC, {"data": {"actor": None}, "errors": [error]})
    assert (refused.kind, refused.sentence) == (kind, f"The provider {words}")


# -- InfluxDB ----------------------------------------------------------------------------------------------------------

FLUX = 'from(bucket:"b") |> range(start: {{from}}, stop: {{to}}) |> filter(fn: (r) => r.pod =~ /^{{pods}}$/)'
ANNOTATED = b"""#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,double,string\r
#group,false,false,true,true,false,true\r
#default,_result,,,,,\r
,result,table,_start,_stop,_value,pod\r
,,0,2026-03-02T11:59:00Z,2026-03-02T12:00:00Z,1.5,a\r
,,0,2026-03-02T11:59:00Z,2026-03-02T12:00:00Z,2.5,a\r
\r
,result,table,_start,_stop,_value,pod\r
,,1,2026-03-02T11:59:00Z,2026-03-02T12:00:00Z,4,b\r
\r
"""


async def test_flux_is_asked_of_the_organization():
    _, asked = await answer(influx(InfluxLanguage.FLUX), ANNOTATED, FLUX)
    assert (asked.method, asked.path) == ("POST", "/api/v2/query?org=shop")
    assert asked.headers["authorization"] == "Token t"
    assert asked.headers["content-type"] == "application/vnd.flux"
    assert asked.body.decode() == (
        'from(bucket:"b") |> range(start: 2026-03-02T11:59:00Z, stop: 2026-03-02T12:00:00Z)'
        " |> filter(fn: (r) => r.pod =~ /^orders-canary-[a-z0-9]+$/)"
    )


@pytest.mark.parametrize(("total", "first"), [(False, 2.5), (True, 4.0)])
async def test_flux_gives_a_point_for_each_table(total, first):
    found, _ = await answer(influx(InfluxLanguage.FLUX), ANNOTATED, total=total)
    assert found == Vector((Point({"pod": "a"}, first), Point({"pod": "b"}, 4.0)))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", Vector(())),
        (b"\r\n", Vector(())),
        (b",result,table,_value\r\n", Vector(())),
        (b",result,table,_value\r\n,,0,hello\r\n", Unusable("a text")),
    ],
)
async def test_flux_without_numbers(body, found):
    assert found == (await answer(influx(InfluxLanguage.FLUX), body))[0]


async def test_flux_with_an_empty_value_is_not_a_number():
    found, _ = await answer(influx(InfluxLanguage.FLUX), b",result,table,_value\r\n,,0,\r\n")
    assert math.isnan(found.points[0].value)


async def test_flux_refuses_within_an_ok():
    refused = await refusal(influx(InfluxLanguage.FLUX), b"error,reference\r\nno such bucket.,897\r\n")
    assert (refused.kind, refused.sentence) == (ErrorKind.REFUSED, "The provider refuses the query: no such bucket.")


async def test_flux_that_is_html_is_garbage():
    assert (await refusal(influx(InfluxLanguage.FLUX), b"<html>\n<p>hello\n")).kind is ErrorKind.GARBAGE


@pytest.mark.parametrize("language", [InfluxLanguage.SQL, InfluxLanguage.INFLUXQL])
async def test_release_3_answers_rows(language):
    rows = [{"iox::measurement": "http", "time": "2026-03-02T11:59:00", "pod": "a", "n": 3}]
    found, asked = await answer(influx(language), rows, "SELECT n FROM http WHERE time >= '{{from}}' AND svc = '{{service}}'")
    assert found == one(3.0, pod="a")
    assert (asked.method, asked.path, asked.headers["authorization"]) == ("POST", f"/api/v3/query_{language}", "Bearer t")
    assert json.loads(asked.body) == {
        "db": "shop",
        "q": "SELECT n FROM http WHERE time >= '2026-03-02T11:59:00Z' AND svc = 'orders'",
        "format": "json",
    }


# -- CloudWatch --------------------------------------------------------------------------------------------------------


def results(*values, status="Complete", label="errors"):
    times = [END - 60 * index for index in range(1, len(values) + 1)]
    return {"MetricDataResults": [{"Id": "asked", "Label": label, "Timestamps": times, "Values": values, "StatusCode": status}]}


async def test_cloudwatch_is_asked_in_its_json_protocol_and_signed():
    query = "SELECT SUM(errors) FROM shop WHERE deployment = '{{deployment}}'"
    found, asked = await answer(CLOUDWATCH, results(4.0), query)
    assert found == one(4.0, label="errors")
    assert (asked.method, asked.path) == ("POST", "/")
    assert asked.headers["x-amz-target"] == "GraniteServiceVersion20100801.GetMetricData"
    assert asked.headers["content-type"] == "application/x-amz-json-1.0"
    assert asked.headers["x-amz-date"] == "20260302T120030Z"
    assert asked.headers["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKID/20260302/eu-west-1/monitoring/aws4_request, "
    )
    expression = "SELECT SUM(errors) FROM shop WHERE deployment = 'orders-canary'"
    assert json.loads(asked.body) == {
        "StartTime": int(START),
        "EndTime": int(END),
        "MetricDataQueries": [{"Id": "asked", "Expression": expression, "Period": 60, "ReturnData": True}],
        "ScanBy": "TimestampDescending",
    }


async def test_cloudwatch_takes_a_list_of_queries():
    _, asked = await answer(CLOUDWATCH, results(), '[{"Id": "m1", "MetricStat": {"Stat": "Sum", "Name": "{{leaf}}"}}]')
    assert json.loads(asked.body)["MetricDataQueries"] == [{"Id": "m1", "MetricStat": {"Stat": "Sum", "Name": "orders-canary"}}]


@pytest.mark.parametrize(("total", "value"), [(False, 3.0), (True, 10.0)])
async def test_cloudwatch_gives_the_latest_value_or_the_sum(total, value):
    start = datetime.fromtimestamp(END, UTC) - timedelta(minutes=2)
    found, _ = await answer(CLOUDWATCH, results(3, 7, 100), total=total, start=start)
    assert found == one(value, label="errors")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("PartialData", ErrorKind.PARTIAL),
        ("InternalError", ErrorKind.UNAVAILABLE),
        ("Forbidden", ErrorKind.UNAUTHORIZED),
    ],
)
async def test_cloudwatch_may_answer_in_part(status, kind):
    assert kind is (await refusal(CLOUDWATCH, results(1, status=status))).kind


@pytest.mark.parametrize(
    ("named", "kind", "words"),
    [
        ("com.amazon.coral.service#UnrecognizedClientException", ErrorKind.UNAUTHORIZED, "refuses the credentials"),
        ("InvalidSignatureException", ErrorKind.UNAUTHORIZED, "refuses the credentials"),
        ("ExpiredTokenException", ErrorKind.UNAUTHORIZED, "refuses the credentials"),
        ("AccessDeniedException", ErrorKind.UNAUTHORIZED, "refuses the credentials"),
        ("ThrottlingException", ErrorKind.RATE_LIMITED, "is asked too often"),
        ("com.amazonaws.cloudwatch#InvalidParameterValueException", ErrorKind.REFUSED, "refuses the query"),
    ],
)
async def test_cloudwatch_says_by_type_what_its_400_means(named, kind, words):
    refused = await refusal(CLOUDWATCH, {"__type": named, "message": "No"}, status=400)
    assert refused.kind is kind
    assert refused.sentence.startswith(f"The provider {words} ({named.rpartition('#')[2]})")


async def test_cloudwatch_that_is_down_is_down():
    assert (await refusal(CLOUDWATCH, {"__type": "InternalServiceFault"}, status=500)).kind is ErrorKind.UNAVAILABLE


async def test_a_list_of_queries_that_is_no_json_is_not_sent():
    assert "is no JSON" in (await nothing_sent(CLOUDWATCH, "[{")).sentence
