"""A release that a real Prometheus has scraped, asked for by its past."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from analysis.plan import Version
from analysis.providers.prometheus import PrometheusAddress
from analysis.verdict import Verdict
from canary.offline.backtest import Backtest, Backtester
from canary.offline.course import course_of
from canary.offline.past import PastPrometheus, Period
from canary.offline.release import judge_release, subject_of
from tests.lab.waiting import eventually
from tests.offline.courses import a_spec
from tests.offline.test_release import MANIFEST

pytestmark = pytest.mark.lab

SECOND = timedelta(seconds=1)


class Growing(BaseHTTPRequestHandler):
    """One more scrape, a hundred more requests of each version; most of the canary's fail."""

    def do_GET(self):
        self.server.scrapes += 1
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write("\n".join(self._lines()).encode())

    def _lines(self):
        for version, failing in ((Version.STABLE, 1), (Version.CANARY, 80)):
            for outcome, count in (("success", 100 - failing), ("failure", failing)):
                labels = f'dst_namespace="past",dst_service="reviews-{version}",dst_pod="{version}",pod="client"'
                yield f'response_total{{direction="outbound",classification="{outcome}",{labels}}} {count * self.server.scrapes}'
        yield ""

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def released(prometheus):
    """Asks for the release so far, as often as it is called."""
    start = datetime.now(UTC).replace(microsecond=0)
    tester = Backtester(course=course_of(a_spec(analysis={"interval": "1s", "warmup": "0s"})).only(["errors"]))

    async def judged() -> Backtest:
        source = PastPrometheus(
            PrometheusAddress(address=prometheus.url), Period(start=start, end=datetime.now(UTC), step=SECOND)
        )
        found, _ = await judge_release(tester, subject_of(MANIFEST, "past"), source)
        source.close()
        return found

    with HTTPServer(("127.0.0.1", 0), Growing) as server:
        server.scrapes = 0
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        prometheus.scrape({f"127.0.0.1:{server.server_port}": {}})
        assert eventually(lambda: server.scrapes >= 8, wanted=True)
        yield judged
        server.shutdown()
        serving.join()


async def test_a_bad_release_would_have_been_caught(released):
    found = await released()
    assert found.story.verdict is Verdict.FAIL
    assert timedelta(0) < found.story.at - datetime.fromtimestamp(found.began, UTC) <= 7 * SECOND
    assert found.story.metrics[0].tally.canary_bad == 0.8 * found.story.metrics[0].tally.canary_total
