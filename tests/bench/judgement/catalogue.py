"""All scenarios by name, and how to choose among them."""

from collections.abc import Sequence
from fnmatch import fnmatch
from functools import cache

from tests.bench.judgement.cells import cells
from tests.bench.judgement.latency import latency
from tests.bench.judgement.missing import missing, wired
from tests.bench.judgement.odd import odd
from tests.bench.judgement.scenario import Scenario
from tests.bench.judgement.stress import stress


@cache
def catalogue() -> dict[str, Scenario]:
    """Every scenario by its name."""
    every = [*cells(), *stress(), *odd(), *latency(), *missing()]
    every.extend(wired(every.copy()))
    named = {scenario.name: scenario for scenario in every}
    assert len(named) == len(every), "names tell scenarios apart"
    return named


def chosen(patterns: Sequence[str]) -> list[Scenario]:
    """Scenarios whose name or group matches a pattern of the shell's, or begins with it; all where there is no pattern.

    Raises ValueError for a pattern that matches none.
    """
    every = list(catalogue().values())
    for pattern in patterns:
        if not any(_matches(scenario, pattern) for scenario in every):
            groups = ", ".join(sorted({repr(str(scenario.group)) for scenario in every}))
            raise ValueError(f"no scenario is called {pattern!r}; groups are {groups}, names are listed by --list")
    return [one for one in every if not patterns or any(_matches(one, pattern) for pattern in patterns)]


def _matches(scenario: Scenario, pattern: str) -> bool:
    return any(fnmatch(text, pattern) or text.startswith(pattern) for text in (scenario.name, scenario.group.value))
