"""The built-in metrics: one query for many canaries, split by labels, in the words of a mesh or of an application."""

from dataclasses import replace

import pytest

from analysis import queries
from analysis.counts import Counters, Tally, take
from analysis.plan import Dialect, Version
from analysis.providers.base import Point
from analysis.reading import Counted, Trouble
from tests.analysis.world import NOON, a_subject

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
    by = "dst_namespace,dst_service,dst_pod,namespace,pod,instance,job,classification"
    selector = 'direction="outbound",dst_namespace=~"bookinfo|shop"'
    leaves = "ratings-canary|ratings-stable|reviews-canary|reviews-stable"
    assert f'sum by ({by}) (response_total{{{selector},dst_service=~"{leaves}"}})' == asked


def test_an_application_is_asked_by_pods():
    asked = queries.error_query(HTTP, [a_subject()])
    pods = "(?:reviews-6d4b75cb6d-.+)|(?:reviews-canary-.+)"
    assert f'sum by (namespace,pod,instance,job,code) (http_requests_total{{namespace=~"bookinfo",pod=~"{pods}"}})' == asked


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


def test_pods_of_an_earlier_canary_are_not_this_one():
    """A client that was not scraped at the first look shows at the second what it knows of the same leaf from last week."""
    answer = queries.index(
        LINKERD,
        [
            linkerd("reviews-canary", 300, classification="failure", dst_pod="reviews-canary-5b6c7d8f9-abcde"),
            linkerd("reviews-canary", 90, classification="success", dst_pod="reviews-canary-7f8d9c6b5-fghij"),
            linkerd("reviews-canary", 10, classification="success"),
            linkerd("reviews-stable", 40, classification="success", dst_pod="reviews-54d8c7b6f-klmno"),
            linkerd("reviews-stable", 900, classification="success", dst_pod="reviews-6d4b75cb6d-pqrst"),
        ],
    )
    subject = replace(a_subject(), canary_pods="reviews-canary-7f8d9c6b5-[a-z0-9]+")
    counted = [
        events(queries.error_counts(LINKERD, replace(subject, exact=frozenset(exact)), answer))
        for exact in ((), (Version.CANARY,), (*Version,))
    ]
    assert counted == [Tally(300, 400, 0, 940), Tally(0, 100, 0, 940), Tally(0, 100, 0, 900)]


def test_nothing_found_says_what_was_sought():
    read = queries.error_counts(LINKERD, a_subject(), {})
    assert Counted(stable={}, canary={}, sought="response_total of reviews-stable or reviews-canary in bookinfo") == read


def test_pods_of_a_version_are_matched_as_whole_names():
    answer = queries.index(HTTP, [http("reviews-canary-x7", 1), http("my-reviews-canary-x7", 1)])
    assert [p.labels["pod"] for p in queries.points_of(HTTP, a_subject(), Version.CANARY, answer)] == ["reviews-canary-x7"]


def test_a_process_that_two_jobs_scrape_is_counted_once():
    twice = [
        linkerd("reviews-canary", value, classification=outcome, dst_pod="a", job=job)
        for job, seen in (("linkerd-proxy", (3, 97)), ("pods", (2, 90)))
        for outcome, value in zip(("failure", "success"), seen, strict=True)
    ]
    alone = linkerd("reviews-canary", 10, classification="success", dst_pod="b", job="pods")
    assert Tally(3, 110, 0, 0) == events(queries.error_counts(LINKERD, a_subject(), queries.index(LINKERD, [*twice, alone])))


def test_which_job_scrapes_a_process_is_no_part_of_its_name():
    one, other = (
        queries.error_counts(HTTP, a_subject(), queries.index(HTTP, [http("reviews-canary-x7", 9, code="200", job=job)])).canary
        for job in ("app", "pods")
    )
    assert one == other


@pytest.mark.parametrize(("dialect", "label"), [(Dialect.LINKERD, "dst_pod"), (Dialect.HTTP, "pod")])
def test_every_counter_names_the_pod_of_its_version(dialect, label):
    words = queries.DIALECTS[dialect]
    version = "reviews-canary-x7" if words.by_pod else "reviews-canary"
    labels = {**dict.fromkeys(queries.by(words, "le").split(","), "x"), words.namespace: "bookinfo", words.version: version}
    counted = queries.error_counts(words, a_subject(), queries.index(words, [Point(labels, 1.0)])).canary
    assert [f"{label}={labels[label]!r}" in key for key in counted] == [True]


def aged(seconds, leaf="reviews-canary"):
    return linkerd(leaf, NOON.timestamp() - seconds)


@pytest.mark.parametrize(
    ("ages", "sentence"),
    [
        ([], None),
        ([aged(10)], None),
        ([aged(149)], None),
        ([aged(600), aged(20)], None),
        ([aged(600, "reviews-stable"), aged(20)], None),
        ([aged(-3600)], None),
        ([aged(600, "reviews-stable")], None),
        ([linkerd("reviews-canary", "nan")], None),
        ([aged(180)], "from 11:57:00, 3 min before this look"),
        ([aged(1e300)], "from 12:00:00, 24 h before this look"),
    ],
)
def test_samples_that_are_too_old_are_no_data(ages, sentence):
    found = queries.stale(LINKERD, a_subject(), "response_total", queries.index(LINKERD, ages), NOON)
    if sentence is None:
        assert found is None
    else:
        assert found.trouble is Trouble.STALE
        assert found.sentence == (
            f"response_total of reviews-canary in bookinfo has its newest sample {sentence}: "
            "nothing new of it reaches the provider, or its clock is behind."
        )
