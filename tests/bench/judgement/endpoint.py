"""The same counters behind a Prometheus-compatible endpoint on loopback, read by the product's own collector and source.

Time is virtual: everything is scraped beforehand into the sandbox's database, and each query is answered as of the time that it
asks for. The endpoint can be ill.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from analysis.collect import Wanted, collect
from analysis.plan import MetricPlan, Subject
from analysis.providers.prometheus import PrometheusAddress, PrometheusSource
from analysis.reading import Reading
from canary.sandbox.http1 import Request, Response, json_response, text
from canary.sandbox.metrics.counters import Labels, labels_with
from canary.sandbox.metrics.queries import QueryEndpoint
from canary.sandbox.metrics.tsdb import Database
from canary.sandbox.servers import Server
from tests.bench.judgement.scenario import Ailment, Wire
from tests.bench.judgement.shown import NAMESPACE, SERVICE, Metric, Table, Tables
from tests.bench.judgement.streams import BIN_SECONDS, LOOKS

_PATIENT, _IMPATIENT = timedelta(seconds=10), timedelta(milliseconds=100)
_OTHER_BOUNDS = (("100", 0.6), ("300", 0.95))
"""Further buckets, as a share of the fast requests: they make a whole histogram, and nobody judges by them."""

SUBJECT = Subject(
    namespace=NAMESPACE,
    canary=SERVICE,
    service=SERVICE,
    stable_leaf=f"{SERVICE}-stable",
    canary_leaf=f"{SERVICE}-canary",
    stable_pods=f"{SERVICE}-stable-.+",
    canary_pods=f"{SERVICE}-canary-.+",
    stable_deployment=SERVICE,
    canary_deployment=f"{SERVICE}-canary",
)


def read_through_http(shown: Tables, plan: MetricPlan, wire: Wire, begin: datetime) -> list[Reading]:
    """One reading per look, the first at `begin`."""
    return asyncio.run(_read(shown, plan, wire, begin))


async def _read(shown: Tables, plan: MetricPlan, wire: Wire, begin: datetime) -> list[Reading]:
    database = scraped(shown, wire.scraped, begin)
    times = [begin + timedelta(seconds=BIN_SECONDS * look) for look in range(LOOKS + 1)]
    async with serve(database, wire, begin) as source:
        wanted = [Wanted(SUBJECT, plan)]
        return [(await collect(source, wanted, at))[wanted[0].key] for at in times]


def scraped(shown: Tables, until: int, begin: datetime) -> Database:
    """A database that holds every scrape up to look `until`."""
    database = Database()
    columns = [_columns(table) for table in shown.values()]
    for look in range(until + 1):
        at = begin.timestamp() + BIN_SECONDS * look
        database.scrape(at, [each for some in columns for each in some[look]])
    return database


@asynccontextmanager
async def serve(database: Database, wire: Wire, begin: datetime) -> AsyncIterator[PrometheusSource]:
    """The product's source of an endpoint that serves this database, for as long as the context lasts."""
    endpoint = _Endpoint(database, wire, begin)
    server = Server(endpoint.answer)
    host, port = await server.start()
    source = PrometheusSource(_address(f"http://{host}:{port}", wire))
    try:
        yield source
    finally:
        source.close()
        endpoint.healed.set()
        await server.stop(grace=0.1)


def _address(url: str, wire: Wire) -> PrometheusAddress:
    """A rest is counted in real seconds, and looks follow at once: only where it hangs are few to be waited for."""
    if wire.ailment is Ailment.HANGS:
        return PrometheusAddress(address=url, timeout=_IMPATIENT)
    return PrometheusAddress(address=url, timeout=_PATIENT, rest=0.0)


class _Endpoint:
    """Answers queries, or doesn't."""

    def __init__(self, database: Database, wire: Wire, begin: datetime) -> None:
        self.healed = asyncio.Event()
        self._well = QueryEndpoint(database)
        self._wire, self._begin = wire, begin

    async def answer(self, request: Request) -> Response:
        """What a well endpoint says, or what its ailment makes of it."""
        asked = dict(parse_qsl(request.target.partition("?")[2]))
        look = round((float(asked["time"]) - self._begin.timestamp()) / BIN_SECONDS)
        if self._wire.ailment is None or not self._wire.ill(look):
            return await self._well.answer(request)
        match self._wire.ailment:
            case Ailment.HTTP_500:
                return text(500, "out of memory")
            case Ailment.HANGS:
                await self.healed.wait()
                return text(503, "too late")
            case Ailment.GARBAGE:
                return text(200, "<html>Please log in</html>")
            case Ailment.NAN:
                return _every("NaN", await self._well.answer(request))
            case Ailment.EMPTY:
                return _every(None, await self._well.answer(request))


def _every(value: str | None, response: Response) -> Response:
    """The same answer with this value in all its series, or without any series."""
    told = json.loads(response.body)
    rows = told["data"]["result"]
    told["data"]["result"] = [] if value is None else [{**row, "value": [row["value"][0], value]} for row in rows]
    return json_response(200, json.dumps(told).encode())


def _columns(table: Table) -> Sequence[Sequence[tuple[Labels, float]]]:
    names = [labels_with(series.name, direction="outbound", **series.labels) for series in table.series]
    return [list(_row(table, names, row)) for row in table.values.tolist()]


def _row(table: Table, names: Sequence[Labels], row: Sequence[float]) -> Iterator[tuple[Labels, float]]:
    for series, name, value in zip(table.series, names, row, strict=True):
        if value > 0:
            yield name, value
            if series.metric is Metric.SLOW and series.which == ("le", "500"):
                for bound, share in _OTHER_BOUNDS:
                    labels = {**series.labels, "le": bound}
                    yield labels_with(series.name, direction="outbound", **labels), float(int(value * share))
