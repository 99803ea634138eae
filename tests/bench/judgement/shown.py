"""What scrapes show of a rollout: cumulative counters of every pod, as a mesh's proxies name them.

A `Table` holds one version: a row per look (the first before any traffic of the canary), a column per series, NaN where the
series isn't there. What happens to counters in real life are functions from tables to tables, see `oddities`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from analysis.counts import Counts, series_key
from analysis.plan import Version
from analysis.reading import Counted
from tests.bench.judgement.streams import Arm, Floats, Stream

NAMESPACE, SERVICE = "bookinfo", "reviews"
_HISTORY = 240.0
"""Bins that stable has served before: its counters don't begin at zero."""


class Metric(StrEnum):
    """What is counted as bad; the names of the default metrics."""

    ERRORS = "errors"
    SLOW = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One counter's identity: whose it is, which requests it counts (`which` is a label), and how these count for the judge."""

    metric: Metric
    version: Version
    pod: str
    which: tuple[str, str]
    counts: Counts
    client: str = "gateway-0"

    @property
    def name(self) -> str:
        """What Linkerd calls it."""
        return "response_total" if self.metric is Metric.ERRORS else "response_latency_ms_bucket"

    @property
    def labels(self) -> dict[str, str]:
        """As the grouped query leaves them."""
        return {
            "dst_namespace": NAMESPACE,
            "dst_service": f"{SERVICE}-{self.version}",
            "dst_pod": self.pod,
            "namespace": "ingress",
            "pod": self.client,
            "instance": "10.0.0.1:4191",
            self.which[0]: self.which[1],
        }

    @property
    def key(self) -> str:
        """As the collector names it."""
        return series_key(self.counts, self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The counters of one version."""

    series: tuple[Series, ...]
    values: Floats

    def with_values(self, values: Floats) -> "Table":
        """The same series with other values."""
        return replace(self, values=values)


Tables = Mapping[Version, Table]

_OUTCOME = "classification"
_FINE, _BAD = (_OUTCOME, "success"), (_OUTCOME, "failure")
_FAST, _ALL = ("le", "500"), ("le", "+Inf")


def tables(stream: Stream, metric: Metric) -> Tables:
    """The counters of both versions, without anything odd about them."""
    return {
        Version.STABLE: _table(metric, Version.STABLE, stream.stable, history=_HISTORY),
        Version.CANARY: _table(metric, Version.CANARY, stream.canary, history=0.0),
    }


def readings(shown: Tables) -> Iterator[Counted]:
    """One reading per look; a counter that has never counted has no series yet."""
    series = shown[Version.STABLE].series[0]
    sought = f"{series.name} of {SERVICE}-stable or {SERVICE}-canary in {NAMESPACE}"
    slow = "500ms" if series.metric is Metric.SLOW else None
    stable, canary = (_samples(shown[version]) for version in (Version.STABLE, Version.CANARY))
    for one, other in zip(stable, canary, strict=True):
        yield Counted(stable=one, canary=other, sought=sought, slow=slow)


def increments(shown: Tables, version: Version) -> tuple[Floats, Floats]:
    """Bad and all requests of a version per bin, as rates over counters have them: restarts begin at zero, absence is nothing."""
    table = shown[version]
    before, after = table.values[:-1], table.values[1:]
    grown = np.nan_to_num(np.where(after < before, after, after - before))
    kinds = np.array([_ADDS[series.counts] for series in table.series])
    total, bad = (grown @ kinds).T
    return np.maximum(bad, 0.0), total


_ADDS = {Counts.EVENTS: (1.0, 0.0), Counts.BAD_EVENTS: (1.0, 1.0), Counts.ONLY_FINE: (0.0, -1.0)}


def _samples(table: Table) -> Iterator[dict[str, float]]:
    keys = [series.key for series in table.series]
    for row in table.values.tolist():
        yield {key: value for key, value in zip(keys, row, strict=True) if value > 0}


def _table(metric: Metric, version: Version, arm: Arm, history: float) -> Table:
    columns, series = [], []
    for pod, (born, gone) in enumerate(arm.life):
        fine, bad = arm.total[:, pod] - arm.bad[:, pod], arm.bad[:, pod]
        for which, counts, each in _counters(metric, fine, bad):
            before = float(np.floor(each[:20].mean() * history)) if born == 0 else 0.0
            column = np.concatenate(([before], before + np.cumsum(each)))
            column[:born] = np.nan
            column[gone + 1 :] = np.nan
            columns.append(column)
            name = f"{SERVICE}-{version}-6d4b75cb6d-{pod:05d}"
            series.append(Series(metric=metric, version=version, pod=name, which=which, counts=counts))
    return Table(series=tuple(series), values=np.column_stack(columns))


def _counters(metric: Metric, fine: Floats, bad: Floats) -> tuple[tuple[tuple[str, str], Counts, Floats], ...]:
    """What of a pod's requests is counted by which series."""
    match metric:
        case Metric.ERRORS:
            return (_FINE, Counts.EVENTS, fine), (_BAD, Counts.BAD_EVENTS, bad)
        case Metric.SLOW:
            return (_ALL, Counts.BAD_EVENTS, fine + bad), (_FAST, Counts.ONLY_FINE, fine)
