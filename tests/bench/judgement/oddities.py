"""What happens to counters between a pod and the judge, in real life: each is a function from tables to tables."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.counts import Counts
from analysis.plan import Version
from tests.bench.judgement.shown import Table, Tables
from tests.bench.judgement.streams import LOOKS

Oddity = Callable[[Tables, np.random.Generator], Tables]


def late_scrapes(shown: Tables, random: np.random.Generator) -> Tables:
    """Every third look still finds a pod's last scrape."""

    def late(table: Table) -> Table:
        fresh = random.random((LOOKS + 1, _pods(table))) > 1 / 3
        fresh[0] = True
        newest = np.maximum.accumulate(np.where(fresh, np.arange(LOOKS + 1)[:, None], 0), axis=0)
        return table.with_values(np.take_along_axis(table.values, np.repeat(newest, 2, axis=1), axis=0))

    return {version: late(table) for version, table in shown.items()}


def canary_late(shown: Tables, random: np.random.Generator) -> Tables:
    """The canary's counters are always half a minute older than stable's."""
    canary = shown[Version.CANARY]
    older = np.concatenate((np.repeat(canary.values[:1], 2, axis=0), canary.values[:-2]))
    return {**shown, Version.CANARY: canary.with_values(older)}


def restarts(shown: Tables, random: np.random.Generator) -> Tables:
    """Every pod's process restarts three times in the hour: its counters begin at zero, what was not scraped is lost."""

    def restarted(table: Table) -> Table:
        values = table.values.copy()
        for pod in range(_pods(table)):
            mine = slice(2 * pod, 2 * pod + 2)
            for at in sorted(random.integers(1, LOOKS + 1, size=3)):
                values[at:, mine] = np.maximum(values[at:, mine] - np.nan_to_num(values[at, mine]), 0.0)
        return table.with_values(values)

    return {version: restarted(table) for version, table in shown.items()}


def gaps(shown: Tables, random: np.random.Generator) -> Tables:
    """Scrapes fail: each pod is absent for some minutes of the hour, and each version as a whole for another."""

    def holed(table: Table) -> Table:
        values = table.values.copy()
        for pod in range(_pods(table)):
            for at in random.integers(1, LOOKS - 8, size=4):
                values[at : at + int(random.integers(1, 8)), 2 * pod : 2 * pod + 2] = np.nan
        at = int(random.integers(8, LOOKS - 8))
        values[at : at + 4] = np.nan
        return table.with_values(values)

    return {version: holed(table) for version, table in shown.items()}


def relabelled(shown: Tables, random: np.random.Generator) -> Tables:
    """At some look all series get another label's value, and go on counting where they were."""
    at = int(random.integers(20, LOOKS - 20))

    def renamed(table: Table) -> Table:
        again = tuple(replace(series, client="gateway-0-renamed") for series in table.series)
        before, after = table.values.copy(), table.values.copy()
        before[at:], after[:at] = np.nan, np.nan
        return Table(series=table.series + again, values=np.hstack((before, after)))

    return {version: renamed(table) for version, table in shown.items()}


def old_replicasets(shown: Tables, random: np.random.Generator) -> Tables:
    """Both leaves still show pods of earlier ReplicaSets, whose counters stand still and are absent now and then."""
    return {version: _with_old(table, version, _flapping(random), failing=0.1) for version, table in shown.items()}


def old_canary_appears(shown: Tables, random: np.random.Generator) -> Tables:
    """In the middle of a step, a pod of an earlier, failing canary is shown again: a proxy that wasn't scraped is."""
    at = int(random.integers(20, LOOKS - 20))
    there = np.arange(LOOKS + 1) >= at
    canary = _with_old(shown[Version.CANARY], Version.CANARY, there, failing=0.1)
    return {**shown, Version.CANARY: canary}


def clients_restart(shown: Tables, random: np.random.Generator) -> Tables:
    """The proxies that count are replaced twice in the hour: every series ends, and another begins at zero."""
    out = dict(shown)
    for generation in range(2):
        at = int(random.integers(20 + 100 * generation, 100 + 100 * generation))
        for version, table in out.items():
            again = tuple(replace(series, client=f"gateway-{generation + 1}") for series in table.series)
            ended, begun = table.values.copy(), np.maximum(table.values - np.nan_to_num(table.values[at]), 0.0)
            ended[at + 1 :], begun[: at + 1] = np.nan, np.nan
            out[version] = Table(series=table.series + again, values=np.hstack((ended, begun)))
    return out


def no_canary(shown: Tables, random: np.random.Generator) -> Tables:
    """The canary's series are never there."""
    return _without(shown, Version.CANARY)


def no_stable(shown: Tables, random: np.random.Generator) -> Tables:
    """Stable's series are never there."""
    return _without(shown, Version.STABLE)


def _without(shown: Tables, version: Version) -> Tables:
    return {**shown, version: shown[version].with_values(np.full_like(shown[version].values, np.nan))}


def _pods(table: Table) -> int:
    return len(table.series) // 2


def _flapping(random: np.random.Generator) -> NDArray[np.bool_]:
    return np.repeat(random.random(LOOKS // 10 + 1) > 0.3, 10)[: LOOKS + 1]


def _with_old(table: Table, version: Version, there: NDArray[np.bool_], failing: float) -> Table:
    like = table.series[0]
    requests = 5_000.0
    amounts = {Counts.EVENTS: requests * (1 - failing), Counts.BAD_EVENTS: requests * failing}
    old, columns = [], []
    for series in table.series[:2]:
        old.append(replace(series, pod=f"{like.pod.rsplit('-', 2)[0]}-79f8bd7c5-{version}", version=version))
        columns.append(np.where(there, amounts[series.counts], np.nan))
    return Table(series=table.series + tuple(old), values=np.hstack((table.values, np.column_stack(columns))))
