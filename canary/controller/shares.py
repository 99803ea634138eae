"""The canary's shares of traffic over the last while: from how much traffic the newest counts may stem, at the least.

A counter that is read now was scraped up to a minute ago, and has grown since the scrape before that. Until all of that time lies
behind a raised weight, the lower one is what requests can be expected by.
"""

from collections import deque
from datetime import datetime, timedelta
from decimal import Decimal

from strategies.model import Observation, Rollout
from strategies.posture import live
from strategies.sizing import split_pods

SCRAPES = timedelta(minutes=1)


class Shares:
    """Notes what is in force, and when counts were read last."""

    def __init__(self) -> None:
        self._noted: deque[tuple[datetime, Decimal | None]] = deque()
        self._read: datetime | None = None

    def note(self, at: datetime, share: Decimal | None) -> None:
        """From now on this share is in force, None if it isn't known which."""
        if not self._noted or self._noted[-1][1] != share:
            self._noted.append((at, share))

    def read(self, at: datetime) -> None:
        """All counts were read at this time: those of the next look have grown since."""
        self._read = at

    def lowest(self) -> Decimal | None:
        """The lowest share from which counts that are read now may stem; None where that isn't known."""
        if self._read is None:
            return None
        since = self._read - SCRAPES
        while len(self._noted) > 1 and self._noted[1][0] <= since:
            self._noted.popleft()
        if not self._noted or self._noted[0][0] > since:
            return None
        shares = [share for _, share in self._noted]
        return None if None in shares else min(share for share in shares if share is not None)


def in_force(rollout: Rollout, seen: Observation) -> Decimal | None:
    """The canary's share in percent, as the data plane has confirmed it; None while it hasn't, or while pods come and go."""
    if not live(rollout, seen):
        return None
    return rollout.weight if rollout.plan.mesh else split_pods(rollout.replicas, rollout.weight).reached
