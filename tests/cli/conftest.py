from collections.abc import Iterator

import pytest

from tests.cli.plane import Plane


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    with Plane(tmp_path_factory.mktemp("plane")) as plane:
        yield plane


@pytest.fixture
def plane(running: Plane) -> Iterator[Plane]:
    """With one Canary, `reviews`, that no controller has looked at."""
    running.clear()
    running.put()
    return running
