"""A circuit breaker: after several failures in a row nothing is asked for a while, then one query tries again."""

from dataclasses import dataclass

FAILURES = 5
REST_SECONDS = 30.0


@dataclass(slots=True)
class Circuit:
    """Counts failures in a row. `time` is any clock that only goes forward, in seconds."""

    failures: int = 0
    resting_until: float = 0.0
    last: str = ""

    @property
    def open(self) -> bool:
        """Have there been so many failures that the provider is left alone?"""
        return self.failures >= FAILURES

    def resting(self, time: float) -> bool:
        """Is nothing to be asked now? The first to ask after a rest tries again, the others go on resting meanwhile."""
        if not self.open:
            return False
        if time < self.resting_until:
            return True
        self.resting_until = time + REST_SECONDS
        return False

    def answered(self) -> None:
        """The provider answered, be it that it refuses: it is there."""
        self.failures = 0

    def failed(self, time: float, sentence: str) -> None:
        """The provider gave no answer; `sentence` says what happened."""
        self.failures += 1
        self.last = sentence
        if self.open:
            self.resting_until = time + REST_SECONDS
