"""New Relic: NRQL through NerdGraph, its GraphQL API. The window is written behind the query, as SINCE and UNTIL."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from analysis.providers.base import Answer, Ask, ErrorKind, ProviderError
from analysis.providers.http import HttpApi, Manners, Request
from analysis.providers.shapes import MISSHAPEN, of_rows
from analysis.templates import complete

_QUERY = "query($account: Int!, $nrql: Nrql!) { actor { account(id: $account) { nrql(query: $nrql) { results } } } }"
# NRQL takes text in single quotes, and a backslash before what would end it.
_IN_LITERAL = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": " "})
_KINDS = {
    "TIMEOUT": ErrorKind.TIMEOUT,
    "TOO_MANY_REQUESTS": ErrorKind.RATE_LIMITED,
    "RATE_LIMITED": ErrorKind.RATE_LIMITED,
    "SERVER_ERROR": ErrorKind.UNAVAILABLE,
    "ACCESS_DENIED": ErrorKind.UNAUTHORIZED,
    "UNAUTHORIZED": ErrorKind.UNAUTHORIZED,
}
_WORDS = {
    ErrorKind.TIMEOUT: "gave up on the query",
    ErrorKind.RATE_LIMITED: "is asked too often",
    ErrorKind.UNAVAILABLE: "is unavailable",
    ErrorKind.UNAUTHORIZED: "refuses the credentials",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelicAccount:
    """`address` is the API's, as https://api.newrelic.com."""

    address: str
    account: int
    api_key: str = field(repr=False)


class NewRelic(HttpApi):
    """A NumberSource."""

    def __init__(self, account: NewRelicAccount, client: httpx.AsyncClient, manners: Manners) -> None:
        super().__init__(client, manners)
        self._account = account

    async def number(self, ask: Ask) -> Answer:
        """A point for each facet of the query, one without any. Raises ProviderError."""
        nrql = complete(ask.template, ask.blanks, lambda text: text.translate(_IN_LITERAL))
        window = f"SINCE {ask.start.timestamp() * 1000:.0f} UNTIL {ask.end.timestamp() * 1000:.0f}"
        variables = {"account": self._account.account, "nrql": f"{nrql} {window}"}
        request = Request(
            method="POST",
            url=f"{self._account.address}/graphql",
            headers={"API-Key": self._account.api_key, "content-type": "application/json"},
            body=json.dumps({"query": _QUERY, "variables": variables}).encode(),
        )
        return await self.ask(request, self._read)

    def _read(self, body: bytes) -> Answer:
        told = self.json(body)
        if isinstance(told, dict) and told.get("errors"):
            raise self._refused(told["errors"])
        try:
            return of_rows(told["data"]["actor"]["account"]["nrql"]["results"])
        except MISSHAPEN as error:
            raise self.garbage("NerdGraph's JSON") from error

    def _refused(self, errors: Any) -> ProviderError:
        try:
            first = errors[0]
            said, named = str(first["message"]), str((first.get("extensions") or {}).get("errorClass"))
        except MISSHAPEN:
            return self.garbage("NerdGraph's JSON")
        kind = _KINDS.get(named, ErrorKind.REFUSED)
        return self.error(kind, f"{_WORDS.get(kind, 'refuses the query')}: {said[:300].rstrip('.')}.")
