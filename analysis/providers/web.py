"""Any HTTP API that answers JSON: the address is a template, and each query is the JSONPath of its number in the answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from analysis.providers.base import Answer, Ask, ErrorKind, Point, Unusable, Vector
from analysis.providers.http import HttpApi, Manners, Request
from analysis.providers.jsonpath import BadPath, parse
from analysis.templates import complete


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """Where JSON is. `url` and `body` are templates, in which `{{from}}` and `{{to}}` are seconds of the epoch."""

    url: str
    method: str = "GET"
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Web(HttpApi):
    """A NumberSource."""

    def __init__(self, where: WebAddress, client: httpx.AsyncClient, manners: Manners) -> None:
        super().__init__(client, manners)
        self._where = where

    async def number(self, ask: Ask) -> Answer:
        """A point for each number that the path leads to. Raises ProviderError."""
        try:
            path = parse(complete(ask.template, ask.blanks, _in_path))
        except BadPath as error:
            raise self.error(ErrorKind.REFUSED, f"can't be asked so: {error}.") from error
        blanks = {**ask.blanks, "from": f"{ask.start.timestamp():.0f}", "to": f"{ask.end.timestamp():.0f}"}
        return await self.ask(self._request(blanks), lambda body: _answer(path.find(self.json(body))))

    def _request(self, blanks: Mapping[str, str]) -> Request:
        body = self._where.body
        return Request(
            method=self._where.method,
            url=complete(self._where.url, blanks, lambda text: quote(text, safe="")),
            headers={
                "accept": "application/json",
                **({"content-type": "application/json"} if body else {}),
                **self._where.headers,
            },
            body=None if body is None else complete(body, blanks, lambda text: json.dumps(text)[1:-1]).encode(),
        )


def _in_path(text: str) -> str:
    return json.dumps(text)[1:-1].replace("'", "\\'")


def _answer(found: list[Any]) -> Answer:
    points = []
    for index, value in enumerate(found):
        match _number(value):
            case float() as number:
                points.append(Point({"index": str(index)} if len(found) > 1 else {}, number))
            case what:
                return Unusable(what)
    return Vector(tuple(points))


def _number(value: Any) -> float | str:
    """A number, or what there is instead. Numbers in quotes are numbers: many an API writes them so. A null is NaN."""
    match value:
        case bool():
            return "true or false"
        case int() | float() | str():
            try:
                return float(value)
            except (ValueError, OverflowError):
                return "a text" if isinstance(value, str) else "a number beyond all bounds"
        case None:
            return float("nan")
        case dict():
            return "an object"
        case _:
            return "a list"
