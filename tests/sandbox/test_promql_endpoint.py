"""The query endpoint over HTTP, with Prometheus' own client too."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from prometheus_api_client import PrometheusConnect

from canary.sandbox.metrics.counters import labels_with
from canary.sandbox.metrics.queries import QueryEndpoint
from canary.sandbox.metrics.tsdb import Database

NOW = 1_000_060.0


@pytest_asyncio.fixture
async def url() -> AsyncIterator[str]:
    database = Database()
    for second in range(61):
        database.scrape(NOW - 60 + second, [(labels_with("reqs", pod=pod), float(second)) for pod in ("a", "b")])
    endpoint = QueryEndpoint(database, clock=lambda: NOW)
    yield await endpoint.start()
    await endpoint.stop()


@pytest_asyncio.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        yield client


async def test_an_instant_vector(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/query", params={"query": 'reqs{pod="a"}', "time": "1000030.5"})
    result = [{"metric": {"__name__": "reqs", "pod": "a"}, "value": [1000030.5, "30"]}]
    assert answer.json() == {"status": "success", "data": {"resultType": "vector", "result": result}}


async def test_a_query_may_come_as_a_form_and_means_now(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/query", data={"query": "sum(rate(reqs[30s]))"})
    assert answer.json()["data"]["result"] == [{"metric": {}, "value": [NOW, "2"]}]


@pytest.mark.parametrize(
    ("query", "kind", "result"),
    [
        ("1 / 0", "scalar", [NOW, "+Inf"]),
        ('"text"', "string", [NOW, "text"]),
        ("nothing", "vector", []),
        ("scalar(nothing)", "scalar", [NOW, "NaN"]),
        (
            'reqs{pod="a"}[2s]', "matrix",
            [{"metric": {"__name__": "reqs", "pod": "a"}, "values": [[NOW - 1, "59"], [NOW, "60"]]}],
        ),
    ],
)  # fmt: skip
async def test_each_type_has_its_shape(http: httpx.AsyncClient, query: str, kind: str, result: list) -> None:
    answer = await http.get("/api/v1/query", params={"query": query})
    assert answer.json()["data"] == {"resultType": kind, "result": result}


async def test_times_may_be_written_out(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/query", params={"query": "time()", "time": "1970-01-12T13:47:40Z"})
    assert answer.json()["data"]["result"] == [NOW, "1000060"]


async def test_a_range_query_steps_from_start_to_end(http: httpx.AsyncClient) -> None:
    params = {"query": 'reqs{pod="a"}', "start": NOW - 20, "end": NOW, "step": "10s"}
    answer = await http.get("/api/v1/query_range", params=params)
    values = [[NOW - 20, "40"], [NOW - 10, "50"], [NOW, "60"]]
    result = [{"metric": {"__name__": "reqs", "pod": "a"}, "values": values}]
    assert answer.json()["data"] == {"resultType": "matrix", "result": result}


@pytest.mark.parametrize(
    ("path", "params", "status", "kind", "sentence"),
    [
        ("query", {"query": "sum("}, 400, "bad_data", 'invalid parameter "query": parse error'),
        ("query", {"query": "topk(1, reqs)"}, 422, "execution", "the sandbox knows no aggregation topk"),
        ("query", {"query": "reqs", "time": "noon"}, 400, "bad_data", 'invalid parameter "time": cannot parse "noon"'),
        (
            "query_range",
            {"query": "1", "start": "2", "end": "1", "step": "1"},
            400,
            "bad_data",
            "end timestamp must not be before",
        ),
        ("query_range", {"query": "1", "start": "1", "end": "2", "step": "0"}, 400, "bad_data", "zero or negative"),
        ("query_range", {"query": "1", "start": "1", "end": "2", "step": "1x"}, 400, "bad_data", 'invalid parameter "step"'),
        (
            "query_range",
            {"query": "1", "start": "0", "end": "20000", "step": "1"},
            400,
            "bad_data",
            "exceeded maximum resolution",
        ),
        ("query_range", {"query": "reqs[1m]", "start": "1", "end": "2", "step": "1"}, 400, "bad_data", "a range query needs"),
        ("series", {}, 404, "not_found", "the sandbox knows no /api/v1/series"),
    ],
)
async def test_errors_have_prometheus_shape(
    http: httpx.AsyncClient, path: str, params: dict[str, str], *, status: int, kind: str, sentence: str
) -> None:
    answer = await http.get(f"/api/v1/{path}", params=params)
    error = answer.json()
    assert (answer.status_code, error["status"], error["errorType"]) == (status, "error", kind)
    assert sentence in error["error"]


async def test_it_says_that_it_is_there(http: httpx.AsyncClient) -> None:
    assert (await http.get("/-/ready")).status_code == 200
    assert (await http.get("/api/v1/status/buildinfo")).json()["data"]["version"]


async def test_the_usual_client_gets_its_answers(url: str) -> None:
    client = PrometheusConnect(url=url)
    found = await asyncio.to_thread(client.custom_query, "sum by (pod) (increase(reqs[30s]))")
    assert found == [{"metric": {"pod": pod}, "value": [NOW, "30"]} for pod in ("a", "b")]
    assert await asyncio.to_thread(client.check_prometheus_connection)
    client._session.close()
