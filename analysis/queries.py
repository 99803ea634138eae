"""The built-in metrics as grouped queries: one query serves many canaries, and its answer is split by labels.

A dialect is a table of the metric names and labels that a mesh or an application speaks. Counters are summed within
one process only (labels of `process`), never over processes: a sum over processes can't tell a restart from a
pod that left.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from analysis.counts import Counts, samples
from analysis.plan import Dialect, Subject, Version
from analysis.providers.base import Point
from analysis.reading import Counted, Problem, Trouble
from analysis.templates import literal
from analysis.wording import seconds

SUBJECTS = 25
"""Canaries in one query, which makes fifty names: the provider is asked with a URL, and URLs have an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a dialect calls things.

    `version` is the label that tells versions apart: a leaf's name, or a pod's name where `by_pod`. `outcome` is the
    label that a request's result is in, and `bad` matches its bad values. `unit` is how many units of `le` a second has.
    """

    requests: str
    buckets: str
    unit: int
    selector: str
    namespace: str
    version: str
    by_pod: bool
    outcome: str
    bad: re.Pattern[str]
    process: tuple[str, ...]


DIALECTS: Mapping[Dialect, Words] = {
    Dialect.LINKERD: Words(
        requests="response_total",
        buckets="response_latency_ms_bucket",
        unit=1000,
        selector='direction="outbound",',
        namespace="dst_namespace",
        version="dst_service",
        by_pod=False,
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
        by_pod=True,
        outcome="code",
        bad=re.compile("5.."),
        process=("instance",),
    ),
}


Index = Mapping[tuple[str, str], Sequence[Point]]
"""Points by namespace and version label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """The histogram bound that tells slow from fast: as the provider spells it, and in seconds."""

    spellings: frozenset[str]
    seconds: Decimal


def error_query(words: Words, subjects: Iterable[Subject]) -> str:
    """Requests of every version of the subjects, by process and outcome."""
    return f"sum by ({_by(words, words.outcome)}) ({words.requests}{{{_selector(words, subjects)}}})"


def bounds_query(words: Words, subjects: Iterable[Subject]) -> str:
    """Which histogram bounds there are for each version."""
    return f"count by ({words.namespace},{words.version},le) ({words.buckets}{{{_selector(words, subjects)}}})"


def slow_query(words: Words, subjects: Iterable[Subject], bounds: Iterable[str]) -> str:
    """The buckets at the bounds and the infinite one, of every version of the subjects, by process."""
    wanted = literal("|".join([*sorted(map(_exactly, bounds)), _exactly("+Inf")]))
    return f'sum by ({_by(words, "le")}) ({words.buckets}{{{_selector(words, subjects)},le=~"{wanted}"}})'


def index(words: Words, points: Iterable[Point]) -> Index:
    """A grouped answer by namespace and version label."""
    found: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        found.setdefault((point.labels.get(words.namespace, ""), point.labels.get(words.version, "")), []).append(point)
    return found


def points_of(words: Words, subject: Subject, version: Version, answer: Index) -> list[Point]:
    """The part of a grouped answer that is about one version of one subject."""
    if not words.by_pod:
        return list(answer.get((subject.namespace, subject.leaf(version)), ()))
    pods = re.compile(subject.pods(version))
    return [
        point
        for (namespace, pod), points in answer.items()
        if namespace == subject.namespace and pods.fullmatch(pod)
        for point in points
    ]


def error_counts(words: Words, subject: Subject, answer: Index) -> Counted | Problem:
    """The answer to `error_query` as counters of one subject."""
    found = {}
    for version in Version:
        sought = _sought(words.requests, words, subject, version)
        mine = points_of(words, subject, version, answer)
        bad = [point for point in mine if words.bad.fullmatch(point.labels.get(words.outcome, ""))]
        fine = [point for point in mine if not words.bad.fullmatch(point.labels.get(words.outcome, ""))]
        counted = _both(samples(Counts.BAD_EVENTS, bad, sought), samples(Counts.EVENTS, fine, sought))
        if isinstance(counted, Problem):
            return counted
        found[version] = counted
    both = _both_sought(words.requests, words, subject)
    return Counted(stable=found[Version.STABLE], canary=found[Version.CANARY], sought=both)


