"""Do the canary's requests vanish? A version that crashed, or that no traffic reaches, has no errors either.

The canary's part of all requests is held against a quarter of its weight, so that sticky sessions and connections that
live on are no reason. No look says more than one toss of a coin, so that a silence of a few looks isn't enough; and this is
never more than missing data: it holds a rollout, it doesn't condemn a version.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from math import log
from typing import Any, NamedTuple, Self

from analysis.counts import Tally

_TOLERATED = 0.25
_MOST_PER_LOOK = log(2)
_BAR = log(100)
_SHORTEST = timedelta(seconds=150)
"""Samples that aren't scraped any more look like silence for so long."""


class Silence(NamedTuple):
    """Looks in a row with too few requests of the canary: since when, its requests, all requests, log-evidence."""

    since: datetime | None = None
    canary: float = 0.0
    total: float = 0.0
    evidence: float = 0.0

    def to_json(self) -> list[Any]:
        """Plain JSON."""
        return [None if self.since is None else self.since.isoformat(), *self[1:]]

    @classmethod
    def from_json(cls, data: list[Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(None if data[0] is None else datetime.fromisoformat(data[0]), *data[1:])


def listen(silence: Silence, tally: Tally, weight: Decimal, at: datetime) -> Silence:
    """Takes one look into account; `weight` in percent. A look with enough of the canary's requests ends the silence."""
    total = tally.canary_total + tally.stable_total
    due = total * float(weight) / 100 * _TOLERATED
    if due <= 0:
        return silence
    canary = tally.canary_total
    if canary >= due:
        return Silence()
    part = canary / due
    surprise = due - canary + (canary * log(part) if part else 0.0)
    return Silence(
        since=silence.since or at,
        canary=silence.canary + canary,
        total=silence.total + total,
        evidence=silence.evidence + min(surprise, _MOST_PER_LOOK),
    )


def vanished(silence: Silence, now: datetime) -> bool:
    """Is it too much for chance, and too long for a scrape that failed?"""
    return silence.since is not None and silence.evidence >= _BAR and now - silence.since >= _SHORTEST
