"""One look at many metrics: few queries, and every kind of bad answer is a sentence of its own."""

import math
from datetime import timedelta

import pytest

from analysis.collect import Wanted, collect
from analysis.plan import Builtin, BuiltinMeasure, CountsMeasure, Dialect, Threshold, ValueMeasure, Version
from analysis.providers.base import ErrorKind, ProviderError, Scalar, Unusable, Vector
from analysis.reading import Measured, Problem, Trouble
from analysis.verdict import Verdict
from tests.analysis.world import NOON, Book, a_plan, a_subject, vector

HEAP = a_plan("heap", ValueMeasure(query='heap{pod=~"{{pods}}"}'), Threshold(max=2))
CHECKOUT = a_plan(
    "checkout",
    CountsMeasure(bad='checkout_total{pod=~"{{pods}}",result="failed"}', total='checkout_total{pod=~"{{pods}}"}'),
)
SLOW = a_plan("slow", BuiltinMeasure(builtin=Builtin.SLOW_SHARE, dialect=Dialect.LINKERD, above=timedelta(milliseconds=450)))


async def look(plan, **answers):
    """The reading of one metric of one canary, with answers by a part of the query."""
    book = Book({part.replace("__", "-"): answer for part, answer in answers.items()})
    return (await collect(book, [Wanted(a_subject(), plan)], NOON))["bookinfo", "reviews", plan.name]


def leaf(name, value, **labels):
    return {"dst_namespace": "bookinfo", "dst_service": name, "instance": "a", **labels}, value


async def test_a_hundred_canaries_cost_eight_queries():
    book = Book({})
    wanted = [Wanted(a_subject(f"app-{one}"), a_plan()) for one in range(100)]
    found = await collect(book, wanted, NOON)
    assert len(found) == 100
    assert len(book.asked) == 8
    assert max(len(query) for query in book.asked) < 6_000


def bounds(*leaves):
    """The answer to which bounds there are, with samples of just now."""
    return vector(*(leaf(name, NOON.timestamp() - 5, le=le) for name, *les in leaves for le in les))


async def test_a_share_of_slow_requests_costs_two_queries_for_all():
    names = [f"{name}-{version}" for name in ("reviews", "ratings") for version in Version]
    counted = [leaf(name, value, le=le) for name in names for le, value in (("500", 90), ("+Inf", 100))]
    book = Book({"max by": bounds(*((name, "100", "500") for name in names)), "sum by": vector(*counted)})
    found = await collect(book, [Wanted(a_subject(), SLOW), Wanted(a_subject("ratings"), SLOW)], NOON)
    assert len(book.asked) == 2
    assert found["bookinfo", "reviews", "slow"].slow == "500 ms"
    assert sorted(found["bookinfo", "ratings", "slow"].canary.values()) == [90, 100]


async def test_a_bound_that_is_missing_is_the_problem_of_its_canary_alone():
    book = Book(
        {
            "label_replace": Vector(()),
            "max by": bounds(("reviews-canary", "100"), ("ratings-canary", "500")),
            "sum by": vector(leaf("ratings-canary", 90, le="500"), leaf("ratings-canary", 100, le="+Inf")),
        }
    )
    found = await collect(book, [Wanted(a_subject(), SLOW), Wanted(a_subject("ratings"), SLOW)], NOON)
    assert Trouble.NO_BUCKET is found["bookinfo", "reviews", "slow"].trouble
    assert found["bookinfo", "ratings", "slow"].slow == "500 ms"


NATIVE = vector(
    *(leaf(name, value, le=le) for name in ("reviews-canary", "reviews-stable") for le, value in (("450", 90), ("+Inf", 100)))
)


async def test_native_histograms_are_read_where_there_are_no_buckets():
    found = await look(SLOW, label_replace=NATIVE)
    assert (found.slow, sorted(found.canary.values()), sorted(found.stable.values())) == ("450 ms", [90, 100], [90, 100])


async def test_native_histograms_that_are_too_old_are_no_data():
    old = vector(leaf("reviews-canary", NOON.timestamp() - 200))
    found = await look(SLOW, label_replace=NATIVE, **{"(timestamp(response_latency_ms{": old})
    assert Trouble.STALE is found.trouble
    assert found.sentence.startswith("response_latency_ms of reviews-canary in bookinfo has its newest sample from 11:56:40,")


async def test_who_knows_neither_native_histograms_nor_times_of_samples_is_asked_all_the_same():
    refused = ProviderError(ErrorKind.REFUSED, "unknown function")
    slow = await look(SLOW, label_replace=refused)
    assert (slow.canary, slow.slow) == ({}, None)
    errors = await look(a_plan(), max=refused, sum=vector(leaf("reviews-canary", 7, classification="success")))
    assert list(errors.canary.values()) == [7]


async def test_an_outage_between_two_queries_is_an_outage():
    down = ProviderError(ErrorKind.UNAVAILABLE, "It is down.")
    assert await look(SLOW, label_replace=down) == Problem(Trouble.QUERY_ERROR, "It is down.")
    assert await look(a_plan(), max=down) == Problem(Trouble.QUERY_ERROR, "It is down.")


async def test_values_are_read_per_version():
    assert Measured(canary=2.0, stable=1.0) == await look(HEAP, canary=vector(({}, 2.0)), d4b75=Scalar(1.0))


async def test_stable_need_not_have_a_value():
    assert Measured(canary=2.0) == await look(HEAP, canary=vector(({}, 2.0)))


