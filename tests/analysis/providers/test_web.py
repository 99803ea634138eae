"""Any JSON over HTTP: the address is filled in and stays what it was, and the path leads to a number or to a sentence."""

import json
import math

import pytest

from analysis.providers.base import ErrorKind, Unusable, Vector
from analysis.providers.web import Web, WebAddress
from tests.analysis.providers.asking import answer, nothing_sent, one
from tests.analysis.providers.serving import START, a_client, manners


def web(path="/n", **options):
    return lambda at: Web(WebAddress(url=at + path, **options), a_client(), manners())


async def test_a_url_is_filled_in_and_stays_the_url_that_it_was():
    source = web("/v1/{{namespace}}/latency?pods={{pods}}&from={{from}}&to={{to}}")
    found, asked = await answer(source, {"data": {"p99": 0.25}}, "$.data.p99")
    assert found == one(0.25)
    assert asked.method == "GET"
    assert asked.path == f"/v1/shop/latency?pods=orders-canary-%5Ba-z0-9%5D%2B&from={START:.0f}&to={START + 60:.0f}"


async def test_a_body_is_filled_in_and_posted():
    source = web(method="POST", body='{"leaf": "{{leaf}}", "pods": "{{pods}}", "from": {{from}}}', headers={"X-Key": "k"})
    _, asked = await answer(source, [1], "$[0]")
    assert (asked.method, asked.headers["X-Key"], asked.headers["content-type"]) == ("POST", "k", "application/json")
    assert json.loads(asked.body) == {"leaf": "orders-canary", "pods": "orders-canary-[a-z0-9]+", "from": START}


async def test_a_path_may_name_the_version():
    body = {"rows": [{"name": "orders", "n": 1}, {"name": "orders-canary", "n": 2}]}
    assert one(2.0) == (await answer(web(), body, "$.rows[?@.name == '{{deployment}}'].n"))[0]


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (5, one(5.0)),
        ("0.95", one(0.95)),
        ([1, 2], Unusable("a list")),
        ({}, Unusable("an object")),
        (True, Unusable("true or false")),
        ("many", Unusable("a text")),
        (int("9" * 400), Unusable("a number beyond all bounds")),
    ],
)
async def test_what_a_path_leads_to(document, found):
    assert found == (await answer(web(), document, "$"))[0]


async def test_a_path_that_leads_nowhere_or_to_many():
    assert Vector(()) == (await answer(web(), {"a": 1}, "$.b"))[0]
    found, _ = await answer(web(), [3, 4], "$[*]")
    assert [point.value for point in found.points] == [3.0, 4.0]


async def test_a_null_is_not_a_number():
    found, _ = await answer(web(), {"n": None}, "$.n")
    assert math.isnan(found.points[0].value)


async def test_what_is_no_path_is_not_sent():
    refused = await nothing_sent(web(), "data.n")
    assert (refused.kind, refused.sentence) == (
        ErrorKind.REFUSED,
        "The provider can't be asked so: a path begins with $, as in $.data.value.",
    )
