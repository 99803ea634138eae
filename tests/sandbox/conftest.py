"""A running cluster, stopped after the test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.sandbox.cluster import Cluster


@pytest_asyncio.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with Cluster() as running:
        yield running
