"""Every way in which data can be missing, from a provider's answer over HTTP to the sentence that a person reads.

And what none of them may do: convict, acquit, or touch the evidence.
"""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.assess import MetricState, Moment, assess, fresh
from analysis.collect import Wanted, collect
from analysis.judges.record import SequentialState
from analysis.plan import CountsMeasure, MetricPlan, Sequential, Threshold, ValueMeasure
from analysis.providers.prometheus import PrometheusAddress, PrometheusSource
from analysis.reading import Problem, Trouble
from analysis.verdict import MetricVerdict, Policy, Verdict
from tests.analysis.provider import Provider, Refusal, Silence
from tests.analysis.world import NOON, a_moment, a_plan, a_subject, counted, counters

COUNTS = CountsMeasure(bad='failed{leaf="{{leaf}}"}', total='asked{leaf="{{leaf}}"}')
HEAP = a_plan("heap", ValueMeasure(query='heap{leaf="{{leaf}}"}'), Threshold(max=2))


def served(version: str, fine: float, bad: float | None = None):
    """What a mesh counted of a version; without `bad`, no error series is there."""
    labels = {"dst_namespace": "bookinfo", "dst_service": f"reviews-{version}", "dst_pod": f"{version}-a", "instance": "c"}
    outcomes = {"success": fine} if bad is None else {"success": fine, "failure": bad}
    return [({**labels, "classification": outcome}, value) for outcome, value in outcomes.items()]


def newest(version: str, seconds: float):
    return [({"dst_namespace": "bookinfo", "dst_service": f"reviews-{version}"}, NOON.timestamp() - seconds)]


async def verdict_of(plan: MetricPlan, *looks: dict, timeout: float = 5.0) -> MetricVerdict:
    """The verdict after these answers of the provider, 15 s apart, the last of them at noon."""
    state = fresh(plan, NOON)
    for number, answers in enumerate(looks, start=1 - len(looks)):
        now = NOON + timedelta(seconds=15 * number)
        with Provider(dict(answers)).serving() as address:
            source = PrometheusSource(PrometheusAddress(address=address, timeout=timedelta(seconds=timeout)))
            wanted = Wanted(a_subject(), plan)
            reading = (await collect(source, [wanted], now))[wanted.key]
            source.close()
        state, verdict = assess(state, reading, plan, Moment(now=now, warm_until=now, step="1"))
    return verdict


def answers(*series, **more):
    return {**more, "timestamp": (), "response_total": [each for some in series for each in some]}


SOUGHT = "response_total of reviews-stable or reviews-canary in bookinfo"


@pytest.mark.parametrize(
    ("looks", "sentence"),
    [
        ([answers()], f"There is no series of {SOUGHT}: no request was counted yet, or the metric isn't scraped."),
        (
            [answers(served("stable", 10))],
            f"There is no series of the canary yet: it had no request, or its pods aren't scraped ({SOUGHT}).",
        ),
        (
            [answers(served("stable", 10), served("canary", 0))],
            f"The canary has had no request yet ({SOUGHT}).",
        ),
        (
            [answers(served("canary", 10)), answers(served("canary", 20))],
            f"There is no series of stable to compare the canary with ({SOUGHT}).",
        ),
        (
            [answers(served("canary", 10), served("stable", 7)), answers(served("canary", 20), served("stable", 7))],
            f"Stable has had no request yet to compare the canary with ({SOUGHT}).",
        ),
        (
            [answers(served("stable", 1)), answers(served("canary", 9), served("stable", 8)), answers(served("stable", 9))],
            (
                "There is no series of the canary any more: the canary's last request was counted at 11:59:45, "
                f"and its pods are gone or aren't scraped ({SOUGHT})."
            ),
        ),
        (
            [answers(served("stable", 1)), answers(served("canary", 9), served("stable", 8)), answers()],
            (
                "There is no series of either version any more: the canary's last request was counted at 11:59:45, "
                f"and its pods are gone or aren't scraped ({SOUGHT})."
            ),
        ),
        (
            [{"timestamp": newest("canary", 200), "response_total": served("canary", 10)}],
            (
                "response_total of reviews-canary in bookinfo has its newest sample from 11:56:40, 200 s before this look: "
                "nothing new of it reaches the provider, or its clock is behind."
            ),
        ),
        (
            [answers(served("canary", math.nan))],
            (
                "response_total of reviews-canary in bookinfo gave NaN, which counts nothing: "
                "ask for a raw counter, not for a ratio."
            ),
        ),
    ],
)
async def test_no_data_says_which_data(looks, sentence):
    found = await verdict_of(a_plan(), *looks)
    assert (found.verdict, found.policy, found.sentence) == (Verdict.NO_DATA, Policy.PAUSE, sentence)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Silence(), "gave no answer within 0.1 s."),
        (Refusal(422, b'{"status":"error","errorType":"execution","error":"too many samples"}'), "(HTTP 422): too many samples."),
        (Refusal(503, b"starting"), "is unavailable (HTTP 503): starting."),
        (Refusal(401), "refuses the credentials (HTTP 401)."),
        (Refusal(200, b"<html>"), "answered something that isn't Prometheus' JSON: is this its address?"),
    ],
)
async def test_a_provider_that_is_ill_is_an_error_and_not_no_data(answer, sentence):
    found = await verdict_of(a_plan(), {"response_total": answer}, timeout=0.1 if isinstance(answer, Silence) else 5.0)
    assert (found.verdict, found.policy) == (Verdict.ERROR, Policy.PAUSE)
    assert found.sentence.startswith("Prometheus at http://127.0.0.1:")
    assert found.sentence.endswith(sentence)


