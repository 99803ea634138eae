"""The share of slow requests, from histograms: classic buckets, or native histograms where a version has no buckets.

A classic histogram is counted at the next bound that there is, a native one at the very bound that was asked for: Prometheus
interpolates within one of its narrow buckets. Both come as cumulative counters per process with the label `le`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from analysis.counts import Counts, samples
from analysis.plan import Subject, Version
from analysis.providers.base import Point
from analysis.queries import Index, Words, both_sought, by, exactly, merged, points_of, selector, sought
from analysis.reading import Counted, Problem, Trouble
from analysis.templates import literal
from analysis.wording import seconds

NATIVE_SUBJECTS = 8
"""Canaries in one query of native histograms, which names each of them three times."""

_EVERYTHING = "+Inf"
_GRAIN = "0.0009765625"
"""Interpolated counts are rounded to a 1,024th: too coarse for floating point to make a counter fall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """The bound that tells slow from fast: in seconds, and as the provider's classic histograms spell it.

    `classic` are the versions that have such histograms with bounds, `bare` says whether any has one without.
    """

    spellings: frozenset[str] = frozenset()
    seconds: Decimal
    classic: frozenset[Version] = frozenset()
    bare: bool = False

    @property
    def native(self) -> bool:
        """Is there a version that may have native histograms?"""
        return len(self.classic) < len(Version)


def bounds_query(words: Words, subjects: Iterable[Subject]) -> str:
    """Which histogram bounds there are for each version, and when the newest sample of each is from."""
    return f"max by ({words.namespace},{words.version},le) (timestamp({words.buckets}{{{selector(words, subjects)}}}))"


def slow_query(words: Words, subjects: Iterable[Subject], bounds: Iterable[str]) -> str:
    """The buckets at the bounds and the infinite one, of every version of the subjects, by process."""
    wanted = literal("|".join([*sorted(map(exactly, bounds)), exactly(_EVERYTHING)]))
    return f'sum by ({by(words, "le")}) ({words.buckets}{{{selector(words, subjects)},le=~"{wanted}"}})'


def native_query(words: Words, subjects: Iterable[Subject], bound: Decimal) -> str:
    """What `slow_query` asks for, of native histograms. Nothing is said about a histogram that has counted nothing yet."""
    histograms = f"sum by ({by(words, 'le')}) ({words.histogram}{{{selector(words, subjects)}}})"
    within = f"{bound * words.unit:f}"
    fast = f"round(histogram_fraction(-Inf, {within}, {histograms}) * histogram_count({histograms}), {_GRAIN}) >= 0"
    return (
        f'label_replace(histogram_count({histograms}), "le", "{_EVERYTHING}", "", "") or '
        f'label_replace({fast}, "le", "{within}", "", "")'
    )


def choose_bound(words: Words, subject: Subject, above: timedelta, answer: Index) -> Slow | Problem:
    """The smallest bound at or above `above` that every version has which shows any; `above` itself if none shows any."""
    shown = {version: points_of(words, subject, version, answer) for version in Version}
    offered = {version: bounds for version, points in shown.items() if (bounds := _bounds(points))}
    wanted = Decimal(above // timedelta(microseconds=1)) / 1_000_000
    if not offered:
        return Slow(seconds=wanted, bare=any(shown.values()))
    shared = set.intersection(*({*bounds} for bounds in offered.values()))
    enough = [bound for bound in shared if bound >= wanted * words.unit]
    if not enough:
        have = ", ".join(f"{seconds(bound / words.unit)}" for bound in sorted(shared)) or "none in common"
        return Problem(
            Trouble.NO_BUCKET,
            f"{words.buckets} has no bucket bound at or above {seconds(wanted)} for both versions of "
            f"{subject.service}: it has {have}. Choose `above` among these.",
        )
    chosen = min(enough)
    spellings = frozenset().union(*(bounds.get(chosen, frozenset()) for bounds in offered.values()))
    return Slow(spellings=spellings, seconds=chosen / words.unit, classic=frozenset(offered))


def slow_counts(words: Words, subject: Subject, slow: Slow, classic: Index, native: Index) -> Counted | Problem:
    """The answers to `slow_query` and `native_query` as counters of one subject: all events less those within the bound."""
    found: dict[Version, Mapping[str, float]] = {}
    for version in Version:
        whose = sought(words.buckets, words, subject, version)
        mine = points_of(words, subject, version, classic if version in slow.classic else native)
        everything = [point for point in mine if point.labels.get("le") == _EVERYTHING]
        fast = [point for point in mine if _bound(point) == slow.seconds * words.unit]
        counted = merged(samples(Counts.BAD_EVENTS, everything, whose), samples(Counts.ONLY_FINE, fast, whose))
        if isinstance(counted, Problem):
            return counted
        found[version] = counted
    if slow.bare and not any(found.values()):
        return _bare(words, subject)
    return Counted(
        stable=found[Version.STABLE],
        canary=found[Version.CANARY],
        sought=both_sought(words.buckets, words, subject),
        slow=seconds(slow.seconds) if any(found.values()) else None,
    )


def _bare(words: Words, subject: Subject) -> Problem:
    return Problem(
        Trouble.NO_BUCKET,
        f"{words.buckets} of {subject.service} has no bound but {_EVERYTHING} and there is no native histogram "
        f"{words.histogram}: give it buckets, or let the provider scrape native histograms.",
    )


def _bounds(points: Iterable[Point]) -> dict[Decimal, frozenset[str]]:
    found: dict[Decimal, frozenset[str]] = {}
    for point in points:
        if (bound := _bound(point)) is not None:
            found[bound] = found.get(bound, frozenset()) | {point.labels["le"]}
    return found


def _bound(point: Point) -> Decimal | None:
    try:
        bound = Decimal(point.labels.get("le", ""))
    except InvalidOperation:
        return None
    return bound if bound.is_finite() else None
