"""The judgement benchmark: how often our judge and the rules of others are right, how fast, and at what cost in bad requests.

`--only` looks at single scenarios. The last line of the output is for machines.
"""

import argparse
import sys
from pathlib import Path

from tests.bench.judgement.catalogue import chosen
from tests.bench.judgement.cost import cost
from tests.bench.judgement.export import write_json, write_markdown, write_plot
from tests.bench.judgement.report import report
from tests.bench.judgement.runs import OURS, run_all
from tests.bench.judgement.scenario import Group, Scenario, Truth
from tests.bench.judgement.score import last_line, scores, summary

_SEEDS = {Group.HEALTHY: 400, Group.REGRESSION: 100, Group.WARMED: 40, Group.MISSING: 5, Group.WIRE: 10}
_CALM, _OTHERS = 300, 100
_QUICK = {Group.HEALTHY: 20, Group.REGRESSION: 10, Group.WARMED: 5, Group.MISSING: 1, Group.WIRE: 1}
_QUICK_OTHERS = 12


def main() -> None:
    """Runs what is asked for and prints it."""
    given = _arguments()
    try:
        scenarios = chosen(given.only)
    except ValueError as error:
        sys.exit(str(error))
    if given.list:
        print("\n".join(f"{one.name:<40} {one.truth:<18} {one.group}" for one in scenarios))
        return
    found = run_all([(one, given.seeds or _seeds(one, quick=given.quick)) for one in scenarios], given.jobs)
    every = scores(scenarios, found)
    tables = list(report(every, found))
    spent = cost()
    line = last_line(summary(OURS, every), spent.judge)
    if given.json:
        write_json(given.json, every, line)
    if given.markdown:
        write_markdown(given.markdown, tables, line)
    if given.plot:
        write_plot(given.plot, every)
    whole = f"A look costs {spent.look:.0f} microseconds with counting and all, of which the judge takes {spent.judge:.0f}.\n"
    print("\n".join([*(table.text() for table in tables), whole, line]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.judgement", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="names or groups, or how they begin, or *-patterns")
    parser.add_argument("--seeds", type=int, help="runs of each scenario")
    parser.add_argument("--jobs", type=int, default=2, help="processes; 2 by default")
    parser.add_argument("--quick", action="store_true", help="few seeds: a minute")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all scores as JSON too")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the plot as SVG too")
    parser.add_argument("--list", action="store_true", help="name the scenarios and stop")
    return parser.parse_args()


def _seeds(scenario: Scenario, *, quick: bool) -> int:
    if quick:
        return _QUICK.get(scenario.group, _QUICK_OTHERS)
    return _SEEDS.get(scenario.group, _CALM if scenario.truth is Truth.KEEP else _OTHERS)


if __name__ == "__main__":
    main()
