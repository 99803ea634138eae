"""kill -9 in the middle of writing: what was promised is there, and the database opens."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from canary.store.journal import Journal
from canary.store.runs import Runs

ROOT = Path(__file__).parents[2]
VICTIM = Path(__file__).with_name("crash_victim.py")


def kill_after(promises, database):
    """The number of the last promise that the victim could still make."""
    arguments = [sys.executable, VICTIM, database.url or "", database.state_dir]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}) as victim:
        for _ in range(promises):
            victim.stdout.readline()
        victim.send_signal(signal.SIGKILL)
        last = promises - 1 + len(victim.stdout.read().splitlines())
    assert victim.returncode == -signal.SIGKILL
    return last


@pytest.mark.parametrize("promises", [1, 7, 40])
async def test_nothing_that_was_flushed_or_claimed_is_lost(promises, database, opened):
    last = kill_after(promises, database)
    store = await opened()
    told = {decision.reason for decision in await Journal(store).decisions("n", "c", limit=1_000_000)}
    assert {f"{number}.{part}" for number in range(last + 1) for part in range(20)} <= told
    assert {str(number) for number in range(last + 1)} <= {run.id for run in await Runs(store).of_rollouts(["r"])}


async def test_what_is_written_together_is_lost_together(database, opened):
    kill_after(3, database)
    store = await opened()
    told = [decision.reason for decision in await Journal(store).decisions("n", "c", limit=1_000_000)]
    assert len(told) % 20 == 0


async def test_a_killed_writer_leaves_a_database_that_takes_more(database, opened):
    kill_after(2, database)
    kill_after(2, database)
    store = await opened()
    await store.flush()
    assert store.problem is None
