"""What looks at many metrics of one provider at once, whatever kind of provider it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from analysis.collect import Key, Wanted, collect
from analysis.providers.prometheus import PrometheusSource
from analysis.reading import Reading


class Reader(Protocol):
    """Looks at one provider, as somebody."""

    @property
    def turned_away(self) -> bool:
        """Were the credentials refused? They may have been changed since they were read."""

    async def look(self, wanted: Sequence[Wanted], at: datetime) -> Mapping[Key, Reading]:
        """A reading for everything that is wanted, all as of the same time. Raises nothing of the provider's."""

    async def close(self) -> None:
        """Gives up connections."""


class PrometheusReader:
    """Looks at a Prometheus, in grouped queries."""

    def __init__(self, source: PrometheusSource) -> None:
        self._source = source

    @property
    def turned_away(self) -> bool:
        """Were the credentials refused?"""
        return self._source.turned_away

    async def look(self, wanted: Sequence[Wanted], at: datetime) -> Mapping[Key, Reading]:
        """Few queries for many metrics."""
        return await collect(self._source, wanted, at)

    async def close(self) -> None:
        """Gives up threads and connections."""
        self._source.close()
