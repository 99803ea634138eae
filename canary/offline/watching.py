"""A recording as the controller would have seen it: at each look the last scraped values, and nothing of what comes later."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from analysis.counts import Counts, series_key
from analysis.plan import Version
from analysis.queries import too_old
from analysis.reading import Counted, Problem, Samples
from canary.offline.play import Look
from canary.offline.recording import Pod, Recording, Series

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOOKBACK = 300.0
"""Seconds without a scrape after which Prometheus shows a series no more."""


def moment(t: float) -> datetime:
    """A time of the recording's clock."""
    return _EPOCH + timedelta(seconds=t)


def clock(time: datetime) -> float:
    """The inverse of `moment`."""
    return (time - _EPOCH).total_seconds()


def looks(recording: Recording, interval: timedelta) -> Iterator[Look]:
    """One look per interval, from the canary's first traffic to the end of the recording."""
    shown = {metric: _Shown.of(metric, series) for metric, series in recording.metrics.items()}
    begins, ends, every = recording.begins, recording.last, interval.total_seconds()
    for number in count():
        at = begins + number * every
        if at > ends:
            return
        readings = {metric: one.at(at) for metric, one in shown.items()}
        yield Look(at=moment(at), readings=readings)


@dataclass(slots=True)
class _Shown:
    """One metric's series as an instant query shows them; times only go forward."""

    metric: str
    scrapes: list[tuple[float, Pod, Samples]]
    upcoming: int = 0
    newest: dict[Pod, tuple[float, Samples]] = field(default_factory=dict)

    @classmethod
    def of(cls, metric: str, series: Series) -> "_Shown":
        scrapes = [
            (sample.t, pod, {total: sample.total, bad: sample.bad})
            for pod, samples in series.items()
            for labels in [{"pod": pod.name} if pod.name else {}]
            for total, bad in [(series_key(Counts.EVENTS, labels), series_key(Counts.ONLY_BAD, labels))]
            for sample in samples
        ]
        return cls(metric, sorted(scrapes, key=lambda scrape: scrape[0]))

    def at(self, time: float) -> Counted | Problem:
        """The newest values at or before a time, or the problem that they are too old."""
        while self.upcoming < len(self.scrapes) and self.scrapes[self.upcoming][0] <= time:
            t, pod, values = self.scrapes[self.upcoming]
            self.newest[pod] = (t, values)
            self.upcoming += 1
        seen: dict[Version, dict[str, float]] = {Version.STABLE: {}, Version.CANARY: {}}
        canary = []
        for pod, (t, values) in self.newest.items():
            if time - t < LOOKBACK:
                seen[pod.version].update(values)
                canary += [t] if pod.version is Version.CANARY else []
        old = too_old(f"{self.metric} of the canary", canary, moment(time))
        return old or Counted(stable=seen[Version.STABLE], canary=seen[Version.CANARY], sought=f"{self.metric} in the recording")
