"""InfluxDB: Flux by `/api/v2/query`, which answers CSV, or SQL and InfluxQL by `/api/v3/query_…`, which answers rows of JSON.

The window is the query's own business in all three: it holds `{{from}}` and `{{to}}`, filled in as RFC 3339.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import nan

import httpx

from analysis.providers.base import Answer, Ask, ErrorKind, InfluxLanguage, Point, Unusable, Vector
from analysis.providers.http import HttpApi, Manners, Request
from analysis.providers.shapes import MISSHAPEN, of_rows
from analysis.templates import complete, literal

_COLUMNS = frozenset({"", "result", "table", "_start", "_stop", "_time", "_value"})


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxAddress:
    """`database` is the organization for Flux, whose queries name their bucket themselves."""

    address: str
    language: InfluxLanguage
    database: str
    token: str = field(repr=False)


class InfluxDB(HttpApi):
    """A NumberSource."""

    def __init__(self, where: InfluxAddress, client: httpx.AsyncClient, manners: Manners) -> None:
        super().__init__(client, manners)
        self._where = where

    async def number(self, ask: Ask) -> Answer:
        """A point for each table or row of the result. Raises ProviderError."""
        window = {"from": _moment(ask.start), "to": _moment(ask.end)}
        query = complete(ask.template, {**ask.blanks, **window}, _QUOTES[self._where.language])
        if self._where.language is InfluxLanguage.FLUX:
            return await self.ask(self._flux(query), lambda body: self._read_csv(ask, body))
        return await self.ask(self._rows(query), self._read_rows)

    def _flux(self, query: str) -> Request:
        return Request(
            method="POST",
            url=f"{self._where.address.rstrip('/')}/api/v2/query",
            params={"org": self._where.database},
            headers={
                "authorization": f"Token {self._where.token}",
                "content-type": "application/vnd.flux",
                "accept": "application/csv",
            },
            body=query.encode(),
        )

    def _rows(self, query: str) -> Request:
        return Request(
            method="POST",
            url=f"{self._where.address.rstrip('/')}/api/v3/query_{self._where.language.value}",
            headers={"authorization": f"Bearer {self._where.token}", "content-type": "application/json"},
            body=json.dumps({"db": self._where.database, "q": query, "format": "json"}).encode(),
        )

    def _read_rows(self, body: bytes) -> Answer:
        try:
            return of_rows([{name: one for name, one in row.items() if "::" not in name} for row in self.json(body)])
        except MISSHAPEN as error:
            raise self.garbage("InfluxDB's JSON") from error

    def _read_csv(self, ask: Ask, body: bytes) -> Answer:
        """Rows of a table come in the order of time: the last is its value, their sum its total."""
        tables: dict[tuple[tuple[str, str], ...], list[float]] = {}
        try:
            for row in _records(body.decode(errors="replace")):
                if "error" in row:
                    raise self.error(ErrorKind.REFUSED, f"refuses the query: {row['error'][:300].rstrip('.')}.")
                labels = tuple(sorted((name, value) for name, value in row.items() if name not in _COLUMNS))
                tables.setdefault(labels, []).append(float(row["_value"]) if row["_value"] else nan)
        except (KeyError, csv.Error) as error:
            raise self.garbage("Flux's CSV with a column _value") from error
        except ValueError:
            return Unusable("a text")
        found = ((dict(labels), sum(values) if ask.total else values[-1]) for labels, values in tables.items())
        return Vector(tuple(Point(labels, value) for labels, value in found))


def _records(text: str) -> Iterator[dict[str, str]]:
    """Annotated CSV: every block of rows has a header of its own, and an empty line before the next. Raises KeyError."""
    header: list[str] | None = None
    for cells in csv.reader(io.StringIO(text)):
        if not any(cells):
            header = None
        elif cells[0].startswith("#"):
            continue
        elif header is None:
            header = cells
            if not {"_value", "error"} & set(header):
                raise KeyError("_value")
        else:
            yield dict(zip(header, cells, strict=False))


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _in_flux(text: str) -> str:
    return literal(text).replace("${", "\\${")


def _in_sql(text: str) -> str:
    return text.replace("'", "''")


def _in_influxql(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")


_QUOTES: dict[InfluxLanguage, Callable[[str], str]] = {
    InfluxLanguage.FLUX: _in_flux,
    InfluxLanguage.SQL: _in_sql,
    InfluxLanguage.INFLUXQL: _in_influxql,
}
