"""Prometheus, and everything that speaks its query API, through prometheus-api-client.

The client is synchronous and has no deadline of its own, so it runs in a few threads of this source, each query under
a deadline. Only an address's own threads wait for it. After several failures in a row nothing is asked for a while.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from prometheus_api_client import PrometheusConnect

from analysis.providers.base import Answer, ErrorKind, Point, ProviderError, Scalar, Unusable, Vector
from analysis.providers.circuit import REST_SECONDS
from analysis.providers.connections import Doorman, PlainAdapter, Ways
from analysis.providers.redaction import secrets_of
from analysis.providers.session import CappedSession
from analysis.providers.tls import Tls
from analysis.providers.turns import Turns

_THREADS = 4
_CAP = 16 * 1024**2
_GRACE = 0.5
"""Seconds by which our deadline outlasts the session's: its sentence is the better one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusAddress:
    """Where a Prometheus is and how it is asked. Credentials are either `basic` (user, password) or in `headers`.

    `parameters` go into every query's URL. `rest` is how many seconds it is left alone after several failures in a row.
    """

    address: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    tls: Tls | None = None
    timeout: timedelta = timedelta(seconds=10)
    rest: float = REST_SECONDS

    @property
    def name(self) -> str:
        """The address for sentences, without what may be secret in it."""
        parts = urlsplit(self.address)
        port = f":{parts.port}" if parts.port else ""
        return f"Prometheus at {parts.scheme}://{parts.hostname}{port}"


class PrometheusSource:
    """A MetricSource. Close it when it isn't needed any more. Raises BadCertificate."""

    def __init__(self, where: PrometheusAddress, *, cap: int = _CAP, doorman: Doorman | None = None) -> None:
        self._where = where
        self._deadline = where.timeout.total_seconds()
        secrets = secrets_of(where.headers.values(), where.basic)
        session = CappedSession(where.name, cap=cap, deadline=self._deadline, secrets=secrets)
        self._client = PrometheusConnect(
            url=where.address.rstrip("/"),
            headers=dict(where.headers),
            auth=where.basic,
            session=session,
            timeout=self._deadline,
        )
        trust = where.tls.context() if where.tls else None
        # Called last: the client mounts its own ways, which try again.
        session.mount(where.address.rstrip("/"), PlainAdapter(Ways(connections=_THREADS, trust=trust, doorman=doorman)))
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="prometheus")
        self._turns = Turns(where.name, at_once=_THREADS, rest=where.rest)

    @property
    def address(self) -> str:
        """Where it asks."""
        return self._where.address

    @property
    def problem(self) -> str | None:
        """Why nothing is asked just now, for readiness and status; None while the provider answers."""
        return self._turns.problem

    @property
    def turned_away(self) -> bool:
        """Were the credentials refused? They may have been changed since they were read."""
        return self._turns.turned_away

    async def query(self, promql: str, at: datetime) -> Answer:
        """Evaluates an instant query. Raises ProviderError, after the timeout at the latest once a thread is free."""
        async with self._turns.turn():
            return await self._asked(promql, at)

    def close(self) -> None:
        """Gives up threads and connections; queries that are under way end by their own deadline."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    async def _asked(self, promql: str, at: datetime) -> Answer:
        try:
            async with asyncio.timeout(self._deadline + _GRACE):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, promql, at)
        except TimeoutError as error:
            raise ProviderError(ErrorKind.TIMEOUT, f"{self._where.name} gave no answer within {self._deadline:g} s.") from error

    def _ask(self, promql: str, at: datetime) -> Answer:
        """Runs in a thread."""
        params = {**self._where.parameters, "time": f"{at.timestamp():.3f}", "timeout": f"{self._deadline:g}s"}
        try:
            return _answer(self._client.custom_query(promql, params=params))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            sentence = f"{self._where.name} answered something that isn't Prometheus' JSON: is this its address?"
            raise ProviderError(ErrorKind.GARBAGE, sentence) from error


def _answer(result: list[Any]) -> Answer:
    """A result as the client passes it on: without its type, so that its shape has to tell."""
    if len(result) == 2 and isinstance(result[1], str):
        try:
            return Scalar(float(result[1]))
        except ValueError:
            return Unusable("a string")
    if any("values" in row for row in result):
        return Unusable("a range vector")
    if any("histogram" in row for row in result):
        return Unusable("native histograms")
    return Vector(tuple(Point(row["metric"], float(row["value"][1])) for row in result))
