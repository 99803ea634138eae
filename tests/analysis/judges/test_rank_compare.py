"""Higher, lower or neither: by hand, against an implementation with numpy and scipy, and as the settings demand."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.judges.rank_compare import Standing, compare
from analysis.plan import Direction, Effect, EffectSize, Rank
from tests.analysis.judges import rank_oracle

HIGHER = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]
LOWER = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def standing(canary, stable, direction=Direction.EITHER, **settings) -> Standing:
    return compare(canary, stable, Rank(direction=direction, **settings)).standing


@pytest.mark.parametrize(
    ("canary", "stable", "direction", "expected"),
    [
        (HIGHER, LOWER, Direction.INCREASE, Standing.HIGH),
        (HIGHER, LOWER, Direction.EITHER, Standing.HIGH),
        (HIGHER, LOWER, Direction.DECREASE, Standing.PASS),
        (LOWER, HIGHER, Direction.DECREASE, Standing.LOW),
        (LOWER, HIGHER, Direction.EITHER, Standing.LOW),
        (LOWER, HIGHER, Direction.INCREASE, Standing.PASS),
        (LOWER, LOWER[::-1], Direction.EITHER, Standing.PASS),
        ([0.0] * 9, [0.0] * 9, Direction.EITHER, Standing.PASS),
        ([5.0] * 20, [4.0] * 20, Direction.EITHER, Standing.HIGH),
        ([0.0] * 20, [4.0] * 20, Direction.EITHER, Standing.LOW),
        ([4.00001] * 20, [4.0] * 20, Direction.EITHER, Standing.PASS),
        ([0.0] * 34 + [9.0] * 26, [0.0] * 60, Direction.INCREASE, Standing.PASS),
        ([0.0] * 33 + [9.0] * 27, [0.0] * 60, Direction.INCREASE, Standing.HIGH),
        ([1.0] * 3 + [100.0] * 7, [1.0] * 10, Direction.INCREASE, Standing.PASS),
    ],
)
def test_by_hand(canary, stable, direction, expected):
    assert standing(canary, stable, direction) is expected


def test_noise_that_parts_two_constant_versions_is_the_same_each_time():
    settings = Rank()
    assert compare([5.0] * 9, [4.0] * 9, settings) == compare([5.0] * 9, [4.0] * 9, settings)


def test_a_difference_may_be_sure_and_too_small():
    canary = [value + 0.5 for value in range(100, 130)]
    assert standing(canary, list(range(90, 120))) is Standing.HIGH
    assert standing(canary, list(range(90, 120)), effect=Effect(allowed_increase=1.2)) is Standing.PASS
    assert standing(list(range(90, 120)), canary, effect=Effect(allowed_decrease=0.8)) is Standing.PASS


def test_a_mean_of_zero_leaves_the_effect_out():
    found = compare([1.0] * 20 + [2.0], [0.0] * 21, Rank(effect=Effect(allowed_increase=5.0)))
    assert (found.standing, found.effect) == (Standing.HIGH, None)


def test_the_effect_may_be_the_chance_of_being_higher():
    cles = EffectSize.CLES
    found = compare(HIGHER, LOWER, Rank(effect=Effect(measure=cles)))
    assert (found.standing, found.effect) == (Standing.HIGH, 1.0)
    mixed = ([3.0, 4.0, 5.0, 6.0, 7.0, 8.0] * 5, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] * 5)
    effect = compare(*mixed, Rank(effect=Effect(measure=cles, allowed_increase=0.9))).effect
    assert effect == pytest.approx((36 - 6 - 2) / 36)
    assert standing(*mixed, effect=Effect(measure=cles)) is Standing.HIGH
    assert standing(*mixed, effect=Effect(measure=cles, allowed_increase=0.9)) is Standing.PASS


@pytest.mark.parametrize(("bound", "critical"), [(None, True), (3.5, True), (3.6, False)])
def test_critical_is_a_bound_of_its_own(bound, critical):
    found = compare(HIGHER, LOWER, Rank(effect=Effect(critical_increase=bound)))
    assert (found.standing, found.effect, found.critical) == (Standing.HIGH, pytest.approx(12.5 / 3.5), critical)
    mirrored = compare(LOWER, HIGHER, Rank(effect=Effect(critical_decrease=None if bound is None else 1 / bound)))
    assert (mirrored.standing, mirrored.critical) == (Standing.LOW, critical)


KINDS = st.sampled_from(["normal", "skewed", "counts", "rare"])


def drawn(kind, seed, many, factor=1.0):
    seeded = random.Random(seed)
    one = {
        "normal": lambda: seeded.gauss(100, 8) * factor,
        "skewed": lambda: seeded.lognormvariate(3, 0.6) * factor,
        "counts": lambda: float(round(seeded.expovariate(0.2) * factor)),
        "rare": lambda: 0.0 if seeded.random() < 0.8 else 5.0 * factor,
    }[kind]
    return [one() for _ in range(many)]


@given(KINDS, st.integers(0, 10_000), st.integers(8, 40), st.sampled_from([0.8, 1.0, 1.1, 1.5]), st.sampled_from(Direction))
def test_agrees_with_numpy_and_scipy(kind, seed, many, factor, direction):
    canary, stable = drawn(kind, seed, many, factor), drawn(kind, seed + 1, many + 3)
    if len(set(canary)) == 1 or len(set(stable)) == 1:
        return
    assert standing(canary, stable, direction) in rank_oracle.standings(canary, stable, direction)


ORDER = [Standing.LOW, Standing.PASS, Standing.HIGH]


@given(st.integers(0, 10_000), st.floats(0, 60), st.floats(0, 60))
def test_more_never_reads_as_less(seed, less, more):
    less, more = sorted((less, more))
    canary, stable = drawn("normal", seed, 20), drawn("normal", seed + 1, 20)
    found = [standing([value + moved - 30 for value in canary], stable) for moved in (less, more)]
    assert found == sorted(found, key=ORDER.index)


MIRROR = {Standing.HIGH: Standing.LOW, Standing.LOW: Standing.HIGH, Standing.PASS: Standing.PASS}


@given(st.integers(0, 10_000), st.sampled_from([-40, -12, -3, 0, 3, 12, 40]), st.sampled_from(Direction))
def test_upside_down_is_the_other_direction(seed, moved, direction):
    canary, stable = [value + moved for value in drawn("normal", seed, 20)], drawn("normal", seed + 1, 20)
    over = {Direction.INCREASE: Direction.DECREASE, Direction.DECREASE: Direction.INCREASE}.get(direction, direction)
    sizes = Effect(measure=EffectSize.CLES)  # a ratio of means has no mirror image below zero
    exact = {"effect": sizes, "tolerance": 0.0}  # the estimate that a tolerance is a part of depends on where its search begins
    mirrored = standing([-value for value in canary], [-value for value in stable], over, **exact)
    assert mirrored is MIRROR[standing(canary, stable, direction, **exact)]


@given(st.integers(0, 10_000), st.sampled_from([2.0, 10.0, 1000.0]))
def test_larger_units_change_nothing(seed, unit):
    canary, stable = drawn("normal", seed, 20, 1.06), drawn("normal", seed + 1, 20)
    scaled = standing([value * unit for value in canary], [value * unit for value in stable], tolerance=0.0)
    assert scaled is standing(canary, stable, tolerance=0.0)
