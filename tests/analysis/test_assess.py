"""From readings to verdicts: warm-up, patience, steps, policies, and every state of missing data."""

import json
from datetime import timedelta

import pytest

from analysis.assess import MetricState, assess, fresh
from analysis.plan import Builtin, BuiltinMeasure, Dialect, Direction, Rank, Sequential, Threshold, ValueMeasure, Version
from analysis.reading import Measured, Problem, Trouble
from analysis.verdict import Policy, Verdict
from tests.analysis.world import NOON, Traffic, a_moment, a_plan, a_subject, counted, counters, run

DOWN = Problem(Trouble.QUERY_ERROR, "Prometheus is down.")


def serving(looks, canary=(0, 40), stable=(1, 500)):
    """Readings of counters that grow by the same at every look."""
    return [
        counted(canary=counters(canary[0] * n, canary[1] * n), stable=counters(stable[0] * n, stable[1] * n))
        for n in range(1, looks + 1)
    ]


def test_nothing_decided_is_continue_with_the_numbers():
    _, verdicts = run(a_plan(), serving(3))
    last = verdicts[-1]
    assert Verdict.CONTINUE is last.verdict
    assert (last.canary, last.stable) == ("0 % of 80", "0.2 % of 1,002")
    assert (last.requests, last.step_requests, last.policy) == (80, 80, None)
    assert last.sentence == "Canary fails 0 % of 80 requests, stable 0.2 % of 1,002: no evidence of harm."


def test_a_version_that_mostly_fails_is_not_warming_up():
    _, verdicts = run(a_plan(), serving(4, canary=(40, 0)), warm=600)
    assert [one.verdict for one in verdicts] == [Verdict.CONTINUE, Verdict.CONTINUE, Verdict.FAIL, Verdict.FAIL]
    assert verdicts[-1].sentence.startswith("Canary fails 100 % of 40 requests, stable 0.2 % of 501: over 50 % in its warm-up")


def test_a_version_that_is_mostly_slow_may_be_warming_up():
    slow = BuiltinMeasure(builtin=Builtin.SLOW_SHARE, dialect=Dialect.LINKERD, above=timedelta(milliseconds=500))
    _, verdicts = run(a_plan(measure=slow), serving(4, canary=(40, 0)), warm=600)
    assert [one.verdict for one in verdicts] == [Verdict.CONTINUE] * 4


def test_warm_up_seeds_but_does_not_count():
    burning = serving(4, canary=(15, 25))
    _, verdicts = run(a_plan(), burning, warm=46)
    assert [one.verdict for one in verdicts] == [Verdict.CONTINUE] * 4
    assert verdicts[-1].sentence == "Warming up until 12:00:46: not judged yet."
    assert verdicts[-1].requests == 0
    state, verdict = fresh(a_plan(), NOON), None
    for look, reading in enumerate([*burning, counted(canary=counters(61, 100), stable=counters(5, 2500))]):
        state, verdict = assess(state, reading, a_plan(), a_moment(seconds=15 * look, warm=46))
    assert verdict.requests == 1


def test_a_provider_that_is_down_shows_during_warm_up():
    _, verdicts = run(a_plan(), [DOWN], warm=60)
    assert (verdicts[0].verdict, verdicts[0].policy, verdicts[0].patience_over) == (Verdict.ERROR, Policy.PAUSE, False)


def test_a_failure_carries_its_policy_and_outlives_an_outage():
    _, verdicts = run(a_plan(), [*serving(4, canary=(30, 30)), DOWN])
    assert (verdicts[-1].verdict, verdicts[-1].policy) == (Verdict.FAIL, Policy.ROLLBACK)


@pytest.mark.parametrize(
    ("reading", "verdict", "sentence"),
    [
        (
            counted(),
            Verdict.NO_DATA,
            "There is no series of response_total of reviews: no request was counted yet, or the metric isn't scraped.",
        ),
        (
            counted(stable=counters(0, 5)),
            Verdict.NO_DATA,
            "There is no series of the canary yet: it had no request, or its pods aren't scraped (response_total of reviews).",
        ),
        (
            counted(canary=counters(0, 0), stable=counters(0, 5)),
            Verdict.NO_DATA,
            "The canary has had no request yet (response_total of reviews).",
        ),
        (Problem(Trouble.TIMEOUT, "It was late."), Verdict.ERROR, "It was late."),
        (Problem(Trouble.NAN, "It was NaN."), Verdict.NO_DATA, "It was NaN."),
    ],
)
def test_missing_data_is_a_verdict_of_its_own(reading, verdict, sentence):
    _, verdicts = run(a_plan(), [reading] * 3)
    assert (verdict, sentence) == (verdicts[-1].verdict, verdicts[-1].sentence)


