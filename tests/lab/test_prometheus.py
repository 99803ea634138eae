import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.lab.waiting import eventually

pytestmark = pytest.mark.lab

EXPOSED = b"""\
# TYPE response_total counter
response_total{dst_service="reviews-stable",classification="success"} 41
response_total{dst_service="reviews-canary",classification="failure",pod="of-its-own"} 1
"""


class Metrics(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(EXPOSED)

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def target():
    with HTTPServer(("127.0.0.1", 0), Metrics) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def test_it_scrapes_what_it_is_told_with_the_labels_given(prometheus, target):
    prometheus.scrape({target: {"pod": "reviews-1", "namespace": "bookinfo"}})

    def total():
        series = prometheus.query('response_total{namespace="bookinfo"}')
        return {(labels["dst_service"], labels["pod"]): value for labels, value in series}

    wanted = {("reviews-stable", "reviews-1"): 41.0, ("reviews-canary", "of-its-own"): 1.0}
    assert eventually(total, wanted) == wanted
