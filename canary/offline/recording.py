"""Recorded counters as a table: `t,version,pod,metric,bad,total`, one row per scrape of one pod.

`t` is in seconds on a clock of the file's own, `bad` and `total` are cumulative counters as scraped, so that gaps (no row) and
resets (a smaller number) stay in. `pod` is empty where counters are sums over a version's pods. Rows may stand in any order.
Nothing is guessed: what can't be read is refused with its line, its column and the remedy.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite
from pathlib import Path
from typing import NamedTuple

from analysis.plan import Version
from canary.errors import Invalid

COLUMNS = ("t", "version", "pod", "metric", "bad", "total")
ENDINGS = (".csv", ".csv.gz")
_CAP = 256 * 1024**2
_LATEST = 1e10  # seconds: a larger number is not in seconds
_SHOWN = 60
_VERSIONS = {version.value: version for version in Version}


class Sample(NamedTuple):
    """One scrape of one pod."""

    t: float
    bad: float
    total: float


class Pod(NamedTuple):
    """Whose counters: one series per metric."""

    version: Version
    name: str


Series = Mapping[Pod, tuple[Sample, ...]]
"""The samples of each pod in the order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Both versions' counters by metric. There is at least one sample. `first` and `last` are the ends of its time."""

    name: str
    metrics: Mapping[str, Series]

    @property
    def first(self) -> float:
        """When the first sample was taken."""
        return min(samples[0].t for samples in self._series())

    @property
    def last(self) -> float:
        """When the last sample was taken."""
        return max(samples[-1].t for samples in self._series())

    @property
    def begins(self) -> float:
        """When the canary got its first traffic: its last scrape before one of its counters first grew.

        What its counters held before is of the past. A canary that never has traffic begins with its first scrape, and a
        recording without any canary with its own.
        """
        canary = [samples for series in self.metrics.values() for pod, samples in series.items() if pod.version is Version.CANARY]
        if not canary:
            return self.first
        first = min(samples[0].t for samples in canary)
        grown = [later.t for samples in canary for before, later in pairwise(samples) if later.total > before.total]
        newcomers = [samples[0].t for samples in canary if samples[0].t > first and samples[0].total > 0]
        served = min(grown + newcomers, default=first)
        return max((sample.t for samples in canary for sample in samples if sample.t < served), default=first)

    def _series(self) -> Iterator[tuple[Sample, ...]]:
        return (samples for series in self.metrics.values() for samples in series.values())


def read_recording(path: Path) -> Recording:
    """Reads a file, zipped if its name says so. Raises Invalid with the place and the remedy."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(_CAP + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(f"{path} can't be read: {getattr(error, 'strerror', None) or error}.") from None
    if len(content) > _CAP:
        raise Invalid(f"{path} holds more than {_CAP // 1024**2} MiB: cut the recording into shorter ones.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} is no UTF-8 text (byte {error.start}): write plain CSV.") from None
    return parse_recording(text, str(path))


def parse_recording(text: str, name: str) -> Recording:
    """The recording that a text holds; `name` is how errors call it. Raises Invalid with the place and the remedy."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    wanted = ",".join(COLUMNS)
    try:
        header = next(rows, None)
        if header is None:
            raise Invalid(f"{name} is empty: its first line must be {wanted}.")
        if tuple(header) != COLUMNS:
            raise Invalid(f"{name} line 1 is {_shown(','.join(header))}: it must be {wanted}.")
        metrics = _gather(rows)
    except _BadRow as fault:
        raise Invalid(f"{name} line {rows.line_num}, {fault}.") from None
    except csv.Error as error:
        raise Invalid(f"{name} line {rows.line_num} is no CSV: {error}.") from None
    if not metrics:
        raise Invalid(f"{name} has a header and no rows: there is nothing to judge.")
    return Recording(name=name, metrics=metrics)


def write_recording(recording: Recording, path: Path) -> None:
    """Writes what `read_recording` reads, zipped if the name says so, in the order of time. Raises Invalid."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = (
        (sample.t, pod.version.value, pod.name, metric, sample.bad, sample.total)
        for metric, series in recording.metrics.items()
        for pod, samples in series.items()
        for sample in samples
    )
    for t, version, pod, metric, bad, total in sorted(rows):
        writer.writerow((plain(t), version, pod, metric, plain(bad), plain(total)))
    content = lines.getvalue().encode()
    try:
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    except OSError as error:
        raise Invalid(f"{path} can't be written: {error.strerror}.") from None


def plain(number: float) -> int | float:
    """Whole numbers without a point."""
    return int(number) if number.is_integer() else number


class _BadRow(ValueError):
    """What is wrong with the row that was read last, with its column and the remedy."""


def _gather(rows: Iterable[list[str]]) -> dict[str, Series]:
    """Raises _BadRow."""
    found: dict[str, dict[Pod, dict[float, Sample]]] = {}
    for row in rows:
        if not row:
            continue
        metric, pod, sample = _read(row)
        samples = found.setdefault(metric, {}).setdefault(pod, {})
        if samples.setdefault(sample.t, sample) != sample:
            said = f"{pod.version} {pod.name} has other counts of {metric} at {row[0]} in a line above: keep one of them"
            raise _BadRow(f"columns bad and total: {said}")
    return {metric: {pod: tuple(sorted(samples.values())) for pod, samples in series.items()} for metric, series in found.items()}


def _read(row: Sequence[str]) -> tuple[str, Pod, Sample]:
    try:
        when, version, pod, metric, bad, total = row
        sample = Sample(float(when), float(bad), float(total))
        sound = -_LATEST < sample.t < _LATEST and 0 <= sample.bad <= sample.total < inf and "_" not in when + bad + total
        if sound and metric:
            return metric, Pod(_VERSIONS[version], pod), sample
    except (ValueError, KeyError):
        raise _BadRow(next(_faults(row))) from None
    raise _BadRow(next(_faults(row)))


def _faults(row: Sequence[str]) -> Iterator[str]:
    """What is wrong, the first thing first."""
    if len(row) != len(COLUMNS):
        yield f"there are {len(row)} columns: write {len(COLUMNS)}, {','.join(COLUMNS)}"
        return
    cells = dict(zip(COLUMNS, row, strict=True))
    numbers = {column: _number(cells[column]) for column in ("t", "bad", "total")}
    if numbers["t"] is None:
        yield f"column t: {_shown(cells['t'])} is no number: write seconds"
    elif abs(numbers["t"]) >= _LATEST:
        yield f"column t: {_shown(cells['t'])} is too large for seconds: divide by 1000 if these are milliseconds"
    if cells["version"] not in _VERSIONS:
        yield f"column version: {_shown(cells['version'])} is neither: write {' or '.join(_VERSIONS)}"
    if not cells["metric"]:
        yield "column metric: is empty: write its name"
    for column in ("bad", "total"):
        number = numbers[column]
        if number is None:
            yield f"column {column}: {_shown(cells[column])} is no number: write the counter, or no row where there was none"
        elif number < 0:
            yield f"column {column}: {_shown(cells[column])} is below 0: no counter is, write it as it was scraped"
    yield f"column bad: {_shown(cells['bad'])} is more than total, {cells['total']}: total counts the bad events, too"


def _number(text: str) -> float | None:
    """None for what is no finite number."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) and "_" not in text else None


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= _SHOWN else f'"{text[:_SHOWN]}…"'