def test_a_canary_that_was_compared_with_nothing_has_not_passed():
    silent = [counted(canary=counters(0, 40 * n), stable=counters(1, 500)) for n in range(1, 4)]
    last = run(a_plan(), silent)[1][-1]
    assert (last.verdict, last.sentence) == (
        Verdict.NO_DATA,
        "Stable has had no request yet to compare the canary with (response_total of reviews).",
    )


def test_a_missing_baseline_is_no_data_while_the_absolute_bounds_still_speak():
    calm = [counted(canary=counters(0, 40 * n)) for n in range(1, 5)]
    assert (
        run(a_plan(), calm)[1][-1].sentence
        == "There is no series of stable to compare the canary with (response_total of reviews)."
    )
    burning = [counted(canary=counters(40 * n, 0)) for n in range(1, 5)]
    assert Verdict.FAIL is run(a_plan(), burning)[1][-1].verdict


def test_a_baseline_that_went_silent_is_not_missing():
    before = serving(3)
    bake = [counted(canary=counters(0, 120 + 40 * n), stable={}) for n in range(1, 5)]
    assert Verdict.CONTINUE is run(a_plan(), [*before, *bake])[1][-1].verdict


def test_a_limit_alone_needs_no_baseline():
    plan = a_plan(judge=Sequential(limit=0.01, worse=None))
    calm = [counted(canary=counters(0, 40 * n)) for n in range(1, 5)]
    assert Verdict.CONTINUE is run(plan, calm)[1][-1].verdict


def test_patience_is_counted_from_the_beginning_of_the_trouble_whatever_its_kind():
    plan = a_plan(no_data_after=timedelta(seconds=60))
    _, verdicts = run(plan, [counted(), DOWN, counted(), DOWN, counted()])
    assert [one.patience_over for one in verdicts] == [False, False, False, False, True]
    assert [one.policy for one in verdicts] == [Policy.PAUSE] * 5


def test_good_news_ends_the_trouble():
    plan = a_plan(no_data_after=timedelta(seconds=30))
    _, verdicts = run(plan, [*serving(2), DOWN, DOWN, serving(3)[-1], DOWN])
    assert [one.patience_over for one in verdicts] == [False, True, False, False, True, False]


def test_a_canary_that_falls_silent_has_no_data_after_the_patience_and_not_before():
    plan = a_plan(no_data_after=timedelta(seconds=60))
    _, verdicts = run(plan, [*serving(2), *[serving(2)[-1]] * 4])
    assert [Verdict.NO_DATA, *[Verdict.CONTINUE] * 4, Verdict.NO_DATA] == [one.verdict for one in verdicts]
    assert verdicts[-1].patience_over
    assert verdicts[-1].sentence == "The canary has had no request since 12:00:15."


@pytest.mark.parametrize(
    ("stable", "sentence"),
    [
        (counters(1, 1500), "There is no series of the canary any more: "),
        ({}, "There is no series of either version any more: "),
    ],
)
def test_a_canary_whose_series_are_gone_has_no_data_at_once(stable, sentence):
    _, verdicts = run(a_plan(), [*serving(3), counted(stable=stable)])
    assert [one.verdict for one in verdicts[1:]] == [Verdict.CONTINUE, Verdict.CONTINUE, Verdict.NO_DATA]
    since = "the canary's last request was counted at 12:00:30, and its pods are gone or aren't scraped"
    assert verdicts[-1].sentence == f"{sentence}{since} (response_total of reviews)."
    assert not verdicts[-1].patience_over


def test_since_is_when_the_verdict_last_changed():
    _, verdicts = run(a_plan(), [DOWN, DOWN, *serving(3)])
    assert [(one.since - NOON).total_seconds() for one in verdicts] == [0, 0, 30, 45, 45]


def test_a_new_step_counts_its_own_requests():
    state, _ = run(a_plan(), serving(3))
    _, verdict = assess(state, serving(4)[-1], a_plan(), a_moment(seconds=60, step="2"))
    assert (verdict.requests, verdict.step_requests) == (120, 40)


def test_policies_follow_the_verdict():
    plan = a_plan(on_failure=Policy.PAUSE, on_no_data=Policy.ROLLBACK, on_error=Policy.IGNORE)
    _, verdicts = run(plan, [DOWN, counted(), *serving(4, canary=(30, 30))])
    assert [verdicts[look].policy for look in (0, 1, -1)] == [Policy.IGNORE, Policy.ROLLBACK, Policy.PAUSE]


def test_nobody_waits_for_a_dry_run():
    _, verdicts = run(a_plan(on_failure=Policy.IGNORE), serving(4))
    assert (verdicts[-1].verdict, verdicts[-1].policy) == (Verdict.CONTINUE, Policy.IGNORE)


def test_values_are_judged_by_their_threshold():
    plan = a_plan("heap", ValueMeasure(query="heap"), Threshold(max=2.0, failures=2))
    nan = Problem(Trouble.NAN, "Query `heap` gave NaN.")
    _, verdicts = run(plan, [Measured(canary=3.0, stable=1.0), nan, nan, nan, Measured(canary=3.0)])
    assert [Verdict.CONTINUE, *[Verdict.NO_DATA] * 3, Verdict.FAIL] == [one.verdict for one in verdicts]
    assert (verdicts[0].stable, verdicts[0].canary) == ("1", "3")


