"""One sandbox with one controller for each story."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.stories.cluster import Cluster, cluster
from tests.stories.story import Story

Tell = Callable[[str, str], Story]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Cluster]:
    """A cluster of the story's own."""
    async with cluster(tmp_path) as made:
        yield made


@pytest.fixture
def tell(place: Cluster) -> Tell:
    """`tell(namespace, name)`: the story of one Canary."""
    return lambda namespace, name: Story(cluster=place, namespace=namespace, name=name)
