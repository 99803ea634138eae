"""The built-in metrics as grouped queries: one query serves many canaries, and its answer is split by labels.

A dialect is a table of the metric names and labels that a mesh or an application speaks. Counters are summed within
one process only (labels of `process`), never over processes: a sum over processes can't tell a restart from a
pod that left. The buckets of latency are in `analysis/latency.py`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from analysis.counts import Counts, samples
from analysis.plan import Dialect, Subject, Version
from analysis.providers.base import Point
from analysis.reading import Counted, Problem, Trouble
from analysis.templates import literal
from analysis.wording import duration

SUBJECTS = 25
"""Canaries in one query, which makes fifty names: the provider is asked with a URL, and URLs have an end."""

STALE = timedelta(seconds=150)
"""Samples that are older than this are no news: who scrapes less often than twice in five minutes loses series all the time."""
_MOST_AGE = timedelta(days=1)
_JOB = "job"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a dialect calls things.

    `version` is the label that tells versions apart: a leaf's name, or a pod's name where `by_pod`. `pod` is the label that the
    name of the pod is in which served. `outcome` is the label that a request's result is in, and `bad` matches its bad values.
    `unit` is how many units of `le` a second has.
    """

    requests: str
    buckets: str
    unit: int
    selector: str
    namespace: str
    version: str
    pod: str
    outcome: str
    bad: re.Pattern[str]
    process: tuple[str, ...]

    @property
    def by_pod(self) -> bool:
        """Are versions told apart by the names of pods alone?"""
        return self.version == self.pod

    @property
    def histogram(self) -> str:
        """The name of the native histogram that would have these buckets."""
        return self.buckets.removesuffix("_bucket")


DIALECTS: Mapping[Dialect, Words] = {
    Dialect.LINKERD: Words(
        requests="response_total",
        buckets="response_latency_ms_bucket",
        unit=1000,
        selector='direction="outbound",',
        namespace="dst_namespace",
        version="dst_service",
        pod="dst_pod",
        outcome="classification",
        bad=re.compile("failure"),
        process=("dst_pod", "namespace", "pod", "instance"),
    ),
    Dialect.HTTP: Words(
        requests="http_requests_total",
        buckets="http_request_duration_seconds_bucket",
        unit=1,
        selector="",
        namespace="namespace",
        version="pod",
        pod="pod",
        outcome="code",
        bad=re.compile("5.."),
        process=("instance",),
    ),
}


Index = Mapping[tuple[str, str], Sequence[Point]]
"""Points by namespace and version label."""


def error_query(words: Words, subjects: Iterable[Subject]) -> str:
    """Requests of every version of the subjects, by process and outcome."""
    return f"sum by ({by(words, words.outcome)}) ({words.requests}{{{selector(words, subjects)}}})"


def age_query(words: Words, metric: str, subjects: Iterable[Subject]) -> str:
    """When the newest sample of each version's series is from, in seconds since 1970."""
    return f"max by ({words.namespace},{words.version}) (timestamp({metric}{{{selector(words, subjects)}}}))"


def index(words: Words, points: Sequence[Point]) -> Index:
    """A grouped answer by namespace and version label, each process as one scrape job sees it."""
    found: dict[tuple[str, str], list[Point]] = {}
    for point in _once(words, points):
        found.setdefault((point.labels.get(words.namespace, ""), point.labels.get(words.version, "")), []).append(point)
    return found


def points_of(words: Words, subject: Subject, version: Version, answer: Index) -> list[Point]:
    """The part of a grouped answer that is about one version of one subject.

    A client remembers whom it has reached behind a leaf, and tells of it long after: where the version's pods are known
    exactly, the pods of earlier versions are left out. A series that names no pod is about all of them.
    """
    if words.by_pod:
        pods = re.compile(subject.pods(version))
        mine = [points for (namespace, pod), points in answer.items() if namespace == subject.namespace and pods.fullmatch(pod)]
        return list(chain.from_iterable(mine))
    behind = answer.get((subject.namespace, subject.leaf(version)), ())
    if version not in subject.exact:
        return list(behind)
    pods = re.compile(subject.pods(version))
    return [point for point in behind if not point.labels.get(words.pod) or pods.fullmatch(point.labels[words.pod])]


