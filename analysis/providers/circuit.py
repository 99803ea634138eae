"""A circuit breaker: after several failures in a row nothing is asked for a while, then one query tries again.

A provider that asks for a pause is given it at once.
"""

from dataclasses import dataclass
from datetime import timedelta

from analysis.providers.base import ErrorKind, ProviderError

FAILURES = 5
REST_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 300.0

_FAILED = (ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT)


def rest_after(interval: timedelta) -> float:
    """How many seconds a provider that is looked at this often is left alone: two looks, and half a minute at most."""
    return min(REST_SECONDS, 2 * interval.total_seconds())


@dataclass(slots=True)
class Circuit:
    """Counts failures in a row. `time` is any clock that only goes forward, `rest` and it are in seconds."""

    rest: float = REST_SECONDS
    failures: int = 0
    resting_until: float = 0.0
    pausing: bool = False
    last: str = ""

    @property
    def open(self) -> bool:
        """Is the provider left alone, for its failures or because it asked for it?"""
        return self.pausing or self.failures >= FAILURES

    def resting(self, time: float) -> bool:
        """Is nothing to be asked now? The first to ask after a rest tries again, the others go on resting meanwhile."""
        if not self.open:
            return False
        if time < self.resting_until:
            return True
        self.resting_until = time + self.rest
        return False

    def learn(self, time: float, error: ProviderError) -> None:
        """A query ended so. A provider that refuses is there, and no worse for it."""
        if error.kind is ErrorKind.RATE_LIMITED:
            self.pause(time, error)
        elif error.kind in _FAILED:
            self.failed(time, error.sentence)
        else:
            self.answered()

    def answered(self) -> None:
        """The provider answered, be it that it refuses: it is there."""
        self.failures = 0
        self.pausing = False

    def failed(self, time: float, sentence: str) -> None:
        """The provider gave no answer; `sentence` says what happened."""
        self.failures += 1
        self.last = sentence
        if self.open:
            self.resting_until = time + self.rest

    def pause(self, time: float, error: ProviderError) -> None:
        """The provider asks for a pause; of what length is its own say, within reason."""
        wanted = self.rest if error.pause is None else error.pause.total_seconds()
        self.pausing, self.last = True, error.sentence
        self.resting_until = time + min(max(wanted, 1.0), LONGEST_PAUSE_SECONDS)

    def sentence(self, name: str) -> str:
        """Why nothing is asked of the provider of this name just now."""
        if self.failures >= FAILURES:
            return f"{name} is left alone for a while after {self.failures} failures: {self.last}"
        return f"{name} is left alone for as long as it asked for: {self.last}"