def test_values_may_be_ranked():
    plan = a_plan("p99", ValueMeasure(query="p99"), Rank(direction=Direction.INCREASE, points=5, every=timedelta(seconds=15)))
    state, verdicts = run(plan, [Measured(canary=20.0 + n, stable=10.0 + n / 2) for n in range(6)], warm=1)
    assert [one.verdict for one in verdicts] == [*[Verdict.CONTINUE] * 5, Verdict.FAIL]
    assert [one.waits for one in verdicts] == [True] * 5 + [False]
    assert (verdicts[-1].stable, verdicts[-1].canary, verdicts[-1].requests) == ("11.5", "23", 0)
    assert state == MetricState.from_json(json.loads(json.dumps(state.to_json())), plan)


def test_a_comparison_of_values_without_stable_is_no_data():
    plan = a_plan("p99", ValueMeasure(query="p99"), Rank(points=2))
    _, verdicts = run(plan, [Measured(canary=20.0)] * 3)
    assert (verdicts[-1].verdict, verdicts[-1].policy) == (Verdict.NO_DATA, Policy.PAUSE)


def test_a_check_without_answer_is_no_data_and_a_failed_one_waits():
    plan = a_plan("p99", ValueMeasure(query="p99"), Threshold(success_when="result < 2 * stable", failures=2))
    _, verdicts = run(plan, [Measured(canary=3.0), Measured(canary=3.0, stable=1.0), Measured(canary=3.0, stable=2.0)])
    assert [one.verdict for one in verdicts] == [Verdict.NO_DATA, Verdict.CONTINUE, Verdict.PASS]
    assert [one.waits for one in verdicts] == [False, True, False]


def test_counts_are_not_ranked():
    with pytest.raises(ValueError, match="counts are not ranked"):
        a_plan(judge=Rank())


def test_a_value_cannot_be_judged_by_counting():
    with pytest.raises(ValueError, match="only a threshold or ranks can judge it"):
        a_plan("heap", ValueMeasure(query="heap"), Sequential())


def test_an_odd_look_is_said():
    _, verdicts = run(a_plan(), [*serving(2), counted(canary={"o{pod='a'}": 9.0, "e{pod='a'}": 4.0}, stable=counters(3, 1500))])
    assert verdicts[-1].sentence.endswith("In the last look, canary: 9 bad events out of 4 are counted as 4.")


def test_the_bound_that_is_counted_with_is_said_where_it_differs():
    slow = BuiltinMeasure(builtin=Builtin.SLOW_SHARE, dialect=Dialect.LINKERD, above=timedelta(milliseconds=450))
    looks = [counted(canary=counters(n, 40 * n), stable=counters(n, 500 * n), slow="500 ms") for n in (1, 2, 3)]
    _, verdicts = run(a_plan("slow", slow), looks)
    facts = "Canary is slower than 500 ms in 2.4 % of 82 requests, stable 0.2 % of 1,002"
    assert verdicts[-1].sentence.startswith(f"{facts}, 450 ms was asked for and 500 ms is the next bucket:")


def test_another_bound_seeds_again():
    looks = [counted(canary=counters(n, 40 * n), stable=counters(n, 500 * n), slow="500 ms") for n in (1, 2)]
    other = [counted(canary={"b{le='+Inf',pod='b'}": 5e6}, stable={"b{le='+Inf',pod='a'}": 5e6}, slow="1 s")]
    _, verdicts = run(a_plan(), [*looks, *other])
    assert verdicts[-1].requests == 41


def test_what_was_put_away_comes_back_the_same_and_goes_on_the_same():
    plan, traffic = a_plan(), Traffic(7, 100, 0.25, 0.005, 0.02)
    state = fresh(plan, NOON)
    kept = state
    for look in range(40):
        reading = traffic.look()
        kept = MetricState.from_json(json.loads(json.dumps(kept.to_json())), plan)
        state, verdict = assess(state, reading, plan, a_moment(seconds=15 * look))
        kept, again = assess(kept, reading, plan, a_moment(seconds=15 * look))
        assert verdict == again
    assert state == kept
    assert len(json.dumps(state.to_json())) < 6_000


@pytest.mark.parametrize("data", [{}, {"format": 2}, {"format": 1}, {"format": 1, "judge": {"tally": []}}])
def test_evidence_that_cannot_be_read_is_refused_with_a_sentence(data):
    with pytest.raises(ValueError, match="the evidence on errors"):
        MetricState.from_json(data, a_plan())


def test_a_subject_knows_its_versions():
    assert [a_subject().leaf(version) for version in Version] == ["reviews-stable", "reviews-canary"]