def choose_bound(words: Words, subject: Subject, above: timedelta, answer: Index) -> Slow | Problem | None:
    """The smallest bound at or above `above` that every version has which shows any; None if none shows any."""
    offered = [bounds for version in Version if (bounds := _bounds(points_of(words, subject, version, answer)))]
    if not offered:
        return None
    shared = set.intersection(*({*bounds} for bounds in offered))
    wanted = Decimal(above // timedelta(microseconds=1)) * words.unit / 1_000_000
    enough = [bound for bound in shared if bound >= wanted]
    if not enough:
        have = ", ".join(f"{seconds(bound / words.unit)}" for bound in sorted(shared)) or "none in common"
        return Problem(
            Trouble.NO_BUCKET,
            f"{words.buckets} has no bucket bound at or above {seconds(wanted / words.unit)} for both versions of "
            f"{subject.service}: it has {have}. Choose `above` among these.",
        )
    chosen = min(enough)
    spellings = frozenset().union(*(bounds.get(chosen, frozenset()) for bounds in offered))
    return Slow(spellings=spellings, seconds=chosen / words.unit)


def slow_counts(words: Words, subject: Subject, slow: Slow | None, answer: Index) -> Counted | Problem:
    """The answer to `slow_query` as counters of one subject: all events less those at or below the bound."""
    found = {}
    for version in Version:
        sought = _sought(words.buckets, words, subject, version)
        mine = points_of(words, subject, version, answer)
        everything = [point for point in mine if point.labels.get("le") == "+Inf"]
        fast = [point for point in mine if slow is not None and point.labels.get("le") in slow.spellings]
        counted = _both(samples(Counts.BAD_EVENTS, everything, sought), samples(Counts.ONLY_FINE, fast, sought))
        if isinstance(counted, Problem):
            return counted
        found[version] = counted
    return Counted(
        stable=found[Version.STABLE],
        canary=found[Version.CANARY],
        sought=_both_sought(words.buckets, words, subject),
        slow=None if slow is None else seconds(slow.seconds),
    )


def _bounds(points: Iterable[Point]) -> dict[Decimal, frozenset[str]]:
    found: dict[Decimal, frozenset[str]] = {}
    for point in points:
        text = point.labels.get("le", "")
        try:
            bound = Decimal(text)
        except InvalidOperation:
            continue
        if bound.is_finite():
            found[bound] = found.get(bound, frozenset()) | {text}
    return found


def _both(one: dict[str, float] | Problem, other: dict[str, float] | Problem) -> dict[str, float] | Problem:
    if isinstance(one, Problem):
        return one
    return other if isinstance(other, Problem) else one | other


def _by(words: Words, last: str) -> str:
    return ",".join((words.namespace, words.version, *words.process, last))


def _selector(words: Words, subjects: Iterable[Subject]) -> str:
    several = list(subjects)
    namespaces = "|".join(sorted({_exactly(subject.namespace) for subject in several}))
    if words.by_pod:
        versions = "|".join(sorted({f"(?:{subject.pods(version)})" for subject in several for version in Version}))
    else:
        versions = "|".join(sorted({_exactly(subject.leaf(version)) for subject in several for version in Version}))
    return f'{words.selector}{words.namespace}=~"{literal(namespaces)}",{words.version}=~"{literal(versions)}"'


def _exactly(name: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", name)


def _sought(metric: str, words: Words, subject: Subject, version: Version) -> str:
    which = f"pods {subject.pods(version)}" if words.by_pod else subject.leaf(version)
    return f"{metric} of {which} in {subject.namespace}"


def _both_sought(metric: str, words: Words, subject: Subject) -> str:
    which = [f"pods {subject.pods(version)}" if words.by_pod else subject.leaf(version) for version in Version]
    return f"{metric} of {which[0]} or {which[1]} in {subject.namespace}"
