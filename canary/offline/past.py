"""A Prometheus asked about the past: the controller's own queries, with what each look would have been answered.

Queries for one time after the other are answered from range queries of many steps at once, so that an hour costs a few requests
and not hundreds.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analysis.providers.base import Answer, ErrorKind, Point, ProviderError, Unusable, Vector
from analysis.providers.connections import PlainAdapter, Ways
from analysis.providers.prometheus import PrometheusAddress
from analysis.providers.redaction import secrets_of
from analysis.providers.session import CappedSession

STEPS = 240
"""Looks that one range query answers: an hour at the default interval, far below Prometheus' bound of 11,000."""
_CAP = 64 * 1024**2
_CONNECTIONS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The looks of a past release: at `start`, then every `step`, `end` included if it is one of them."""

    start: datetime
    end: datetime
    step: timedelta

    @property
    def count(self) -> int:
        """How many looks there are."""
        return (self.end - self.start) // self.step + 1

    def at(self, number: int) -> datetime:
        """The time of a look, counted from zero."""
        return self.start + number * self.step

    def __iter__(self) -> Iterator[datetime]:
        return (self.at(number) for number in range(self.count))

    def number(self, at: datetime) -> int:
        """The inverse of `at`."""
        return round((at - self.start) / self.step)


class PastPrometheus:
    """A MetricSource for the looks of one period. Close it when it isn't needed any more."""

    def __init__(self, where: PrometheusAddress, period: Period) -> None:
        self._where = where
        self.period = period
        secrets = secrets_of(where.headers.values(), where.basic)
        self._session = CappedSession(where.name, cap=_CAP, deadline=where.timeout.total_seconds(), secrets=secrets)
        self._session.headers.update(where.headers)
        self._session.auth = where.basic
        trust = where.tls.context() if where.tls else None
        self._session.mount(where.address, PlainAdapter(Ways(connections=_CONNECTIONS, trust=trust)))
        self._known: dict[tuple[str, int], Mapping[int, Answer]] = {}
        self.failure: ProviderError | None = None

    @property
    def name(self) -> str:
        """The address for sentences."""
        return self._where.name

    async def query(self, promql: str, at: datetime) -> Answer:
        """What an instant query at the time of a look would have been answered. Raises ProviderError."""
        number = self.period.number(at)
        piece = promql, number // STEPS
        if piece not in self._known:
            try:
                self._known[piece] = await asyncio.to_thread(self._ask, promql, number // STEPS * STEPS)
            except ProviderError as error:
                if error.kind is not ErrorKind.REFUSED:
                    self.failure = error
                raise
        return self._known[piece].get(number, Vector(()))

    def close(self) -> None:
        """Gives up its connections."""
        self._session.close()

    def _ask(self, promql: str, first: int) -> Mapping[int, Answer]:
        last = min(first + STEPS, self.period.count) - 1
        params = {
            **self._where.parameters,
            "query": promql,
            "start": f"{self.period.at(first).timestamp():.3f}",
            "end": f"{self.period.at(last).timestamp():.3f}",
            "step": f"{self.period.step.total_seconds():g}",
            "timeout": f"{self._where.timeout.total_seconds():g}s",
        }
        answer = self._session.get(f"{self._where.address.rstrip('/')}/api/v1/query_range", params=params)
        try:
            return self._answers(answer.json()["data"]["result"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            sentence = f"{self._where.name} answered something that isn't Prometheus' JSON: is this its address?"
            raise ProviderError(ErrorKind.GARBAGE, sentence) from error

    def _answers(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[int, Answer]:
        """The answer at each look, from a matrix of series."""
        if any("histograms" in row for row in rows):
            numbers = range(self.period.count)
            return dict.fromkeys(numbers, Unusable("native histograms"))
        found: dict[int, list[Point]] = {}
        start, step = self.period.start.timestamp(), self.period.step.total_seconds()
        for row in rows:
            labels = row["metric"]
            for time, value in row["values"]:
                found.setdefault(round((float(time) - start) / step), []).append(Point(labels, float(value)))
        return {number: Vector(tuple(points)) for number, points in found.items()}
