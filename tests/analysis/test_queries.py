"""The built-in metrics: one query for many canaries, split by labels, in the words of a mesh or of an application."""

from datetime import timedelta

import pytest

from analysis import queries
from analysis.counts import Counters, Tally, take
from analysis.plan import Dialect, Version
from analysis.providers.base import Point
from analysis.reading import Counted, Problem, Trouble
from tests.analysis.world import a_subject

LINKERD = queries.DIALECTS[Dialect.LINKERD]
HTTP = queries.DIALECTS[Dialect.HTTP]


def linkerd(leaf, value, namespace="bookinfo", **labels) -> Point:
    return Point({"dst_namespace": namespace, "dst_service": leaf, "instance": "10.0.0.1:4191", **labels}, float(value))


def http(pod, value, **labels) -> Point:
    return Point({"namespace": "bookinfo", "pod": pod, "instance": "10.0.0.1:80", **labels}, float(value))


def events(read) -> Tally:
    """What a reading would count if everything in it were new."""
    state, _ = take(Counters(), dict.fromkeys(read.stable, 0.0), dict.fromkeys(read.canary, 0.0))
    return take(state, read.stable, read.canary)[1].tally


def test_one_query_asks_for_the_errors_of_many():
    asked = queries.error_query(LINKERD, [a_subject("reviews"), a_subject("ratings", "shop")])
    by = "dst_namespace,dst_service,dst_pod,namespace,pod,instance,classification"
    selector = 'direction="outbound",dst_namespace=~"bookinfo|shop"'
    leaves = "ratings-canary|ratings-stable|reviews-canary|reviews-stable"
    assert f'sum by ({by}) (response_total{{{selector},dst_service=~"{leaves}"}})' == asked


def test_an_application_is_asked_by_pods():
    asked = queries.error_query(HTTP, [a_subject()])
    pods = "(?:reviews-6d4b75cb6d-.+)|(?:reviews-canary-.+)"
    assert f'sum by (namespace,pod,instance,code) (http_requests_total{{namespace=~"bookinfo",pod=~"{pods}"}})' == asked


def test_names_are_taken_literally_and_cannot_leave_their_string():
    asked = queries.error_query(LINKERD, [a_subject(namespace='a.b"}')])
    assert r'dst_namespace=~"a\\.b\"\\}"' in asked


def test_errors_are_split_by_leaf_and_outcome():
    answer = queries.index(
        LINKERD,
        [
            linkerd("reviews-canary", 3, classification="failure"),
            linkerd("reviews-canary", 97, classification="success"),
            linkerd("reviews-stable", 900, classification="success"),
            linkerd("reviews-canary", 7, namespace="shop", classification="failure"),
            linkerd("ratings-canary", 7, classification="failure"),
        ],
    )
    assert Tally(3, 100, 0, 900) == events(queries.error_counts(LINKERD, a_subject(), answer))


def test_errors_are_split_by_pod_and_code():
    answer = queries.index(
        HTTP,
        [
            http("reviews-canary-x7", 90, code="200"),
            http("reviews-canary-x7", 6, code="503"),
            http("reviews-canary-x7", 4, code="404"),
            http("reviews-6d4b75cb6d-abc", 300, code="200"),
            http("other-reviews-canary-x7", 1, code="500"),
        ],
    )
    assert Tally(6, 100, 0, 300) == events(queries.error_counts(HTTP, a_subject(), answer))


def test_nothing_found_says_what_was_sought():
    read = queries.error_counts(LINKERD, a_subject(), {})
    assert Counted(stable={}, canary={}, sought="response_total of reviews-stable or reviews-canary in bookinfo") == read


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
    slow = queries.choose_bound(LINKERD, a_subject(), above, answer)
    assert seconds == str(slow.seconds.normalize())
    assert spellings == slow.spellings


def test_both_versions_are_measured_at_the_same_bound_however_each_spells_it():
    answer = queries.index(LINKERD, [*offered("400", "500", "1000"), *offered("500.0", "1000.0", leaf="reviews-stable")])
    slow = queries.choose_bound(LINKERD, a_subject(), timedelta(milliseconds=300), answer)
    assert {"500", "500.0"} == slow.spellings


def test_no_bound_that_is_high_enough_is_an_error_that_lists_the_bounds():
    found = queries.choose_bound(
        LINKERD, a_subject(), timedelta(seconds=20), queries.index(LINKERD, offered("500", "1000", "+Inf"))
    )
    sentence = (
        "response_latency_ms_bucket has no bucket bound at or above 20 s for both versions of reviews: it has 500 ms, 1 s. "
        "Choose `above` among these."
    )
    assert Problem(Trouble.NO_BUCKET, sentence) == found


def test_without_series_there_is_no_bound():
    assert queries.choose_bound(LINKERD, a_subject(), timedelta(seconds=1), {}) is None


def test_slow_requests_are_all_less_those_within_the_bound():
    slow = queries.Slow(spellings=frozenset({"500"}), seconds=queries.Decimal("0.5"))
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
    read = queries.slow_counts(LINKERD, a_subject(), slow, answer)
    assert read.slow == "500 ms"
    assert Tally(20, 100, 1, 300) == events(read)


def test_buckets_are_asked_for_by_their_own_spelling():
    asked = queries.slow_query(HTTP, [a_subject()], {"0.5", "5e-1"})
    assert asked.endswith(r',le=~"0\\.5|5e-1|\\+Inf"})')


def test_pods_of_a_version_are_matched_as_whole_names():
    answer = queries.index(HTTP, [http("reviews-canary-x7", 1), http("my-reviews-canary-x7", 1)])
    assert [p.labels["pod"] for p in queries.points_of(HTTP, a_subject(), Version.CANARY, answer)] == ["reviews-canary-x7"]
