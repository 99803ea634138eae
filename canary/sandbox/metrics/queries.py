"""Prometheus' HTTP API over the sandbox's database: instant and range queries, and what clients ask to see if it is there."""

import contextlib
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from canary.sandbox.http1 import Request, Response, json_response, text
from canary.sandbox.metrics.promql import Evaluator, is_range, parse
from canary.sandbox.metrics.tsdb import Database
from canary.sandbox.metrics.values import QueryError, instant_result, matrix_result, range_result
from canary.sandbox.servers import Server

MOST_POINTS = 11_000
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_DURATION = re.compile(r"(\d+)(ms|[smhdwy])", re.ASCII)
_VERSION = {"version": "3.7.3", "revision": "", "branch": "", "buildUser": "canary sandbox", "buildDate": "", "goVersion": ""}


class QueryEndpoint:
    """An HTTP server that answers as Prometheus does."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock
        self._server = Server(self.answer)

    async def start(self, port: int = 0) -> str:
        """Listen, and give the address for a Prometheus client."""
        return "http://{}:{}".format(*await self._server.start(port))

    async def stop(self) -> None:
        await self._server.stop()

    async def answer(self, request: Request) -> Response:
        path, _, query = request.target.partition("?")
        given = dict(parse_qsl(query, keep_blank_values=True))
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            given |= dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        match path:
            case "/" | "/-/ready" | "/-/healthy":
                return text(200, "Prometheus Server is Ready." if path == "/-/ready" else "The sandbox's Prometheus endpoint.")
            case "/api/v1/status/buildinfo":
                return _success(_VERSION)
            case "/api/v1/query":
                return self._guarded(self._instant, given)
            case "/api/v1/query_range":
                return self._guarded(self._range, given)
            case _:
                return _failure(404, "not_found", f"the sandbox knows no {path}")

    def _guarded(self, run: Callable[[Mapping[str, str]], dict[str, Any]], given: Mapping[str, str]) -> Response:
        try:
            return _success(run(given))
        except QueryError as error:
            return _failure(error.status, error.kind, str(error))

    def _instant(self, given: Mapping[str, str]) -> dict[str, Any]:
        at = _time(given, "time", default=self._clock())
        expression = parse(given.get("query", ""))
        value = Evaluator(self._database, at).value(expression)
        return matrix_result(value) if is_range(expression) else instant_result(value, at)

    def _range(self, given: Mapping[str, str]) -> dict[str, Any]:
        start, end, step = _time(given, "start"), _time(given, "end"), _step(given.get("step", ""))
        if end < start:
            raise QueryError('invalid parameter "end": end timestamp must not be before start time', "bad_data")
        count = int((end - start) / step) + 1
        if count > MOST_POINTS:
            message = (
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
            )
            raise QueryError(message, "bad_data")
        expression = parse(given.get("query", ""))
        if is_range(expression):
            raise QueryError("a range query needs an expression that is a scalar or an instant vector", "bad_data")
        times = [start + index * step for index in range(count)]
        return range_result([(at, Evaluator(self._database, at).value(expression)) for at in times])


def _success(data: Any) -> Response:
    return json_response(200, json.dumps({"status": "success", "data": data}).encode())


def _failure(status: int, kind: str, message: str) -> Response:
    return json_response(status, json.dumps({"status": "error", "errorType": kind, "error": message}).encode())


def _time(given: Mapping[str, str], name: str, default: float | None = None) -> float:
    value = given.get(name, "")
    if not value and default is not None:
        return default
    with contextlib.suppress(ValueError):
        return float(value)
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise QueryError(f'invalid parameter "{name}": cannot parse "{value}" to a valid timestamp', "bad_data") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _step(value: str) -> float:
    """Seconds, plain or as a duration such as `1m30s`."""
    parts = _DURATION.findall(value)
    try:
        step = sum(int(number) * _UNITS[unit] for number, unit in parts) if parts else float(value)
    except ValueError as error:
        raise QueryError(f'invalid parameter "step": cannot parse "{value}" to a valid duration', "bad_data") from error
    if not 0 < step < float("inf") or (parts and "".join(map("".join, parts)) != value):
        raise QueryError('invalid parameter "step": zero or negative query resolution step widths are not accepted', "bad_data")
    return float(step)
