"""Healthy canaries whose counters are odd, and sick ones that are to be found all the same."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tests.bench.judgement import oddities
from tests.bench.judgement.oddities import Oddity
from tests.bench.judgement.scenario import Group, Scenario, keep, roll_back
from tests.bench.judgement.streams import LOOKS, Life, Recipe

_ODD: Mapping[str, Oddity] = {
    "late-scrapes": oddities.late_scrapes,
    "canary-late-30s": oddities.canary_late,
    "restarts": oddities.restarts,
    "gaps": oddities.gaps,
    "relabelled": oddities.relabelled,
    "clients-restart": oddities.clients_restart,
    "old-replicasets": oddities.old_replicasets,
    "old-canary-appears": oddities.old_canary_appears,
}
_SCALED: Life = ((0, LOOKS), (0, LOOKS), (0, LOOKS), (0, 60), (0, 100), (0, 140), (60, 180), (60, LOOKS), (120, LOOKS))
_REPLACED: Life = ((0, 90), (0, 170), (90, LOOKS), (130, 200), (170, LOOKS))


def odd() -> Iterator[Scenario]:
    """Each oddity on a healthy canary and on one that fails ten times as often from minute 10 on."""
    for name, oddity in _ODD.items():
        yield from _both(name, Recipe(), (oddity,))
    yield from _both("pods-come-and-go", Recipe(stable_life=_SCALED, canary_life=_REPLACED), ())


def _both(name: str, recipe: Recipe, odd_ways: tuple[Oddity, ...]) -> Iterator[Scenario]:
    yield replace(keep(f"odd/{name}", Group.ODD, recipe), oddities=odd_ways)
    worse = replace(recipe, base=((0, 0.001),), ratio=((0, 1.0), (10, 10.0)))
    yield replace(roll_back(f"odd/{name}/x10", Group.ODD_WORSE, worse), oddities=odd_ways, onset=10.0)
