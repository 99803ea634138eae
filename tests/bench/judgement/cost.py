"""What one look at one metric costs, when nothing else of the benchmark runs: the judge alone, and the whole of `assess`.

Hours of healthy services with errors are played in pieces, and of each piece the fastest of a few rounds counts: what else the
machine does is not the judge's cost.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean

from analysis.assess import assess, fresh
from analysis.counts import Counters, Increment, take
from analysis.judges import sequential
from analysis.judges.record import SequentialState
from analysis.plan import Sequential
from analysis.reading import Counted
from analysis.wording import wording_of
from tests.bench.judgement.catalogue import catalogue
from tests.bench.judgement.player import made_up, moments_of, plans_of

_PLAYED = ("healthy/100rps/w25/0.5%", "healthy/1000rps/w5/1.2%", "healthy/10rps/w50/0.1%", "pods/6v6/100rps", "ramp")
_ROUNDS = 12
_PIECE = 24


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds per metric and look: of the judge (update and verdict), and of a look with counting and everything."""

    judge: float
    look: float


def cost() -> Cost:
    """Measures both over the same hours."""
    hours = [_hour(name) for name in _PLAYED]
    return Cost(judge=mean(hour[0] for hour in hours), look=mean(hour[1] for hour in hours))


def _hour(name: str) -> tuple[float, float]:
    scenario = catalogue()[name]
    readings = [reading for reading in made_up(scenario, 0).readings() if isinstance(reading, Counted)]
    plan, moments = plans_of(scenario.metric, 1)[0], moments_of(scenario.weights, 0.0)
    settings, wording = plan.judge, wording_of(plan.measure, None)
    assert isinstance(settings, Sequential), "the default judge"
    assert wording is not None, "requests are counted"
    increments = _increments(readings)

    def judged() -> Callable[[int], None]:
        state = SequentialState()

        def look(number: int) -> None:
            nonlocal state
            state = sequential.update(state, increments[number], settings, moments[number + 1].now)
            sequential.judge(state, settings, wording)

        return look

    def looked() -> Callable[[int], None]:
        state = fresh(plan, moments[0].now)

        def look(number: int) -> None:
            nonlocal state
            state, _ = assess(state, readings[number], plan, moments[number])

        return look

    return _fastest(judged, len(increments)), _fastest(looked, len(readings))


def _increments(readings: Sequence[Counted]) -> list[Increment]:
    counters, found = Counters(), []
    for reading in readings:
        counters, increment = take(counters, reading.stable, reading.canary)
        if increment is not None:
            found.append(increment)
    return found


def _fastest(begin: Callable[[], Callable[[int], None]], looks: int) -> float:
    """Microseconds per look: the mean over pieces of the fastest round of each."""
    best: dict[int, float] = {}
    for _ in range(_ROUNDS):
        look = begin()
        for piece in range(0, looks - _PIECE, _PIECE):
            begun = time.perf_counter()
            for number in range(piece, piece + _PIECE):
                look(number)
            best[piece] = min(best.get(piece, float("inf")), (time.perf_counter() - begun) / _PIECE)
    return 1e6 * mean(best.values())
