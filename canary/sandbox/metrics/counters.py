"""Counters of what was answered: by the mesh in Linkerd's words, by a pod in an ordinary application's.

A series is a sorted tuple of labels, the name among them, as `__name__`; it is made once and then only its value moves.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, groupby
from typing import TypeAlias

Labels: TypeAlias = tuple[tuple[str, str], ...]
Series: TypeAlias = tuple[Labels, float]

# Of linkerd2-proxy's response_latency_ms, and of the usual client libraries.
LINKERD_BOUNDS_MS = (1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1000, 2000, 3000, 4000, 5000, 10000)
APP_BOUNDS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
NAME = "__name__"


def labels_with(name: str, **labels: str) -> Labels:
    """Make the identity of a series; empty labels are absent labels."""
    return tuple(sorted({NAME: name, **{key: value for key, value in labels.items() if value}}.items()))


class Histogram:
    """Counts in buckets, cumulative when read, with their sum and number."""

    def __init__(self, name: str, bounds: tuple[float, ...], **labels: str) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._buckets = [labels_with(f"{name}_bucket", **labels, le=le) for le in (*map("{:g}".format, bounds), "+Inf")]
        self._sum_labels = labels_with(f"{name}_sum", **labels)
        self._count_labels = labels_with(f"{name}_count", **labels)

    @property
    def count(self) -> int:
        return sum(self._counts)

    def observe(self, value: float) -> None:
        """Count one; a value equal to a bound is within it."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def series(self) -> Iterator[Series]:
        yield from zip(self._buckets, map(float, accumulate(self._counts)), strict=True)
        yield self._sum_labels, self._sum
        yield self._count_labels, float(self.count)


class AppCounts:
    """What one pod answered: `http_requests_total` by code, `http_request_duration_seconds`."""

    def __init__(self, namespace: str, pod: str) -> None:
        self._labels = {"namespace": namespace, "pod": pod}
        self._codes: dict[int, list[float]] = {}
        self._series: dict[int, Labels] = {}
        self._durations = Histogram("http_request_duration_seconds", APP_BOUNDS_SECONDS, **self._labels)

    def observe(self, code: int, seconds: float) -> None:
        if code not in self._codes:
            self._codes[code] = [0.0]
            self._series[code] = labels_with("http_requests_total", **self._labels, code=str(code))
        self._codes[code][0] += 1
        self._durations.observe(seconds)

    def series(self) -> Iterator[Series]:
        for code, count in self._codes.items():
            yield self._series[code], count[0]
        yield from self._durations.series()


class MeshCounts:
    """What the mesh saw, per leaf, pod and status: `response_total`, `response_latency_ms`, as an outbound proxy has them.

    The client is taken to live in the namespace of what it calls. Counts of pods that are gone are dropped when read.
    """

    def __init__(self, is_alive: Callable[[str, str], bool]) -> None:
        self._is_alive = is_alive
        self._seen: dict[tuple[str, str, str, int], tuple[Labels, Histogram]] = {}

    def observe(self, namespace: str, service: str, pod: str, status: int, seconds: float) -> None:
        """Count one answer; `pod` is empty when no pod could be asked."""
        key = (namespace, service, pod, status)
        if key not in self._seen:
            self._seen[key] = self._made(*key)
        self._seen[key][1].observe(seconds * 1000)

    def series(self) -> Iterator[Series]:
        gone = [key for key in self._seen if key[2] and not self._is_alive(key[0], key[2])]
        for key in gone:
            del self._seen[key]
        for total, latency in self._seen.values():
            yield total, float(latency.count)
            yield from latency.series()

    def _made(self, namespace: str, service: str, pod: str, status: int) -> tuple[Labels, Histogram]:
        labels = {
            "direction": "outbound",
            "namespace": namespace,
            "dst_namespace": namespace,
            "dst_service": service,
            "dst_pod": pod,
            "classification": "failure" if status >= 500 else "success",
            "status_code": str(status),
        }
        return labels_with("response_total", **labels), Histogram("response_latency_ms", LINKERD_BOUNDS_MS, **labels)


def exposition(series: Iterable[Series]) -> bytes:
    """Render in Prometheus' text format, families together, each with its type."""
    families = groupby(sorted(series, key=lambda each: _family(each[0])), key=lambda each: _family(each[0]))
    lines = []
    for family, members in families:
        lines.append(f"# TYPE {family} {'counter' if family.endswith('_total') else 'histogram'}")
        lines += [_line(*each) for each in members]
    return "".join(f"{line}\n" for line in lines).encode()


def _family(labels: Labels) -> str:
    name = dict(labels)[NAME]
    for end in ("_bucket", "_sum", "_count"):
        name = name.removesuffix(end)
    return name


def _line(labels: Labels, value: float) -> str:
    named = dict(labels)
    name = named.pop(NAME)
    inner = ",".join(f'{key}="{escaped(value)}"' for key, value in named.items())
    return f"{name}{{{inner}}} {value:.10g}"


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
