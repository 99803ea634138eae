"""The command line: `canary`, and `kubectl canary` by kubectl's rule for plugins. One file per verb, pure renderers beside them.

Nothing heavy is imported before a verb runs, so that help and completion answer at once.
"""

import sys
from pathlib import PurePath


def main() -> None:
    """Run the command line of this process and exit with its code."""
    from canary.cli.root import cli

    cli.main(prog_name=called_by(sys.argv[0]))


def called_by(program: str) -> str:
    """The name that usage lines show: kubectl runs `kubectl-canary` when a person writes `kubectl canary`."""
    return "kubectl canary" if PurePath(program).stem == "kubectl-canary" else "canary"
