"""No traffic, no data, a sick provider: nothing of it may roll back, nor pass for evidence (reference §4.4, N1 to N6).

All of these are read through HTTP, and so is a sample of the other scenarios, to show that both ways of reading agree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.bench.judgement import oddities
from tests.bench.judgement.scenario import Ailment, Group, Scenario, Truth, Wire
from tests.bench.judgement.streams import LOOKS, Recipe

_MINUTES_10 = 40
_NO_TRAFFIC = Recipe(alive=((0, 0.0),))
_SAMPLE = (
    "healthy/100rps/w25/0.5%",
    "x2/100rps/w25/0.5%",
    "x10/10rps/w25/0.1%",
    "burst20/15s/w25/one-pod",
    "pods/2v6/100rps",
    "ramp/x3",
    "odd/pods-come-and-go",
    "odd/relabelled",
    "odd/restarts/x10",
    "slow/x1.5/100rps/w50",
)


def missing() -> Iterator[Scenario]:
    """N1 to N6, and more ways in which a provider can fail."""
    yield _missing("no-traffic", Wire(), recipe=_NO_TRAFFIC)
    yield replace(_missing("no-canary-series", Wire()), oddities=(oddities.no_canary,))
    yield replace(_missing("no-baseline", Wire()), oddities=(oddities.no_stable,))
    for ailment in Ailment:
        name = ailment.name.lower().replace("_", "-")
        yield _missing(f"{name}", Wire(ailment=ailment))
        yield _missing(f"{name}-since-10m", Wire(ailment=ailment, since=_MINUTES_10))
        if ailment is not Ailment.HANGS:
            yield _missing(f"{name}-two-of-three", Wire(ailment=ailment, looks=2, every=3))
            yield _missing(f"{name}-for-1m", Wire(ailment=ailment, since=_MINUTES_10, looks=4, every=LOOKS))
    yield _missing("stale-since-10m", Wire(scraped=_MINUTES_10))


def wired(every: Sequence[Scenario]) -> Iterator[Scenario]:
    """A sample of the others, through HTTP."""
    for scenario in every:
        if scenario.name in _SAMPLE:
            yield replace(scenario, name=f"http/{scenario.name}", group=Group.WIRE, wire=Wire(like=scenario.name), cell=None)


def _missing(name: str, wire: Wire, recipe: Recipe | None = None) -> Scenario:
    return Scenario(
        name=f"missing/{name}",
        group=Group.MISSING,
        truth=Truth.NO_DATA,
        recipe=recipe or Recipe(),
        wire=wire,
    )
