"""The share of slow requests: buckets as they are, native histograms as buckets, and each version by what it has."""

from datetime import timedelta
from decimal import Decimal

import pytest

from analysis import latency, queries
from analysis.counts import Tally
from analysis.plan import Dialect, Version
from analysis.reading import Counted, Problem, Trouble
from tests.analysis.test_queries import events, linkerd
from tests.analysis.world import a_subject

LINKERD = queries.DIALECTS[Dialect.LINKERD]
HTTP = queries.DIALECTS[Dialect.HTTP]


def offered(*bounds, leaf="reviews-canary"):
    return [linkerd(leaf, 1, le=bound) for bound in bounds]


@pytest.mark.parametrize(
    ("above", "seconds", "spellings"),
    [
        (timedelta(milliseconds=500), "0.5", {"500"}),
        (timedelta(milliseconds=450), "0.5", {"500"}),
        (timedelta(milliseconds=501), "1", {"1000.0"}),
        (timedelta(), "0.01", {"1e1"}),
    ],
)
def test_slow_is_above_the_next_bound_that_there_is(above, seconds, spellings):
    answer = queries.index(LINKERD, offered("1e1", "500", "1000.0", "+Inf"))
    slow = latency.choose_bound(LINKERD, a_subject(), above, answer)
    assert seconds == str(slow.seconds.normalize())
    assert spellings == slow.spellings


def test_both_versions_are_measured_at_the_same_bound_however_each_spells_it():
    answer = queries.index(LINKERD, [*offered("400", "500", "1000"), *offered("500.0", "1000.0", leaf="reviews-stable")])
    slow = latency.choose_bound(LINKERD, a_subject(), timedelta(milliseconds=300), answer)
    assert {"500", "500.0"} == slow.spellings


def test_no_bound_that_is_high_enough_is_an_error_that_lists_the_bounds():
    found = latency.choose_bound(
        LINKERD, a_subject(), timedelta(seconds=20), queries.index(LINKERD, offered("500", "1000", "+Inf"))
    )
    sentence = (
        "response_latency_ms_bucket has no bucket bound at or above 20 s for both versions of reviews: it has 500 ms, 1 s. "
        "Choose `above` among these."
    )
    assert Problem(Trouble.NO_BUCKET, sentence) == found


def test_without_buckets_the_bound_is_what_was_asked_for():
    found = latency.choose_bound(LINKERD, a_subject(), timedelta(milliseconds=300), {})
    assert (found.seconds, found.native, found.bare) == (Decimal("0.3"), True, False)


def test_a_version_without_buckets_may_have_native_histograms():
    found = latency.choose_bound(
        LINKERD, a_subject(), timedelta(milliseconds=300), queries.index(LINKERD, offered("400", "+Inf"))
    )
    assert (found.seconds, found.classic, found.native) == (Decimal("0.4"), {Version.CANARY}, True)


def test_slow_requests_are_all_less_those_within_the_bound():
    slow = latency.Slow(spellings=frozenset({"500"}), seconds=Decimal("0.5"), classic=frozenset(Version))
    answer = queries.index(
        LINKERD,
        [
            linkerd("reviews-canary", 80, le="500"),
            linkerd("reviews-canary", 100, le="+Inf"),
            linkerd("reviews-stable", 299, le="500"),
            linkerd("reviews-stable", 300, le="+Inf"),
            linkerd("reviews-stable", 9, le="100"),
        ],
    )
    read = latency.slow_counts(LINKERD, a_subject(), slow, answer, {})
    assert read.slow == "500 ms"
    assert Tally(20, 100, 1, 300) == events(read)


def test_buckets_are_asked_for_by_their_own_spelling():
    asked = latency.slow_query(HTTP, [a_subject()], {"0.5", "5e-1"})
    assert asked.endswith(r',le=~"0\\.5|5e-1|\\+Inf"})')


def test_native_histograms_are_asked_for_in_the_units_of_their_metric():
    by = "sum by (dst_namespace,dst_service,dst_pod,namespace,pod,instance,job,le)"
    series = 'response_latency_ms{direction="outbound",dst_namespace=~"bookinfo",dst_service=~"reviews-canary|reviews-stable"}'
    histogram = f"{by} ({series})"
    assert latency.native_query(LINKERD, [a_subject()], Decimal("0.25")) == (
        f'label_replace(histogram_count({histogram}), "le", "+Inf", "", "") or label_replace(round(histogram_fraction(-Inf, '
        f'250.00, {histogram}) * histogram_count({histogram}), 0.0009765625) >= 0, "le", "250.00", "", "")'
    )


def test_each_version_is_counted_by_what_it_has():
    slow = latency.Slow(spellings=frozenset({"500"}), seconds=Decimal("0.5"), classic=frozenset({Version.STABLE}))
    classic = [linkerd("reviews-stable", value, le=le) for le, value in (("500", 299), ("+Inf", 300))]
    native = [linkerd(f"reviews-{version}", value, le=le) for version in Version for le, value in (("500.0", 80), ("+Inf", 100))]
    read = latency.slow_counts(LINKERD, a_subject(), slow, queries.index(LINKERD, classic), queries.index(LINKERD, native))
    assert Tally(20, 100, 1, 300) == events(read)


def test_without_any_histogram_nothing_was_found():
    slow = latency.Slow(seconds=Decimal("0.5"))
    sought = "response_latency_ms_bucket of reviews-stable or reviews-canary in bookinfo"
    assert Counted(stable={}, canary={}, sought=sought) == latency.slow_counts(LINKERD, a_subject(), slow, {}, {})


def test_a_histogram_whose_only_bound_is_infinity_does_not_make_everything_slow():
    bare = queries.index(LINKERD, offered("+Inf"))
    slow = latency.choose_bound(LINKERD, a_subject(), timedelta(milliseconds=500), bare)
    assert (slow.bare, slow.classic) == (True, frozenset())
    sentence = (
        "response_latency_ms_bucket of reviews has no bound but +Inf and there is no native histogram response_latency_ms: "
        "give it buckets, or let the provider scrape native histograms."
    )
    assert Problem(Trouble.NO_BUCKET, sentence) == latency.slow_counts(LINKERD, a_subject(), slow, bare, {})
