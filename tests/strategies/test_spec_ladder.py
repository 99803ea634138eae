from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.scalars import plain
from strategies.spec import ExponentialSpec, LinearSpec, ProgressiveSpec

weights = st.integers(1, 100_000).map(lambda count: Decimal(count) / 1000)
factors = st.integers(125, 10_000).map(lambda count: Decimal(count) / 100)
starts = st.integers(10, 100_000).map(lambda count: Decimal(count) / 1000)


def climbs(ladder: tuple[Decimal, ...]) -> bool:
    rising = all(before < after for before, after in pairwise(ladder))
    return rising and 1 <= len(ladder) <= 50 and all(0 < weight <= 100 and weight % Decimal("0.001") == 0 for weight in ladder)


@given(weights, weights, weights)
def test_every_linear_ladder_climbs_from_and_to_what_is_asked(start: Decimal, to: Decimal, by: Decimal):
    given_ = {"from": plain(start), "to": plain(to), "by": plain(by)}
    try:
        ladder = LinearSpec.model_validate(given_).weights()
    except ValidationError:
        assert start > to or (to - start) / by > 49
        return
    assert climbs(ladder)
    assert (ladder[0], ladder[-1]) == (start, to)
    assert all(after - before <= by for before, after in pairwise(ladder))


@given(starts, factors)
def test_every_exponential_ladder_climbs_to_the_top(start: Decimal, factor: Decimal):
    ladder = ExponentialSpec.model_validate({"from": plain(start), "factor": plain(factor)}).weights()
    assert climbs(ladder)
    assert (ladder[0], ladder[-1]) == (start, 100)


@given(st.lists(weights, min_size=1, max_size=12))
def test_steps_are_accepted_exactly_when_they_rise(given_: list[Decimal]):
    steps = [{"weight": plain(weight)} for weight in given_]
    if climbs(tuple(given_)):
        assert [step.weight for step in ProgressiveSpec.model_validate({"steps": steps}).ladder()] == given_
    else:
        with pytest.raises(ValidationError, match="let weights rise"):
            ProgressiveSpec.model_validate({"steps": steps})
