from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from analysis.counts import Tally
from analysis.verdict import Ratio, Verdict
from canary.explain.records import Records, Stand
from canary.explain.story import Rescue, Served
from canary.explain.tell import tell
from strategies.model import Phase
from tests.explain.records import GUILTY, START, a_look, a_rollout, at, said, some_records


def test_the_rungs_that_were_entered_and_what_each_waited_for():
    steps = tell(some_records()).steps
    assert [(step.number, step.weight, step.began, step.ended, step.passed) for step in steps] == [
        (0, 0, at(0), at(4), True),
        (1, 5, at(4), at(34), True),
        (2, 25, at(34), at(70), False),
    ]
    assert [(wait.reason, wait.ended - wait.began) for wait in steps[2].waits if wait.ended] == [
        ("WaitingForPods", timedelta(seconds=6)),
        ("Holding", timedelta(seconds=30)),
    ]


def test_a_rung_on_which_the_rollout_still_stands():
    standing = tell(some_records(rollout=a_rollout(ended_at=None, outcome=None), said=some_records().said[:5])).steps[-1]
    assert (standing.number, standing.ended, standing.passed, standing.waits[-1].ended) == (2, None, False, None)


def test_the_last_rung_before_a_promotion_is_passed():
    promoting = (*some_records().said[:5], said(100, "Promoting", 2, 100, Phase.PROMOTING))
    assert [step.passed for step in tell(some_records(said=promoting)).steps] == [True, True, True]


def test_changes_of_mind_with_their_numbers():
    errors = tell(some_records()).metrics[0]
    assert [(mind.at, mind.verdict) for mind in errors.minds] == [(at(10), "NoData"), (at(25), "Continue"), (at(70), "Fail")]
    last = errors.last
    assert (last.canary, last.stable, last.ratio) == ("10 % of 100", "1 % of 1,000", "10x (4-21)")
    assert (last.evidence, last.bound, last.interval) == (50.0, 40.0, Ratio(low=4.0, estimate=10.0, high=21.0))


def test_how_fast_it_was_taken_back():
    """The error at 25 s was nothing: at 40 s the canary was as good as stable again."""
    assert tell(some_records()).rescue == Rescue(metric="errors", sign=at(55), decided=at(70), zero=at(70))


def test_a_rollback_that_no_metric_asked_for_has_no_sign():
    by_hand = tuple(replace(each, sentence="Rolled back by alice.") for each in some_records().said)
    assert tell(some_records(said=by_hand)).rescue == Rescue(metric=None, sign=None, decided=at(70), zero=at(70))


def test_a_rollout_that_was_not_taken_back_has_no_rescue():
    assert tell(some_records(said=some_records().said[:5])).rescue is None


def test_what_it_cost():
    assert tell(some_records()).served == (Served(metric="errors", requests=100, bad=10, excess=9),)


def test_without_a_baseline_nothing_is_in_excess():
    alone = (a_look(25, 5, 10, stable_total=0.0, stable_bad=0.0),)
    assert tell(some_records(measurements=alone)).served == (Served(metric="errors", requests=10, bad=5, excess=None),)


def test_everything_in_its_order():
    events = tell(some_records()).events
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert [(event.subject, event.what) for event in events if event.subject] == [
        ("errors", "NoData"),
        ("errors", "Continue"),
        ("alice", "pause (accepted)"),
        ("test smoke", "Succeeded"),
        ("errors", "Fail"),
    ]
    assert [event.what for event in events if ":" in event.what] == [
        "Progressing: WaitingForPods",
        "RollingBack: AnalysisFailed",
        "RolledBack: AnalysisFailed",
    ]


def test_the_guilty_metric_comes_first():
    others = tuple(a_look(seconds, 0, 100, metric="absent") for seconds in (10, 70))
    assert [metric.name for metric in tell(some_records(measurements=(*others, *some_records().measurements))).metrics] == [
        "errors",
        "absent",
    ]


def test_weights_change_when_they_are_written():
    assert tell(some_records()).weights == ((at(0), 0), (at(4), 5), (at(40), 25), (at(70), 0))


def test_what_a_status_alone_can_tell():
    stand = Stand(metric="errors", verdict="Fail", at=START, sentence=GUILTY, canary="10 % of 100", stable="-", evidence=50.0)
    story = tell(Records(rollout=a_rollout(plan={}), stands=(stand,), missing=("No database.",)))
    assert [(mind.verdict, mind.canary, mind.counts) for mind in story.metrics[0].minds] == [("Fail", "10 % of 100", None)]
    assert (story.steps, story.rescue, story.served, story.missing) == ((), None, (), ("No database.",))


def test_counts_are_those_of_the_judge():
    assert tell(some_records()).metrics[0].looks[-1].counts == Tally(10, 100, 10, 1000)
    assert tell(some_records()).steps[1].weight == Decimal(5)
    assert tell(some_records()).metrics[0].last.verdict == Verdict.FAIL
