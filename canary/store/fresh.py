"""A new state file is made in a process of its own: wherever Alembic has run, it leaves 7 MiB of its code behind.

Imports nothing that is large, so that the fork is small and nothing is shared with threads.
"""

import asyncio
import os
from pathlib import Path

FILE_NAME = "canary.sqlite"


def make_state_file(state_dir: Path) -> None:
    """Make the SQLite file with its schema, if there is none; call it before there are threads and an event loop.

    Whatever goes wrong is left to `open_store`, which tries the same and knows how to say it.
    """
    if (state_dir / FILE_NAME).exists():
        return
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        asyncio.run(_make(state_dir))
    finally:
        os._exit(0)


async def _make(state_dir: Path) -> None:
    from canary.errors import CanaryError
    from canary.store.engine import open_store

    try:
        store = await open_store(None, state_dir)
    except CanaryError:
        return
    await store.close()
