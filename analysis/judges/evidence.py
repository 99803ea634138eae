"""Running evidence: numbers whose mean stays at or below one while the hypothesis that they bet against is true.

By Ville's inequality such a number ever reaches 1/alpha with a probability of at most alpha, so looking at it after
every scrape costs nothing. Each process is a mixture over a grid of alternatives; the logarithms of its members
are the state. Sources of the formulas: reference judgement §2.1 (margin, "not worse") and §2.2 (absolute).
"""

from functools import cache
from math import exp, log, log1p

from analysis.counts import Tally

Logs = tuple[float, ...]

_MOST = 600.0
"""Logarithms are shown up to here: above it a float would overflow, and nobody is more certain for it."""

GAINS = tuple(1 + 0.05 * 4000 ** (i / 11) for i in range(12))
_LOG_GAINS = tuple(log(gain) for gain in GAINS)
DISCOUNTS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.88, 0.97)
_LOG_REST = tuple(log1p(-discount) for discount in DISCOUNTS)
ODDS = tuple(1.15 * (200 / 1.15) ** (i / 7) for i in range(8))


def log_mean(logs: Logs) -> float:
    """The logarithm of the mixture's value."""
    top = max(logs)
    return top + log(sum([exp(one - top) for one in logs]) / len(logs))


def value(log_value: float) -> float:
    """The value itself, capped before a float would overflow."""
    return exp(min(log_value, _MOST))


def additive(logs: Logs, tally: Tally, margin: float) -> Logs:
    """Against "the canary's share is at most `margin` above stable's", by one interval's counts."""
    c, n, m = tally.canary_bad, tally.canary_total, tally.stable_total
    bad, both, fee = c + tally.stable_bad, n + m, n * margin
    grown = [(gain * n + m) / both for gain in GAINS]
    return tuple(
        [
            one + c * log_gain - bad * log(growth) - fee * (gain / growth - 1)
            for one, gain, log_gain, growth in zip(logs, GAINS, _LOG_GAINS, grown, strict=True)
        ]
    )


def not_worse(logs: Logs, tally: Tally, margin: float) -> Logs:
    """Against "the canary's share is at least `margin` above stable's": evidence for promotion."""
    c, d, n = tally.canary_bad, tally.stable_bad, tally.canary_total
    odds, fee = n / tally.stable_total, n * margin
    return tuple(
        [
            one + c * log_rest + d * log1p(discount * odds) + fee * discount
            for one, discount, log_rest in zip(logs, DISCOUNTS, _LOG_REST, strict=True)
        ]
    )


@cache
def _below(bound: float) -> tuple[tuple[float, float], ...]:
    shares = [bound * (1 - discount) for discount in DISCOUNTS]
    return tuple((log(share / bound), log((1 - share) / (1 - bound))) for share in shares)


def holds(logs: Logs, bad: float, total: float, bound: float) -> Logs:
    """Against "the share of bad events is at least `bound`": evidence for promotion where stable isn't compared with."""
    fine = total - bad
    return tuple([one + bad * lost + fine * won for one, (lost, won) in zip(logs, _below(bound), strict=True)])


@cache
def _absolute_bets(bound: float) -> tuple[tuple[float, float], ...]:
    shares = [odds * bound / (1 - bound + odds * bound) for odds in ODDS]
    return tuple((log(share / bound), log((1 - share) / (1 - bound))) for share in shares)


def absolute(logs: Logs, bad: float, total: float, bound: float) -> Logs:
    """Against "the share of bad events is at most `bound`" (between 0 and 1, both excluded), for one version."""
    fine = total - bad
    return tuple([one + bad * won + fine * lost for one, (won, lost) in zip(logs, _absolute_bets(bound), strict=True)])
