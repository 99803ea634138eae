"""The rules of others on the same counters, many rollouts at a time (reference §3.1; EP and its block §2.1, §2.5).

Each rule answers the look at which it rolls back, or `NEVER`. What happens before the warm-up is over is hidden from all.
Threshold rules fail a check on a minute without requests, as Flagger and Argo Rollouts do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tests.bench.judgement.kayenta import is_high
from tests.bench.judgement.streams import LOOKS, PER_MINUTE, Floats

NEVER = -1
_ALLOWED = 0.01
_ALPHA, _SPREAD = 0.01, 10.0
_GAINS = 1 + 0.05 * 4000 ** (np.arange(24) / 23)
_BETS = np.array([0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.88, 0.97])

Looks = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Bad and all requests of both versions, per rollout and bin."""

    canary_bad: Floats
    canary_total: Floats
    stable_bad: Floats
    stable_total: Floats

    def after(self, warmup: float) -> "Pooled":
        """The same without what happened in the first minutes."""
        hidden = np.arange(LOOKS) < round(warmup * PER_MINUTE)
        return replace(self, **{name: np.where(hidden, 0.0, getattr(self, name)) for name in self.__slots__})

    def by_minute(self) -> "Pooled":
        """The same per minute."""
        return replace(self, **{name: _minutes(getattr(self, name)) for name in self.__slots__})


def flagger(pooled: Pooled, warmup: float, failures: int) -> Looks:
    """Failed checks add up, and the tick after the last one that is allowed rolls back."""
    return _threshold(pooled, warmup, failures, delay=1)


def argo(pooled: Pooled, warmup: float, limit: int) -> Looks:
    """`failureLimit`: one more failed measurement aborts."""
    return _threshold(pooled, warmup, limit + 1, delay=0)


def kayenta(pooled: Pooled, warmup: float, at: int) -> Looks:
    """One judgement after `at` minutes, on the error percentage of every minute, against the rest of the traffic."""
    minutes = pooled.by_minute()
    first = int(np.ceil(warmup))
    canary = _percent(minutes.canary_bad, minutes.canary_total)[:, first:at]
    stable = _percent(minutes.stable_bad, minutes.stable_total)[:, first:at]
    high = [is_high(one, other) for one, other in zip(canary, stable, strict=True)]
    return np.where(high, at * PER_MINUTE, NEVER)


def counting(pooled: Pooled, warmup: float) -> Looks:
    """EP: the always-valid test on the canary's share of all errors, alpha 1 %, looked at after every scrape."""
    return _first(_counted(pooled.after(warmup)) >= -np.log(_ALPHA))


def counting_and_blocks(pooled: Pooled, warmup: float) -> Looks:
    """EP&block10: the same, and a bet per minute must have reached 10 as well."""
    judged = pooled.after(warmup)
    counts = _counted(judged) >= -np.log(_ALPHA)
    blocks = np.repeat(_blocked(judged.by_minute()) >= np.log(_SPREAD), PER_MINUTE, axis=1)
    until_full = np.concatenate((np.zeros((len(blocks), PER_MINUTE - 1), dtype=bool), blocks), axis=1)[:, :LOOKS]
    return _first(np.logical_or.accumulate(counts, axis=1) & np.logical_or.accumulate(until_full, axis=1))


PEERS: Mapping[str, Callable[[Pooled, float], Looks]] = {
    "Flagger5": lambda pooled, warmup: flagger(pooled, warmup, 5),
    "Flagger10": lambda pooled, warmup: flagger(pooled, warmup, 10),
    "Argo3": lambda pooled, warmup: argo(pooled, warmup, 3),
    "Kayenta30": lambda pooled, warmup: kayenta(pooled, warmup, 30),
    "Kayenta60": lambda pooled, warmup: kayenta(pooled, warmup, 60),
    "EP": counting,
    "EP&block10": counting_and_blocks,
}


def _threshold(pooled: Pooled, warmup: float, failures: int, delay: int) -> Looks:
    minutes = pooled.by_minute()
    share = _percent(minutes.canary_bad, minutes.canary_total) / 100
    checked = np.arange(share.shape[1]) >= int(np.ceil(warmup))
    failed = ~(share <= _ALLOWED) & checked
    look = _first(np.cumsum(failed, axis=1) >= failures)
    minute = np.where(look == NEVER, NEVER, look + delay)
    return np.where((minute == NEVER) | (minute > LOOKS // PER_MINUTE), NEVER, minute * PER_MINUTE)


def _counted(pooled: Pooled) -> Floats:
    """The logarithm of the mixture after each bin."""
    n, m = pooled.canary_total[..., None], pooled.stable_total[..., None]
    c, bad = pooled.canary_bad[..., None], (pooled.canary_bad + pooled.stable_bad)[..., None]
    compared = (n > 0) & (m > 0)
    grown = np.where(compared, (_GAINS * n + m) / np.where(compared, n + m, 1.0), 1.0)
    return _log_mean(np.cumsum(np.where(compared, c * np.log(_GAINS) - bad * np.log(grown), 0.0), axis=1))


def _blocked(minutes: Pooled) -> Floats:
    """The logarithm of the block process after each minute."""
    n, m, bad = minutes.canary_total, minutes.stable_total, minutes.canary_bad + minutes.stable_bad
    bets = (n > 0) & (m > 0) & (bad > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.where(bets, minutes.canary_bad / bad * (n + m) / n - 1, 0.0)
    return _log_mean(np.cumsum(np.log1p(surprise[..., None] * _BETS), axis=1))


def _log_mean(logs: Floats) -> Floats:
    top = logs.max(axis=-1, keepdims=True)
    return np.asarray(top[..., 0] + np.log(np.exp(logs - top).mean(axis=-1)))


def _first(reached: NDArray[np.bool_]) -> Looks:
    """The look that ends the first bin at which something is true."""
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, NEVER)


def _minutes(bins: Floats) -> Floats:
    return np.asarray(bins.reshape(len(bins), -1, PER_MINUTE).sum(axis=2))


def _percent(bad: Floats, total: Floats) -> Floats:
    """NaN where there is no request."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(total > 0, 100 * bad / total, np.nan))
