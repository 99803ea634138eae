"""Graphite, and what speaks its render API (`/render?format=json`).

A point stands for the time from it to the next, and Graphite's `from` excludes the point that lies on it: we ask from a second
before the window to a second before its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

from analysis.providers.base import Answer, Ask
from analysis.providers.http import HttpApi, Manners, Request
from analysis.providers.shapes import MISSHAPEN, of_series
from analysis.templates import complete


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphiteAddress:
    """`address` has no /render in it; credentials are in `headers`."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Graphite(HttpApi):
    """A NumberSource."""

    def __init__(self, where: GraphiteAddress, client: httpx.AsyncClient, manners: Manners) -> None:
        super().__init__(client, manners)
        self._where = where

    async def number(self, ask: Ask) -> Answer:
        """A point for each series of the target. Raises ProviderError."""
        form = {
            "target": complete(ask.template, ask.blanks),
            "from": f"{ask.start.timestamp() - 1:.0f}",
            "until": f"{ask.end.timestamp() - 1:.0f}",
            "format": "json",
        }
        headers = {"content-type": "application/x-www-form-urlencoded", **self._where.headers}
        url = f"{self._where.address.rstrip('/')}/render"
        request = Request(method="POST", url=url, headers=headers, body=urlencode(form).encode())
        return await self.ask(request, lambda body: self._read(ask, body))

    def _read(self, ask: Ask, body: bytes) -> Answer:
        told = self.json(body)
        try:
            return of_series(ask, [({"target": one["target"]}, [(at, value) for value, at in one["datapoints"]]) for one in told])
        except MISSHAPEN as error:
            raise self.garbage("Graphite's JSON") from error
