"""What one look at one metric costs: `assess` alone, in this process, when nothing else of the benchmark runs."""

from tests.bench.judgement.catalogue import catalogue
from tests.bench.judgement.player import made_up, play

_PLAYED = ("healthy/100rps/w25/0.5%", "healthy/1000rps/w5/1.2%", "healthy/10rps/w50/0.1%", "pods/6v6/100rps", "ramp")
_ROUNDS = 5


def judge_microseconds() -> float:
    """Processor time per look over whole hours of healthy services with errors, the best of a few rounds, in microseconds."""
    rounds = []
    for _ in range(_ROUNDS):
        played = [play(scenario, [made_up(scenario, 0)]) for scenario in (catalogue()[name] for name in _PLAYED)]
        rounds.append(1e6 * sum(one.seconds for one in played) / sum(one.judged for one in played))
    return min(rounds)