def error_counts(words: Words, subject: Subject, answer: Index) -> Counted | Problem:
    """The answer to `error_query` as counters of one subject."""
    found = {}
    for version in Version:
        whose = sought(words.requests, words, subject, version)
        mine = points_of(words, subject, version, answer)
        bad = [point for point in mine if words.bad.fullmatch(point.labels.get(words.outcome, ""))]
        fine = [point for point in mine if not words.bad.fullmatch(point.labels.get(words.outcome, ""))]
        counted = merged(samples(Counts.BAD_EVENTS, bad, whose), samples(Counts.EVENTS, fine, whose))
        if isinstance(counted, Problem):
            return counted
        found[version] = counted
    both = both_sought(words.requests, words, subject)
    return Counted(stable=found[Version.STABLE], canary=found[Version.CANARY], sought=both)


def stale(words: Words, subject: Subject, metric: str, ages: Index, at: datetime) -> Problem | None:
    """The problem that nothing new of the canary reaches the provider, which goes on showing what it has had before.

    `ages` answers `age_query`. A canary without any series is no such problem.
    """
    times = [point.value for point in points_of(words, subject, Version.CANARY, ages)]
    return too_old(sought(metric, words, subject, Version.CANARY), times, at)


def too_old(whose: str, times: Iterable[float], at: datetime) -> Problem | None:
    """The problem that the newest of these times of samples, in seconds since 1970, is no news any more."""
    age = at.timestamp() - max(times, default=at.timestamp())
    if not age >= STALE.total_seconds():
        return None
    old = timedelta(seconds=min(age, _MOST_AGE.total_seconds()))
    return Problem(
        Trouble.STALE,
        f"{whose} has its newest sample from {at - old:%H:%M:%S}, {duration(old)} before this look: nothing new of it "
        "reaches the provider, or its clock is behind.",
    )


def _once(words: Words, points: Sequence[Point]) -> Iterator[Point]:
    """Where several scrape jobs read the same process, the first of them by name: all of them would count each event again."""
    first: dict[tuple[str, ...], str] = {}
    for point in points:
        process = _process(words, point)
        job = point.labels.get(_JOB, "")
        first[process] = min(first.get(process, job), job)
    for point in points:
        if point.labels.get(_JOB, "") == first[_process(words, point)]:
            yield Point({name: value for name, value in point.labels.items() if name != _JOB}, point.value)


def _process(words: Words, point: Point) -> tuple[str, ...]:
    return tuple(point.labels.get(name, "") for name in (words.namespace, words.version, *words.process))


def merged(one: dict[str, float] | Problem, other: dict[str, float] | Problem) -> dict[str, float] | Problem:
    """Counters of two kinds together, or the first problem among them."""
    if isinstance(one, Problem):
        return one
    return other if isinstance(other, Problem) else one | other


def by(words: Words, last: str) -> str:
    """The labels that a grouped query keeps: version, process and one more."""
    return ",".join((words.namespace, words.version, *words.process, _JOB, last))


def selector(words: Words, subjects: Iterable[Subject]) -> str:
    """What picks both versions of all subjects among a metric's series; never empty."""
    several = list(subjects)
    namespaces = "|".join(sorted({exactly(subject.namespace) for subject in several}))
    if words.by_pod:
        versions = "|".join(sorted({f"(?:{subject.pods(version)})" for subject in several for version in Version}))
    else:
        versions = "|".join(sorted({exactly(subject.leaf(version)) for subject in several for version in Version}))
    return f'{words.selector}{words.namespace}=~"{literal(namespaces)}",{words.version}=~"{literal(versions)}"'


def exactly(name: str) -> str:
    """A regular expression that matches this name and no other, in RE2's dialect."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", name)


def sought(metric: str, words: Words, subject: Subject, version: Version) -> str:
    """In words, what was looked for."""
    which = f"pods {subject.pods(version)}" if words.by_pod else subject.leaf(version)
    return f"{metric} of {which} in {subject.namespace}"


def both_sought(metric: str, words: Words, subject: Subject) -> str:
    """In words, what was looked for of both versions."""
    which = [f"pods {subject.pods(version)}" if words.by_pod else subject.leaf(version) for version in Version]
    return f"{metric} of {which[0]} or {which[1]} in {subject.namespace}"
