"""The judgement benchmark: `python -m tests.bench.judgement [--quick] [--only NAME ...] [--seeds N] [--jobs N]`."""

import argparse
import sys

from tests.bench.judgement.catalogue import chosen
from tests.bench.judgement.runs import OURS, run_all
from tests.bench.judgement.scenario import Group, Scenario
from tests.bench.judgement.score import Score, judge_microseconds, last_line, scores, summary

_SEEDS = {Group.HEALTHY: 500, Group.REGRESSION: 100}
_QUICK = {Group.HEALTHY: 20, Group.REGRESSION: 6}


def main() -> None:
    """Runs what is asked for; the last line of the output is for machines."""
    given = _arguments()
    try:
        scenarios = chosen(given.only)
    except ValueError as error:
        sys.exit(str(error))
    if given.list:
        print("\n".join(f"{one.name:<44} {one.truth:<18} {one.group}" for one in scenarios))
        return
    work = [(one, given.seeds or _seeds(one, quick=given.quick)) for one in scenarios]
    found = run_all(work, given.jobs)
    every = scores(scenarios, found)
    for by_method in every.values():
        print(_line(by_method[OURS]))
    print(last_line(summary(OURS, every), judge_microseconds(found)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.judgement", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="names or groups, or how they begin, or *-patterns")
    parser.add_argument("--seeds", type=int, help="runs of each scenario")
    parser.add_argument("--jobs", type=int, default=2, help="processes; 2 by default")
    parser.add_argument("--quick", action="store_true", help="few seeds: about a minute")
    parser.add_argument("--list", action="store_true", help="name the scenarios and stop")
    return parser.parse_args()


def _seeds(scenario: Scenario, *, quick: bool) -> int:
    return _QUICK.get(scenario.group, 12) if quick else _SEEDS.get(scenario.group, 200)


def _line(score: Score) -> str:
    low, high = score.rolled_back.interval
    rate = f"{100 * score.rolled_back.share:5.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    took = "" if score.median is None else f"@ {score.median:.2f} min, p90 {score.ninth:.2f}"
    rest = f"excess {score.excess:8.1f}  pass {100 * score.passed.share:3.0f} %"
    return f"{score.scenario.name:<44} {score.scenario.truth:<16} {rate:<26} {took:<28} {rest}"


if __name__ == "__main__":
    main()
