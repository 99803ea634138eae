"""The sandbox's PromQL against a real Prometheus that has recorded the same minute: it can't drift."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest

from canary.sandbox.http1 import Request, Response, text
from canary.sandbox.metrics.promql import Evaluator, parse
from canary.sandbox.metrics.values import identity
from canary.sandbox.servers import Server
from tests.lab.prometheus import Prometheus
from tests.sandbox.test_promql import DATABASE, NOW, samples_at

QUERIES = (
    "reqs",
    'reqs{version=~"v1|v3"} > 100',
    '{__name__=~"bad|gauge"}',
    "bad offset 10s",
    "rate(reqs[30s])",
    "increase(reqs[2m])",
    "increase(reset[30s])",
    "delta(reset[30s])",
    "irate(reset[1m] offset 20s)",
    "irate(reqs[30s])",
    "rate(reqs[1s])",
    "sum by (version) (reqs)",
    "avg without (version, job, instance) (reqs)",
    "max(reqs) - min(reqs) + count(reqs)",
    "bad / on (version) reqs",
    "bad / ignoring (ns) reqs",
    "reqs > bool 100",
    "100 < reqs",
    "bad <= reqs",
    "bad == bool on (version) reqs",
    "bad <= on (version) reqs",
    "bad <= ignoring (ns) reqs",
    "nothing or vector(0)",
    "bad or reqs",
    "bad or on (ns) reqs",
    "reqs and on (version) bad",
    "reqs unless on (version) bad",
    "-gauge ^ 2",
    "vector(-5 % 3)",
    "vector(0 / 0)",
    "vector(2 ^ -1)",
    "abs(gauge)",
    "clamp_min(gauge, 0) + clamp_max(gauge, -7)",
    "vector(scalar(gauge))",
    "vector(scalar(reqs))",
    "time() - timestamp(reqs)",
    "time() - timestamp(bad offset 10s)",
    "time() - timestamp((reqs))",
    "time() - timestamp(reqs + 0)",
    "time() - max by (version) (timestamp(reqs))",
    'label_replace(bad, "v", "${1}-x$$", "version", "v(.)")',
    'label_replace(bad, "ns", "", "version", ".*")',
    *(
        f"histogram_quantile({share}, sum by (le) (rate(hist_bucket[30s])))"
        for share in (-1, 0, 0.01, 0.25, 0.5, 0.7, 0.9, 0.95, 1, 2)
    ),
    "histogram_quantile(0.5, hist_bucket * 0)",
)


class Past:
    """A target that tells of one second of the past minute with each scrape."""

    def __init__(self) -> None:
        self.start = int(time.time()) - 90
        self.told = 0
        self.finished = asyncio.Event()

    async def answer(self, _: Request) -> Response:
        if self.told > 60:
            self.finished.set()
            return text(200, "")
        at = (self.start + self.told) * 1000
        lines = []
        for labels, value in samples_at(self.told).items():
            named = dict(labels)
            name = named.pop("__name__")
            inner = ",".join(f'{key}="{each}"' for key, each in named.items())
            lines.append(f"{name}{{{inner}}} {value} {at}")
        self.told += 1
        return text(200, "\n".join(lines))

    @property
    def now(self) -> float:
        """The moment that the tests' own database calls NOW."""
        return self.start + 60.0


def stripped(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return identity({name: value for name, value in labels.items() if name not in {"job", "instance"}})


async def answers(prometheus: Prometheus, query: str, at: float) -> dict[tuple[tuple[str, str], ...], float]:
    async with httpx.AsyncClient(base_url=prometheus.url, trust_env=False) as http:
        answer = await http.get("/api/v1/query", params={"query": query, "time": at})
    return {stripped(each["metric"]): float(each["value"][1]) for each in answer.json()["data"]["result"]}


@pytest.mark.lab
async def test_prometheus_gives_the_same_answers() -> None:
    past = Past()
    server = Server(past.answer)
    host, port = await server.start()
    with Prometheus(scrape_interval=timedelta(milliseconds=50)) as prometheus:
        prometheus.scrape({f"{host}:{port}": {}})
        async with asyncio.timeout(60):
            await past.finished.wait()
        for query in QUERIES:
            expected = await answers(prometheus, query, past.now)
            found = {stripped(each.labels): each.value for each in Evaluator(DATABASE, NOW).value(parse(query))}
            assert found == pytest.approx(expected, nan_ok=True), query
    await server.stop()
