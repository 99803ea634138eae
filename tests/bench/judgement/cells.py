"""The 240 cells of the reference's simulation (§3.1), and those in which nearly a third of all requests fail.

They are played without a warm-up, as there. Large regressions are also played with the default warm-up.
"""

from collections.abc import Iterator
from dataclasses import replace

from tests.bench.judgement.scenario import Cell, Group, Scenario, Truth
from tests.bench.judgement.streams import Recipe

RATES = (1.0, 10.0, 100.0, 1000.0)
WEIGHTS = (0.05, 0.25, 0.50)
BASES = (0.0001, 0.001, 0.005, 0.012)
_EFFECTS = {"+0.1pp": (1.0, 0.001), "+0.5pp": (1.0, 0.005), "x2": (2.0, 0.0), "x10": (10.0, 0.0)}
_LARGE_BASE, _LARGE = 0.005, 0.30


def cells() -> Iterator[Scenario]:
    """Healthy cells, regressions, and the large ones again as the default would have them."""
    grid = [Cell(rps=rps, weight=weight, base=base) for rps in RATES for weight in WEIGHTS for base in BASES]
    for cell in grid:
        yield _scenario("healthy", cell, Group.HEALTHY, Truth.KEEP, _recipe(cell))
    for effect, (ratio, plus) in _EFFECTS.items():
        for cell in grid:
            recipe = replace(_recipe(cell), ratio=((0, ratio),), plus=((0, plus),))
            yield _scenario(effect, cell, Group.REGRESSION, Truth.ROLL_BACK, recipe)
            if effect == "x10":
                yield replace(_scenario("warm-x10", cell, Group.WARMED, Truth.ROLL_BACK, recipe), warmup=1.0)
    for cell in grid:
        if cell.base == _LARGE_BASE:
            recipe = replace(_recipe(cell), plus=((0, _LARGE - _LARGE_BASE),))
            yield _scenario("30pc", cell, Group.LARGE, Truth.ROLL_BACK, recipe)
            yield replace(_scenario("warm-30pc", cell, Group.WARMED, Truth.ROLL_BACK, recipe), warmup=1.0)


def _recipe(cell: Cell) -> Recipe:
    return Recipe(rps=cell.rps, weight=((0, cell.weight),), base=((0, cell.base),))


def _scenario(effect: str, cell: Cell, group: Group, truth: Truth, recipe: Recipe) -> Scenario:
    name = f"{effect}/{cell.rps:g}rps/w{cell.weight * 100:g}/{cell.base * 100:g}%"
    return Scenario(name=name, group=group, truth=truth, recipe=recipe, warmup=0.0, cell=cell)
