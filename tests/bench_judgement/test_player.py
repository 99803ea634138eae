"""A rollout is played as the controller plays it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from analysis.plan import Sequential
from analysis.verdict import Verdict
from tests.bench.judgement.catalogue import catalogue, chosen
from tests.bench.judgement.player import START, made_up, moments_of, plans_of, play
from tests.bench.judgement.scenario import Group
from tests.bench.judgement.shown import Metric


def played(name, seed=1):
    scenario = catalogue()[name]
    return play(scenario, [made_up(scenario, seed, metric) for metric in range(scenario.metrics)])


def test_one_metric_has_the_whole_false_rollback_rate_and_ten_share_it():
    (alone,), several = plans_of(Metric.ERRORS, 1), plans_of(Metric.ERRORS, 10)

    assert isinstance(alone.judge, Sequential)
    assert [pytest.approx(0.05), pytest.approx(0.005)] == [alone.judge.alpha, several[0].judge.alpha]


def test_moments_follow_the_weights():
    moments = moments_of(((0, 0.05), (15, 0.1)), 1.0, 2)

    assert [START + timedelta(seconds=30), START + timedelta(seconds=45)] == [moment.now for moment in moments[:2]]
    assert START + timedelta(seconds=90) == moments[0].warm_until
    assert [("1", Decimal(5)), ("2", Decimal(10))] == [(moment.step, moment.weight) for moment in (moments[60], moments[61])]
    assert len(moments) == 241


def test_a_run_ends_when_the_canary_fails():
    run = played("30pc/100rps/w25/0.5%")

    assert Verdict.FAIL is run.last
    assert run.failed + 1 == run.judged
    assert run.failed <= 20


@pytest.mark.parametrize("name", ["healthy/100rps/w25/0.5%", "better/100rps", "ten-metrics"])
def test_a_healthy_canary_is_watched_for_an_hour(name):
    run = played(name)

    assert run.failed is None
    assert 241 * catalogue()[name].metrics == run.judged


@pytest.mark.parametrize("name", ["no-traffic", "no-canary-series", "no-baseline", "stale-since-10m", "nan", "empty"])
def test_without_data_nothing_is_rolled_back_and_it_says_so(name):
    assert (played(f"missing/{name}").failed, played(f"missing/{name}").last) == (None, Verdict.NO_DATA)


@pytest.mark.parametrize("name", ["http-500", "garbage-since-10m"])
def test_with_a_sick_provider_nothing_is_rolled_back_and_it_says_so(name):
    assert (played(f"missing/{name}").failed, played(f"missing/{name}").last) == (None, Verdict.ERROR)


def test_the_grid_is_whole():
    groups = [scenario.group for scenario in catalogue().values()]

    assert [groups.count(group) for group in (Group.HEALTHY, Group.REGRESSION, Group.LARGE)] == [48, 192, 12]


def test_scenarios_are_chosen_by_name_group_and_pattern():
    assert [one.name for one in chosen(["blip"])] == ["blip-20%-1m"]
    assert len(chosen(["better than stable"])) == 3
    assert len(chosen(["*/x10/*rps"])) == 2
    with pytest.raises(ValueError, match="no scenario is called 'nonsense'"):
        chosen(["nonsense"])
