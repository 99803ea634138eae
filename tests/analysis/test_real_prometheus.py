"""Our queries as a real Prometheus understands and answers them, hostile names included."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from analysis.collect import Wanted, collect
from analysis.plan import Builtin, BuiltinMeasure, CountsMeasure, Dialect, Threshold, ValueMeasure
from analysis.providers.prometheus import PrometheusAddress, PrometheusSource
from analysis.reading import Counted, Measured, Problem, Trouble
from tests.analysis.world import a_plan, a_subject
from tests.lab.waiting import eventually

pytestmark = pytest.mark.lab

EXPOSED = b"""\
# TYPE response_total counter
response_total{direction="outbound",dst_namespace="shop",dst_service="cart-stable",dst_pod="a",classification="success"} 900
response_total{direction="outbound",dst_namespace="shop",dst_service="cart-canary",dst_pod="b",classification="success"} 90
response_total{direction="outbound",dst_namespace="shop",dst_service="cart-canary",dst_pod="b",classification="failure"} 7
response_total{z="1",direction="outbound",dst_namespace="shop",dst_service="cart-canary",dst_pod="b",classification="failure"} 1
response_total{direction="inbound",dst_namespace="shop",dst_service="cart-canary",dst_pod="b",classification="failure"} 50
# TYPE response_latency_ms histogram
response_latency_ms_bucket{direction="outbound",dst_namespace="shop",dst_service="cart-canary",dst_pod="b",le="100"} 60
response_latency_ms_bucket{direction="outbound",dst_namespace="shop",dst_service="cart-canary",dst_pod="b",le="500"} 95
response_latency_ms_bucket{direction="outbound",dst_namespace="shop",dst_service="cart-canary",dst_pod="b",le="+Inf"} 98
response_latency_ms_sum{direction="outbound",dst_namespace="shop",dst_service="cart-canary",dst_pod="b"} 5000
response_latency_ms_count{direction="outbound",dst_namespace="shop",dst_service="cart-canary",dst_pod="b"} 98
# TYPE http_requests_total counter
http_requests_total{namespace="shop",pod="cart-canary-x",code="200"} 40
http_requests_total{namespace="shop",pod="cart-canary-x",code="503"} 2
"""


OLD = timedelta(seconds=200)


def pushed(time: datetime) -> bytes:
    """Counters that bring their own time, as what is pushed or federated does: nothing tells Prometheus that they have ended."""
    stable, canary = (
        f'http_requests_total{{namespace="pushed",pod="cart-{pods}",code="200"}} 40' for pods in ("6d4b75cb6d-a", "canary-x")
    )
    return f"{stable}\n{canary} {time.timestamp() * 1000:.0f}\n".encode()


class Metrics(BaseHTTPRequestHandler):
    pushed = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(EXPOSED + self.pushed)

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def scraped(prometheus):
    """A Prometheus that has seen what is exposed."""
    Metrics.pushed = pushed(datetime.now(UTC) - OLD)
    with HTTPServer(("127.0.0.1", 0), Metrics) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        prometheus.scrape({f"127.0.0.1:{server.server_port}": {}})
        assert eventually(lambda: len(prometheus.query('response_total{dst_namespace="shop"}')), 5) == 5
        yield prometheus
        server.shutdown()
        serving.join()


async def test_what_is_asked_is_understood(scraped):
    slow = BuiltinMeasure(builtin=Builtin.SLOW_SHARE, dialect=Dialect.LINKERD, above=timedelta(milliseconds=300))
    http = BuiltinMeasure(builtin=Builtin.ERROR_SHARE, dialect=Dialect.HTTP)
    total = 'http_requests_total{namespace="{{namespace}}",pod=~"{{pods}}"}'
    bad = 'http_requests_total{namespace="{{namespace}}",pod=~"{{pods}}",code=~"5.."}'
    plans = [
        a_plan("errors"),
        a_plan("slow", slow),
        a_plan("http", http),
        a_plan("counts", CountsMeasure(bad=bad, total=total)),
        a_plan("value", ValueMeasure(query='sum(response_total{dst_service="{{leaf}}"})'), Threshold(max=1)),
        a_plan("typo", ValueMeasure(query="sum(response_total{"), Threshold(max=1)),
        a_plan("text", ValueMeasure(query='"hello"'), Threshold(max=1)),
        a_plan("range", ValueMeasure(query="response_total[5m]"), Threshold(max=1)),
        a_plan("nan", ValueMeasure(query="0 / 0"), Threshold(max=1)),
        a_plan("several", ValueMeasure(query="response_total"), Threshold(max=1)),
    ]
    source = PrometheusSource(PrometheusAddress(address=scraped.url))
    subject, hostile = a_subject("cart", "shop"), a_subject('x"} or up{a=~"(', "a.*|b\\")
    wanted = [*(Wanted(subject, plan) for plan in plans), Wanted(hostile, plans[0])]
    found = await collect(source, wanted, datetime.now(UTC))
    source.close()
    read = {plan.name: found["shop", "cart", plan.name] for plan in plans}
    assert sorted(read["errors"].canary.values()) == [8, 90]
    assert list(read["errors"].stable.values()) == [900]
    assert (read["slow"].slow, sorted(read["slow"].canary.values())) == ("500 ms", [95, 98])
    assert sorted(read["http"].canary.values()) == [2, 40]
    assert sorted(read["counts"].canary.values()) == [2, 2, 40]
    assert read["value"] == Measured(canary=148.0, stable=900.0)
    troubles = {name: reading.trouble for name, reading in read.items() if isinstance(reading, Problem)}
    assert troubles == {
        "typo": Trouble.QUERY_ERROR,
        "text": Trouble.NOT_A_NUMBER,
        "range": Trouble.NOT_A_NUMBER,
        "nan": Trouble.NAN,
        "several": Trouble.SEVERAL_SERIES,
    }
    assert "parse error" in read["typo"].sentence
    assert found[wanted[-1].key[0], wanted[-1].key[1], "errors"] == Counted(stable={}, canary={}, sought=_sought(hostile))


def _sought(subject):
    return f"response_total of {subject.stable_leaf} or {subject.canary_leaf} in {subject.namespace}"


async def test_samples_that_are_old_are_no_data_although_prometheus_shows_them(scraped):
    total = 'http_requests_total{namespace="{{namespace}}",pod=~"{{pods}}"} # all'
    plans = [
        a_plan("errors", BuiltinMeasure(builtin=Builtin.ERROR_SHARE, dialect=Dialect.HTTP)),
        a_plan("counts", CountsMeasure(bad=total, total=total)),
    ]
    source = PrometheusSource(PrometheusAddress(address=scraped.url))
    assert eventually(lambda: len(scraped.query('http_requests_total{pod="cart-canary-x",namespace="pushed"}')) > 0, wanted=True)
    found = await collect(source, [Wanted(a_subject("cart", "pushed"), plan) for plan in plans], datetime.now(UTC))
    source.close()
    assert [reading.trouble for reading in found.values()] == [Trouble.STALE] * 2
