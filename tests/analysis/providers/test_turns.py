"""Turns at a provider: how many at a time, and what is learned from how they end."""

import asyncio

import pytest

from analysis.providers.base import ErrorKind, ProviderError
from analysis.providers.circuit import FAILURES
from analysis.providers.turns import Turns


@pytest.fixture
def turns() -> Turns:
    return Turns("Prometheus", at_once=2, rest=60.0)


async def fails(turns: Turns, kind: ErrorKind) -> ErrorKind:
    """A request that ends so; what the asker is told."""
    with pytest.raises(ProviderError) as told:
        async with turns.turn():
            raise ProviderError(kind, "It failed.")
    return told.value.kind


async def test_so_many_at_a_time_and_no_more(turns: Turns) -> None:
    inside, most, over = 0, 0, asyncio.Event()

    async def ask() -> None:
        nonlocal inside, most
        async with turns.turn():
            inside += 1
            most = max(most, inside)
            if most == 2:
                over.set()
            await over.wait()
            inside -= 1

    await asyncio.gather(*(ask() for _ in range(5)))
    assert (most, inside) == (2, 0)


async def test_after_failures_in_a_row_nothing_is_asked(turns: Turns) -> None:
    told = [await fails(turns, ErrorKind.TIMEOUT) for _ in range(FAILURES)]
    assert (told, await fails(turns, ErrorKind.TIMEOUT)) == ([ErrorKind.TIMEOUT] * FAILURES, ErrorKind.RESTING)
    assert turns.problem == f"Prometheus is left alone for a while after {FAILURES} failures: It failed."


async def test_an_answer_ends_the_count(turns: Turns) -> None:
    for _ in range(2):
        for _ in range(FAILURES - 1):
            await fails(turns, ErrorKind.TIMEOUT)
        async with turns.turn():
            assert turns.problem is None
    assert (turns.problem, turns.turned_away) == (None, False)


async def test_refused_credentials_are_remembered(turns: Turns) -> None:
    await fails(turns, ErrorKind.UNAUTHORIZED)
    async with turns.turn():
        assert (turns.problem, turns.turned_away) == (None, True)