@pytest.mark.parametrize(
    ("answer", "verdict", "sentence"),
    [
        ((), Verdict.NO_DATA, 'Query `heap{leaf="reviews-canary"}` gave nothing: no series matches it now.'),
        (
            [({}, math.nan)],
            Verdict.NO_DATA,
            'Query `heap{leaf="reviews-canary"}` gave NaN, as a division by zero does: there is nothing to judge yet.',
        ),
        (
            [({"pod": "a"}, 1.0), ({"pod": "b"}, 1.0)],
            Verdict.ERROR,
            'Query `heap{leaf="reviews-canary"}` gave 2 series where one is wanted: wrap it in sum(...), max(...) or avg(...).',
        ),
    ],
)
async def test_a_value_that_is_none_is_never_compared_with_a_threshold(answer, verdict, sentence):
    found = await verdict_of(HEAP, {"heap": answer})
    assert (found.verdict, found.sentence) == (verdict, sentence)


async def test_too_few_requests_for_a_check_say_how_many_are_lacking():
    plan = a_plan(judge=Threshold(max=0.01, min_requests=100))
    found = await verdict_of(plan, answers(served("canary", 0)), answers(served("canary", 30, 10)))
    assert (found.verdict, found.sentence) == (Verdict.CONTINUE, "Canary has 40 of the 100 requests that a check needs.")


async def test_no_error_series_beside_requests_is_no_errors():
    looks = (answers(served("canary", 100 * look), served("stable", 300 * look, look)) for look in (1, 2, 3))
    found = await verdict_of(a_plan(), *looks)
    assert (found.verdict, found.canary, found.stable) == (Verdict.CONTINUE, "0 % of 200", "0.33 % of 602")


async def test_no_series_of_bad_events_beside_events_is_no_bad_events():
    looks = [
        {"timestamp": (), "failed": (), 'asked{leaf="reviews-canary"}': [({"pod": "a"}, 100.0 * look)]} | stable
        for look, stable in enumerate([{'asked{leaf="reviews-stable"}': [({"pod": "b"}, 300.0 * look)]} for look in range(3)])
    ]
    found = await verdict_of(a_plan(measure=COUNTS), *looks)
    assert (found.verdict, found.canary, found.stable) == (Verdict.CONTINUE, "0 % of 200", "0 % of 600")


async def test_events_of_ones_own_that_are_too_old_are_no_data():
    old = {'timestamp(asked{leaf="reviews-canary"}': [({}, NOON.timestamp() - 200)], "asked": [({"pod": "a"}, 1.0)]}
    found = await verdict_of(a_plan(measure=COUNTS), old)
    assert (found.verdict, found.sentence) == (
        Verdict.NO_DATA,
        (
            'Query `asked{leaf="reviews-canary"}` has its newest sample from 11:56:40, 200 s before this look: '
            "nothing new of it reaches the provider, or its clock is behind."
        ),
    )


PROBLEMS = st.builds(Problem, st.sampled_from(Trouble), st.just("Something is missing."))
TRAFFIC = st.tuples(st.integers(0, 50), st.integers(0, 400), st.integers(0, 5))
"""What happens between two looks: requests of the canary, all fine, and of stable, fine and not."""
LOOKS = st.lists(st.tuples(TRAFFIC, st.none() | PROBLEMS), max_size=60)
PLANS = (a_plan(), a_plan(judge=Sequential(limit=0.01)), a_plan(judge=Threshold(max=0.01, failures=2, min_requests=20)))


def interleaved(looks, plan: MetricPlan) -> list[tuple[MetricState, MetricState, MetricVerdict, Problem | None]]:
    """State before, state after, verdict and problem of every look; counters go on growing while there are problems."""
    state, canary, fine, bad, seen = fresh(plan, NOON), 0, 0, 0, []
    for number, ((more, stable_fine, stable_bad), problem) in enumerate(looks):
        canary, fine, bad = canary + more, fine + stable_fine, bad + stable_bad
        reading = problem or counted(canary=counters(0, canary, pod="a"), stable=counters(bad, fine, pod="b"))
        before = state
        state, verdict = assess(before, reading, plan, a_moment(seconds=15 * number))
        seen.append((before, state, verdict, problem))
    return seen


@given(LOOKS, st.sampled_from(PLANS))
def test_no_healthy_version_is_convicted_however_data_goes_missing(looks, plan):
    assert Verdict.FAIL not in [verdict.verdict for _, _, verdict, _ in interleaved(looks, plan)]


@given(LOOKS, st.sampled_from(PLANS))
def test_a_look_without_data_decides_nothing_and_leaves_the_evidence_alone(looks, plan):
    for before, after, verdict, problem in interleaved(looks, plan):
        if problem is not None:
            assert verdict.verdict in (Verdict.NO_DATA, Verdict.ERROR)
            assert (after.counters, after.last_request) == (before.counters, before.last_request)
            if isinstance(before.judge, SequentialState) and before.step is not None:
                assert after.judge == before.judge


@given(LOOKS)
def test_what_was_missed_is_counted_once_when_data_is_back(looks):
    seen = interleaved([*looks, ((0, 0, 0), None)], a_plan())
    counted_from = next((index for index, look in enumerate(looks) if look[1] is None), len(looks))
    served_since = sum(look[0][0] for look in looks[counted_from + 1 :])
    assert seen[-1][1].judge.tally.canary_total == served_since
