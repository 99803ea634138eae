"""Run benchmarks and print what they say: all of them, or those that are named."""

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from canary.logs import LogFormat, LogLevel, configure_logs
from tests.bench import evidence, idle, memory, micro, rollback, steps
from tests.bench.figures import heading, line
from tests.bench.rig import a_rig

BENCHES = {
    "idle": idle.bench,
    "step": steps.bench,
    "rollback": rollback.bench,
    "evidence": evidence.bench,
    "memory": memory.bench,
    "micro": micro.bench,
}


def main() -> None:
    """Parse the command line; exit code 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="What Canary costs and how fast it is.")
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], metavar="NAME", help=f"of {', '.join(BENCHES)}; default all")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: about a minute")
    chosen = parser.parse_args()
    configure_logs(LogFormat.CONSOLE, LogLevel.ERROR)
    asyncio.run(_run(chosen.names or list(BENCHES), quick=chosen.quick))


async def _run(names: list[str], *, quick: bool) -> None:
    begun = datetime.now(UTC)
    print("starting a control plane and the controller", file=sys.stderr)
    async with AsyncExitStack() as stack:
        rig = await stack.enter_async_context(a_rig())
        print(heading())
        for name in names:
            async for figure in BENCHES[name](rig, quick=quick):
                print(line(figure), flush=True)
    print(f"took {(datetime.now(UTC) - begun).total_seconds():.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
