"""A small vocabulary for recordings: rows as text, and services that are recorded."""

import math
import random
from collections.abc import Iterable
from pathlib import Path

from canary.offline.recording import Recording, parse_recording

HEADER = "t,version,pod,metric,bad,total"


def a_text(*rows: str) -> str:
    return "\n".join([HEADER, *rows, ""])


def a_recording(*rows: str) -> Recording:
    return parse_recording(a_text(*rows), "it.csv")


def served(
    *, stable: float, canary: float, minutes: int = 60, metric: str = "errors", seed: int = 1, starts: int = 0
) -> list[str]:
    """Rows of six stable pods and two canary pods at 15 s scrapes, with these shares of bad requests."""
    chance = random.Random(seed)
    pods = [("stable", f"s{n}", stable) for n in range(6)] + [("canary", f"c{n}", canary) for n in range(2)]
    counts = {pod: (0, 0) for _, pod, _ in pods}
    rows = []
    for t in range(0, minutes * 60 + 1, 15):
        for version, pod, share in pods:
            if version == "canary" and t < starts:
                continue
            bad, total = counts[pod]
            rows.append(f"{t},{version},{pod},{metric},{bad},{total}")
            counts[pod] = (bad + _some(chance, 150, share), total + 150)
    return rows


def save(path: Path, rows: Iterable[str]) -> Path:
    path.write_text(a_text(*rows))
    return path


def _some(chance: random.Random, of: int, share: float) -> int:
    """Exactly binomial: leaps from one success to the next."""
    found, at = 0, -1
    while share > 0 and (at := at + 1 + int(math.log(1 - chance.random()) / math.log1p(-share))) < of:
        found += 1
    return found
