"""What scrapes show of a rollout: cumulative counters of every pod, as a mesh's proxies name them.

A `Table` holds one version: a row per look (the first before any traffic of the canary), a column per series, NaN where the
series isn't there. Oddities of real life are functions from tables to tables.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.counts import Counts, series_key
from analysis.plan import Version
from analysis.reading import Counted
from tests.bench.judgement.streams import LOOKS, Arm, Floats, Stream

NAMESPACE, SERVICE = "bookinfo", "reviews"
SOUGHT = f"response_total of {SERVICE}-stable or {SERVICE}-canary in {NAMESPACE}"
SUCCESS, FAILURE = "success", "failure"
_HISTORY = 240.0
"""Bins that stable has served before: its counters don't begin at zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One counter's identity: whose it is, and what a request's outcome was."""

    version: Version
    pod: str
    outcome: str
    client: str = "gateway-0"

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
            "classification": self.outcome,
        }

    @property
    def key(self) -> str:
        """As the collector names it."""
        return series_key(Counts.BAD_EVENTS if self.outcome == FAILURE else Counts.EVENTS, self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The counters of one version."""

    series: tuple[Series, ...]
    values: Floats

    def with_values(self, values: Floats) -> "Table":
        """The same series with other values."""
        return replace(self, values=values)


Tables = Mapping[Version, Table]


def tables(stream: Stream) -> dict[Version, Table]:
    """The counters of both versions, without anything odd about them."""
    return {
        Version.STABLE: _table(Version.STABLE, stream.stable, history=_HISTORY),
        Version.CANARY: _table(Version.CANARY, stream.canary, history=0.0),
    }


def readings(shown: Tables) -> Iterator[Counted]:
    """One reading per look; a counter that has never counted has no series yet."""
    stable, canary = (_samples(shown[version]) for version in (Version.STABLE, Version.CANARY))
    for one, other in zip(stable, canary, strict=True):
        yield Counted(stable=one, canary=other, sought=SOUGHT)


def _samples(table: Table) -> Iterator[dict[str, float]]:
    keys = [series.key for series in table.series]
    for row in table.values.tolist():
        yield {key: value for key, value in zip(keys, row, strict=True) if value > 0}


def _table(version: Version, arm: Arm, history: float) -> Table:
    columns, series = [], []
    for pod, (born, gone) in enumerate(arm.life):
        name = f"{SERVICE}-{version}-{pod}"
        for outcome, counts in ((SUCCESS, arm.total[:, pod] - arm.bad[:, pod]), (FAILURE, arm.bad[:, pod])):
            before = float(np.floor(counts[:20].mean() * history)) if born == 0 else 0.0
            column = np.concatenate(([before], before + np.cumsum(counts)))
            column[:born] = np.nan
            column[gone + 1 :] = np.nan
            columns.append(column)
            series.append(Series(version=version, pod=name, outcome=outcome))
    return Table(series=tuple(series), values=np.column_stack(columns))


def looks_of(sequence: Sequence[float]) -> list[int]:
    """Minutes as looks."""
    return [min(round(minute * 4), LOOKS) for minute in sequence]
