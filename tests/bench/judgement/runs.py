"""Runs of scenarios, spread over processes: what each run comes to, for ours and for each peer."""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np

from analysis.plan import Version
from analysis.verdict import Verdict
from tests.bench.judgement.catalogue import catalogue
from tests.bench.judgement.peers import NEVER, PEERS, Pooled
from tests.bench.judgement.player import Made, Played, made_up, play
from tests.bench.judgement.scenario import Scenario
from tests.bench.judgement.shown import increments
from tests.bench.judgement.streams import LOOKS

OURS = "canary"
DIRECT = "canary, read directly"
_CHUNK_LOOKS = 240 * 40
"""About this many looks in one piece of work: a second or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One method on one rollout: when it rolled back (None: never), and the excess failures that the canary served until then.

    `passed` is the first look with evidence to promote; it and `last`, the last verdict, are None for methods that have none.
    """

    failed: int | None
    excess: float
    passed: int | None = None
    last: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some runs of one scenario, by method."""

    scenario: str
    runs: Mapping[str, Sequence[Run]]


def run_all(work: Sequence[tuple[Scenario, int]], jobs: int) -> dict[str, list[Piece]]:
    """Runs every scenario with as many seeds as are given with it, the slow ones first, and says on stderr how far it is."""
    pieces = list(_pieces(sorted(work, key=lambda one: one[0].wire is None)))
    found: dict[str, list[Piece]] = {scenario.name: [] for scenario, _ in work}
    begun = time.monotonic()
    with ProcessPoolExecutor(jobs, initializer=_quiet) as pool:
        futures = [pool.submit(run_piece, *piece) for piece in pieces]
        for done, future in enumerate(as_completed(futures), 1):
            piece = future.result()
            found[piece.scenario].append(piece)
            _progress(done, len(pieces), time.monotonic() - begun)
    return found


def run_piece(name: str, first: int, number: int) -> Piece:
    """Some seeds of one scenario."""
    scenario = catalogue()[name]
    runs: dict[str, list[Run]] = {}
    several = [[made_up(scenario, seed, metric) for metric in range(scenario.metrics)] for seed in range(first, first + number)]
    for made in several:
        played = play(scenario, made)
        runs.setdefault(OURS, []).append(_run(played, made[0]))
        if scenario.wire is not None and scenario.wire.like:
            runs.setdefault(DIRECT, []).append(_run(play(scenario, made, direct=True), made[0]))
    if scenario.wire is None:
        runs |= _peers(scenario, several)
    return Piece(scenario=name, runs=runs)


def _peers(scenario: Scenario, several: Sequence[Sequence[Made]]) -> dict[str, list[Run]]:
    """Every peer judges every metric by itself; the first to fail rolls back."""
    found: dict[str, list[Run]] = {}
    by_metric = [_pooled([made[metric] for made in several]) for metric in range(scenario.metrics)]
    for peer, rule in PEERS.items():
        looks = np.stack([rule(pooled, scenario.warmup) for pooled in by_metric])
        earliest = np.where(looks == NEVER, LOOKS + 1, looks).min(axis=0).tolist()
        fails = [None if look > LOOKS else int(look) for look in earliest]
        found[peer] = [_peer_run(fail, made[0]) for fail, made in zip(fails, several, strict=True)]
    return found


def _peer_run(failed: int | None, made: Made) -> Run:
    return Run(failed=failed, excess=float(made.stream.excess[-1 if failed is None else failed]))


def _pooled(runs: Sequence[Made]) -> Pooled:
    canary = [increments(made.shown, Version.CANARY) for made in runs]
    stable = [increments(made.shown, Version.STABLE) for made in runs]
    return Pooled(
        canary_bad=np.stack([bad for bad, _ in canary]),
        canary_total=np.stack([total for _, total in canary]),
        stable_bad=np.stack([bad for bad, _ in stable]),
        stable_total=np.stack([total for _, total in stable]),
    )


def _run(played: Played, made: Made) -> Run:
    at = played.failed if played.failed is not None else -1
    return Run(failed=played.failed, excess=float(made.stream.excess[at]), passed=played.passed, last=played.last)


def _pieces(work: Iterable[tuple[Scenario, int]]) -> Iterator[tuple[str, int, int]]:
    for scenario, seeds in work:
        size = max(1, _CHUNK_LOOKS // (240 * scenario.metrics))
        for first in range(0, seeds, size):
            yield scenario.name, first, min(size, seeds - first)


def _quiet() -> None:
    """Workers step aside for whatever else the machine does."""
    os.nice(5)


def _progress(done: int, pieces: int, seconds: float) -> None:
    if sys.stderr.isatty() or done == pieces or done % max(1, pieces // 20) == 0:
        end = "\n" if done == pieces or not sys.stderr.isatty() else "\r"
        print(f"{done} of {pieces} pieces, {seconds:.0f} s", end=end, file=sys.stderr, flush=True)
