"""Native histograms on a real Prometheus: counted as if they had the bucket that was asked for, and never falling."""

import random
import re
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise

import pytest

from analysis.collect import Wanted, collect
from analysis.plan import Builtin, BuiltinMeasure, Dialect
from analysis.providers.prometheus import PrometheusAddress, PrometheusSource
from tests.analysis.native import CONTENT_TYPE, family
from tests.analysis.world import a_plan, a_subject
from tests.lab.waiting import eventually

pytestmark = pytest.mark.lab

RANDOM = random.Random(7)
OBSERVED = [RANDOM.lognormvariate(-1.5, 1) for _ in range(300)]
"""Latencies in seconds."""
SCHEMAS = {"cart": 3, "till": 0}


def of_app(name: str) -> list[tuple[dict[str, str], list[float], int]]:
    """As many pods as there are observations: each has seen one more than the one before it. Stable has seen them all."""
    seen = {f"{name}-canary-{number:03}": OBSERVED[:number] for number in range(len(OBSERVED))}
    seen[f"{name}-6d4b75cb6d-a"] = OBSERVED
    return [({"namespace": "native", "pod": pod}, observed, SCHEMAS[name]) for pod, observed in seen.items()]


def of_mesh() -> list[tuple[dict[str, str], list[float], int]]:
    """The same observations in milliseconds, as the proxy of a client tells them of two leaves, each answer of its kind."""
    labels = {"direction": "outbound", "dst_namespace": "native", "pod": "client"}
    leaves = {"cart-stable": OBSERVED, "cart-canary": OBSERVED[:100]}
    return [
        ({**labels, "dst_service": leaf, "dst_pod": f"{leaf}-a", "status_code": code}, [1000 * one for one in part], 3)
        for leaf, observed in leaves.items()
        for code, part in (("200", observed[1:]), ("500", observed[:1]))
    ]


class Metrics(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.end_headers()
        self.wfile.write(family("http_request_duration_seconds", [each for name in SCHEMAS for each in of_app(name)]))
        self.wfile.write(family("response_latency_ms", of_mesh()))

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def scraped(prometheus):
    """A Prometheus that has seen all of it."""
    with HTTPServer(("127.0.0.1", 0), Metrics) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        prometheus.scrape({f"127.0.0.1:{server.server_port}": {}})
        try:
            seen = eventually(lambda: len(prometheus.query('histogram_count(response_latency_ms{dst_namespace="native"})')), 4)
            assert seen == 4
            yield prometheus
        finally:
            server.shutdown()
            serving.join()


async def read(prometheus, name, dialect, milliseconds):
    measure = BuiltinMeasure(builtin=Builtin.SLOW_SHARE, dialect=dialect, above=timedelta(milliseconds=milliseconds))
    wanted = Wanted(a_subject(name, "native"), a_plan("slow", measure))
    source = PrometheusSource(PrometheusAddress(address=prometheus.url))
    found = await collect(source, [wanted], datetime.now(UTC))
    source.close()
    return found[wanted.key]


def by_pod(counters, le):
    """The counters at one bound by the name of their pod."""
    found = {key: value for key, value in counters.items() if f"le='{le}'" in key}
    return {re.search(r"[{,]pod='([^']*)'", key)[1]: value for key, value in sorted(found.items())}


async def test_what_is_slow_is_counted_exactly_at_a_bound_of_its_own(scraped):
    for name in SCHEMAS:
        found = await read(scraped, name, Dialect.HTTP, 500)
        assert found.slow == "500 ms"
        assert by_pod(found.stable, "+Inf") == {f"{name}-6d4b75cb6d-a": len(OBSERVED)}
        assert by_pod(found.stable, "0.5") == {f"{name}-6d4b75cb6d-a": sum(one <= 0.5 for one in OBSERVED)}
        pods = {f"{name}-canary-{number:03}": number for number in range(len(OBSERVED))}
        assert by_pod(found.canary, "+Inf") == pods
        assert by_pod(found.canary, "0.5") == {
            pod: sum(one <= 0.5 for one in OBSERVED[:number]) for pod, number in pods.items() if number
        }


@pytest.mark.parametrize("milliseconds", [123, 300, 333, 707])
async def test_between_bounds_a_count_is_interpolated_and_never_falls(scraped, milliseconds):
    for name, most in (("cart", 0.04), ("till", 0.2)):
        found = await read(scraped, name, Dialect.HTTP, milliseconds)
        fast = [*by_pod(found.canary, f"{milliseconds / 1000:g}").values()]
        assert all(before <= after for before, after in pairwise(fast))
        truly = sum(one <= milliseconds / 1000 for one in OBSERVED)
        assert [truly] == pytest.approx([*by_pod(found.stable, f"{milliseconds / 1000:g}").values()], abs=most * len(OBSERVED))


async def test_a_mesh_counts_in_milliseconds_and_by_pod(scraped):
    found = await read(scraped, "cart", Dialect.LINKERD, 256)
    fast = [sum(one <= 0.256 for one in part) for part in (OBSERVED[:100], OBSERVED)]
    assert [sorted(each.values()) for each in (found.canary, found.stable)] == [[fast[0], 100], [fast[1], 300]]
    assert all("dst_pod='cart-canary-a'" in key for key in found.canary)
