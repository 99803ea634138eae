import pytest

from canary.api.refusals import InvalidCanary
from canary.api.v1alpha1 import parse_canary
from canary.errors import Cause
from tests.api.bad_input import BAD, Bad, a_canary, steps
from tests.api.bad_providers import BAD_PROVIDERS

ALL = BAD | BAD_PROVIDERS


@pytest.mark.parametrize("bad", ALL.values(), ids=ALL)
def test_is_refused_with_field_and_remedy(bad: Bad):
    with pytest.raises(InvalidCanary) as refused:
        parse_canary(a_canary(bad.name, **bad.change))
    assert [(bad.at, True)] == [
        (cause.field, bad.says in cause.message) for cause in refused.value.causes if cause.field == bad.at
    ]


def test_everything_that_is_wrong_is_said_at_once():
    strategy = steps({"weight": 5, "hold": "5"}, {"weight": 200})
    with pytest.raises(InvalidCanary) as refused:
        parse_canary(a_canary("Reviews", strategy=strategy, suspend="no", traffic={"router": "none"}))
    ladder = "spec.strategy.progressive.steps"
    expected = {"metadata.name", f"{ladder}[0].hold", f"{ladder}[1].weight", "spec.suspend", "spec.traffic.router"}
    assert expected == {cause.field for cause in refused.value.causes}


def test_reads_as_one_sentence():
    with pytest.raises(InvalidCanary, match=r"^spec\.traffic: is missing: add it$"):
        parse_canary(a_canary(traffic=None))


def test_another_kind_is_refused():
    with pytest.raises(InvalidCanary) as refused:
        parse_canary({**a_canary(), "apiVersion": "flagger.app/v1beta1"})
    assert (
        Cause(field="apiVersion", message="is 'flagger.app/v1beta1': write canary.delivery/v1alpha1"),
    ) == refused.value.causes