@pytest.mark.parametrize(
    ("answer", "trouble", "verdict", "sentence"),
    [
        (Vector(()), Trouble.EMPTY, Verdict.NO_DATA, "gave nothing: no series matches it now."),
        (
            vector(({}, math.nan)),
            Trouble.NAN,
            Verdict.NO_DATA,
            "gave NaN, as a division by zero does: there is nothing to judge yet.",
        ),
        (Unusable("a string"), Trouble.NOT_A_NUMBER, Verdict.ERROR, "gave a string where a number is wanted."),
        (Unusable("a range vector"), Trouble.NOT_A_NUMBER, Verdict.ERROR, "gave a range vector where a number is wanted."),
        (Scalar(math.inf), Trouble.NOT_A_NUMBER, Verdict.ERROR, "gave inf, which can't be judged."),
        (
            vector(({"pod": "a"}, 1.0), ({"pod": "b"}, 2.0)),
            Trouble.SEVERAL_SERIES,
            Verdict.ERROR,
            "gave 2 series where one is wanted: wrap it in sum(...), max(...) or avg(...).",
        ),
        (
            vector(*[({"pod": str(one)}, 1.0) for one in range(10_000)]),
            Trouble.SEVERAL_SERIES,
            Verdict.ERROR,
            "gave 10,000 series where one is wanted: wrap it in sum(...), max(...) or avg(...).",
        ),
        (ProviderError(ErrorKind.TIMEOUT, "It was late."), Trouble.TIMEOUT, Verdict.ERROR, "It was late."),
        (ProviderError(ErrorKind.REFUSED, "It refuses."), Trouble.QUERY_ERROR, Verdict.ERROR, "It refuses."),
    ],
)
async def test_what_is_no_value_is_told_apart(answer, trouble, verdict, sentence):
    found = await look(HEAP, canary=answer)
    assert (trouble, verdict) == (found.trouble, found.verdict)
    assert found.sentence.endswith(sentence)


@pytest.mark.parametrize(
    ("answer", "trouble", "verdict", "sentence"),
    [
        (
            vector(({"pod": "a"}, math.nan)),
            Trouble.NAN,
            Verdict.NO_DATA,
            "gave NaN, which counts nothing: ask for a raw counter, not for a ratio.",
        ),
        (
            vector(({"pod": "a"}, -3.0)),
            Trouble.NOT_A_COUNTER,
            Verdict.ERROR,
            "gave -3, which no counter can hold: ask for a raw counter.",
        ),
        (Unusable("a string"), Trouble.NOT_A_NUMBER, Verdict.ERROR, "gave a string: ask for an instant vector of counters."),
        (
            Scalar(5.0),
            Trouble.NOT_A_COUNTER,
            Verdict.ERROR,
            "gave the bare number 5: ask for counters by selector, as in requests_total{...}.",
        ),
        (
            vector(*[({"pod": str(one)}, 1.0) for one in range(10_000)]),
            Trouble.TOO_MANY_SERIES,
            Verdict.ERROR,
            "gave 10,000 series, more than the 5,000 that are counted: aggregate it or match fewer.",
        ),
        (ProviderError(ErrorKind.UNAVAILABLE, "It is down."), Trouble.QUERY_ERROR, Verdict.ERROR, "It is down."),
    ],
)
async def test_what_is_no_counter_is_told_apart(answer, trouble, verdict, sentence):
    found = await look(CHECKOUT, timestamp=Vector(()), canary=answer)
    assert (trouble, verdict) == (found.trouble, found.verdict)
    assert found.sentence.endswith(sentence)


async def test_counts_of_two_series_are_added_up():
    found = await look(CHECKOUT, timestamp=Vector(()), canary=vector(({"pod": "a"}, 3.0), ({"pod": "b"}, 4.0)))
    assert sorted(found.canary.values()) == [3.0, 3.0, 4.0, 4.0]
    assert found.stable == {}


async def test_a_sentence_names_the_query_briefly():
    found = await look(a_plan("heap", ValueMeasure(query=f"heap{{{{{{namespace}}}}}}{'x' * 500}"), Threshold(max=2)))
    assert len(found.sentence) < 180


async def test_a_bad_template_is_an_error_of_its_metric():
    found = await look(a_plan("heap", ValueMeasure(query="heap{{target}}"), Threshold(max=2)))
    assert Trouble.BAD_TEMPLATE is found.trouble
    assert found.sentence.startswith("The placeholder {{target}} is unknown;")


async def test_an_outage_is_an_error_of_everybody_who_asked_and_of_nobody_else():
    book = Book({"response_total": ProviderError(ErrorKind.UNAVAILABLE, "It is down."), "heap": Scalar(1.0)})
    found = await collect(
        book, [Wanted(a_subject(), a_plan()), Wanted(a_subject("ratings"), a_plan()), Wanted(a_subject(), HEAP)], NOON
    )
    down = Problem(Trouble.QUERY_ERROR, "It is down.")
    assert [down, down, Measured(canary=1.0, stable=1.0)] == [
        found["bookinfo", *key] for key in (("reviews", "errors"), ("ratings", "errors"), ("reviews", "heap"))
    ]


async def test_a_selector_answered_by_a_string_is_an_error():
    found = await look(a_plan(), response_total=Unusable("a string"))
    assert Trouble.QUERY_ERROR is found.trouble
