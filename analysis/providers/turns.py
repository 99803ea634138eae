"""Whose turn it is to ask a provider: a few requests at a time, and none while it is left alone."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from analysis.providers.base import ErrorKind, ProviderError
from analysis.providers.circuit import Circuit


class Turns:
    """Of one provider; `name` is its name in sentences, `rest` how many seconds it is left alone after failures in a row."""

    def __init__(self, name: str, *, at_once: int, rest: float) -> None:
        self._name = name
        self._slots = asyncio.Semaphore(at_once)
        self._circuit = Circuit(rest=rest)
        self._turned_away = False

    @property
    def problem(self) -> str | None:
        """Why nothing is asked just now; None while the provider answers."""
        return self._circuit.sentence(self._name) if self._circuit.open else None

    @property
    def turned_away(self) -> bool:
        """Were the credentials refused? They may have been changed since they were read."""
        return self._turned_away

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a place, and learns from how the request inside ends. Raises ProviderError while nothing is to be asked."""
        async with self._slots:
            if self._circuit.resting(time.monotonic()):
                raise ProviderError(ErrorKind.RESTING, self._circuit.sentence(self._name))
            try:
                yield
            except ProviderError as error:
                self._circuit.learn(time.monotonic(), error)
                self._turned_away = self._turned_away or error.kind is ErrorKind.UNAUTHORIZED
                raise
            self._circuit.answered()
