"""A source asked one question, by a server that gives it one answer."""

import json
from contextlib import asynccontextmanager

import pytest

from analysis.providers.base import Point, ProviderError, Vector
from tests.analysis.providers.serving import Server, an_ask, serving


@asynccontextmanager
async def opened(make, server):
    with serving(server) as address:
        source = make(address)
        try:
            yield source
        finally:
            await source.close()


async def answer(make, body, template="q", **ask):
    """What a source makes of an answer, and the request that it sent for it."""
    server = Server(body=body if isinstance(body, bytes) else json.dumps(body).encode())
    async with opened(make, server) as source:
        found = await source.number(an_ask(template, **ask))
    [asked] = server.asked
    return found, asked


async def refusal(make, body, template="q", status=200) -> ProviderError:
    server = Server(status=status, body=body if isinstance(body, bytes) else json.dumps(body).encode())
    async with opened(make, server) as source:
        with pytest.raises(ProviderError) as refused:
            await source.number(an_ask(template))
    return refused.value


def one(value, **labels):
    return Vector((Point(labels, value),))


async def nothing_sent(make, template) -> ProviderError:
    server = Server()
    async with opened(make, server) as source:
        with pytest.raises(ProviderError) as refused:
            await source.number(an_ask(template))
    assert server.asked == []
    return refused.value
