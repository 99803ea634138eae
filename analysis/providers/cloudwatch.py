"""Amazon CloudWatch: GetMetricData in the JSON protocol of its service model, signed with Signature Version 4.

A query is an expression (metric math or Metrics Insights), or a JSON list of MetricDataQueries of which one returns data. Points
lie at the beginning of their period, so a window of whole periods is counted exactly.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from analysis.providers.base import Answer, Ask, ErrorKind
from analysis.providers.http import HttpApi, Manners, Request
from analysis.providers.shapes import MISSHAPEN, of_series
from analysis.providers.signature import AwsKey, Scope, signed
from analysis.providers.statuses import Refusal
from analysis.templates import complete

_TARGET = "GraniteServiceVersion20100801.GetMetricData"
_DENIED = (
    *("UnrecognizedClient", "InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidSignature", "IncompleteSignature"),
    *("MissingAuthenticationToken", "ExpiredToken", "AccessDenied", "AuthFailure", "OptInRequired", "NotAuthorized"),
)
_THROTTLED = ("Throttl", "RequestLimitExceeded", "TooManyRequests")
_UNFINISHED = {
    "PartialData": (ErrorKind.PARTIAL, "answered only in part, which is nothing to judge by"),
    "InternalError": (ErrorKind.UNAVAILABLE, "failed on the query by its own account"),
    "Forbidden": (ErrorKind.UNAUTHORIZED, "refuses the credentials for this metric"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudWatchRegion:
    """`address` is the endpoint's, as https://monitoring.eu-west-1.amazonaws.com; `period` is an expression's, in seconds."""

    address: str
    region: str
    key: AwsKey
    period: int = 60


class CloudWatch(HttpApi):
    """A NumberSource. `clock` tells the time that requests are signed with."""

    def __init__(
        self,
        where: CloudWatchRegion,
        client: httpx.AsyncClient,
        manners: Manners,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(client, replace(manners, explain=_explain))
        self._where = where
        self._clock = clock

    async def number(self, ask: Ask) -> Answer:
        """A point for each series of the query. Raises ProviderError."""
        wanted = {
            "StartTime": int(ask.start.timestamp()),
            "EndTime": int(ask.end.timestamp()),
            "MetricDataQueries": self._queries(ask),
            "ScanBy": "TimestampDescending",
        }
        body = json.dumps(wanted).encode()
        headers = {
            "host": urlsplit(self._where.address).netloc,
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": _TARGET,
        }
        scope = Scope(region=self._where.region, service="monitoring")
        login = signed(self._where.key, scope, headers, body, self._clock())
        request = Request(method="POST", url=f"{self._where.address}/", headers=login, body=body)
        return await self.ask(request, lambda answer: self._read(ask, answer))

    def _queries(self, ask: Ask) -> list[Any]:
        if not ask.template.lstrip().startswith("["):
            expression = complete(ask.template, ask.blanks, lambda text: text.replace("'", "''"))
            return [{"Id": "asked", "Expression": expression, "Period": self._where.period, "ReturnData": True}]
        text = complete(ask.template, ask.blanks, lambda text: json.dumps(text)[1:-1])
        try:
            listed = json.loads(text)
        except ValueError as error:
            raise self.error(ErrorKind.REFUSED, f"can't be asked so: the list of queries is no JSON ({error}).") from error
        return list(listed)

    def _read(self, ask: Ask, body: bytes) -> Answer:
        told = self.json(body)
        try:
            for one in told["MetricDataResults"]:
                if (unfinished := _UNFINISHED.get(one.get("StatusCode"))) is not None:
                    raise self.error(unfinished[0], f"{unfinished[1]}.")
            results = told["MetricDataResults"]
            return of_series(ask, [(_labels(one), zip(one["Timestamps"], one["Values"], strict=True)) for one in results])
        except MISSHAPEN as error:
            raise self.garbage("CloudWatch's JSON") from error


def _labels(result: dict[str, Any]) -> dict[str, str]:
    return {"label": str(result["Label"])}


def _explain(status: int, said: str, body: bytes) -> Refusal | None:
    """AWS answers 400 to almost everything; what it means is in the type."""
    try:
        named = str(json.loads(body)["__type"]).rpartition("#")[2]
    except MISSHAPEN:
        return None
    if any(word in named for word in _DENIED):
        return Refusal(kind=ErrorKind.UNAUTHORIZED, words=f"refuses the credentials ({named}).")
    if any(word in named for word in _THROTTLED):
        return Refusal(kind=ErrorKind.RATE_LIMITED, words=f"is asked too often ({named}).")
    if status >= 500:
        return None
    return Refusal(kind=ErrorKind.REFUSED, words=f"refuses the query ({named}): {said}.")
