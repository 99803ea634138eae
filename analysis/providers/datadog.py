"""Datadog: the API's timeseries query (`GET /api/v1/query`), which takes any query of the metrics explorer.

Points lie at the beginning of what they sum up, so a window that begins and ends on whole minutes is counted exactly.
"""

from dataclasses import dataclass, field
from typing import Any

import httpx

from analysis.providers.base import Answer, Ask, ErrorKind
from analysis.providers.http import HttpApi, Manners, Request
from analysis.providers.shapes import MISSHAPEN, of_series
from analysis.templates import complete


@dataclass(frozen=True, slots=True, kw_only=True)
class DatadogAccount:
    """`address` is the API's, as https://api.datadoghq.com."""

    address: str
    api_key: str = field(repr=False)
    app_key: str = field(repr=False)


class Datadog(HttpApi):
    """A NumberSource."""

    def __init__(self, account: DatadogAccount, client: httpx.AsyncClient, manners: Manners) -> None:
        super().__init__(client, manners)
        self._url = f"{account.address}/api/v1/query"
        self._login = {"DD-API-KEY": account.api_key, "DD-APPLICATION-KEY": account.app_key}

    async def number(self, ask: Ask) -> Answer:
        """A point for each group of the query. Raises ProviderError."""
        times = {"from": f"{ask.start.timestamp():.0f}", "to": f"{ask.end.timestamp():.0f}"}
        params = {**times, "query": complete(ask.template, ask.blanks)}
        return await self.ask(Request(url=self._url, params=params, headers=self._login), lambda body: self._read(ask, body))

    def _read(self, ask: Ask, body: bytes) -> Answer:
        told = self.json(body)
        if isinstance(told, dict) and told.get("status") == "error":
            raise self.error(ErrorKind.REFUSED, f"refuses the query: {str(told.get('error'))[:300].rstrip('.')}.")
        try:
            return of_series(
                ask, [(_labels(one), [(at / 1000, value) for at, value in one["pointlist"]]) for one in told["series"]]
            )
        except MISSHAPEN as error:
            raise self.garbage("Datadog's JSON") from error


def _labels(series: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, _, value in (str(tag).partition(":") for tag in series.get("tag_set") or ())}
