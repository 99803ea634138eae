"""Is the canary worse than stable? Several things must agree before it is.

Bad events counted one by one, and by more than a margin; the same whatever clusters they come in (`clusters`); what is left
without the worst minute, and with what pods of one version differ by (`guards`).
"""

from math import log

from analysis.counts import Increment, Tally
from analysis.judges import clusters, evidence, guards
from analysis.judges.guards import Surplus
from analysis.judges.record import Comparison
from analysis.plan import Sequential, Worse
from analysis.verdict import Ratio
from analysis.wording import number

BLOCK_SECONDS = 44.5
"""How long bad events are taken for one cluster's: three quarters of a minute, less a scrape that is a little late."""
_DOUBT, _DOUBT_OF_BURSTS = 2.0, 16.0
"""How much higher the bar is while there are few blocks, in any case and where bad events come in bursts: see `_raised`."""


def compare(before: Comparison, increment: Increment, settings: Sequential, worse: Worse, at: float) -> Comparison:
    """One bin's counts, both versions with events; `at` in seconds."""
    tally = increment.tally
    if before.began is not None and at - before.began >= BLOCK_SECONDS:
        before = _next_block(before, settings, worse)
    bad = tally.canary_bad + tally.stable_bad
    margin = evidence.additive(before.margin, tally, worse.margin)
    after = before._replace(
        filling=before.filling + tally,
        began=at if before.began is None else before.began,
        margin=margin,
        margin_peak=max(before.margin_peak, evidence.log_mean(margin)) if tally.canary_bad else before.margin_peak,
        evenness=before.evenness if tally.canary_share > settings.catastrophe else guards.watched(before.evenness, tally),
    )
    if bad == 0:
        return after
    expected = clusters.shares(tally.canary_total, tally.stable_total, worse.ratio)
    surplus = Surplus(tally.canary_bad, bad * expected[len(clusters.BELOW) - 1], tally.stable_bad)
    seen = clusters.look(before.seen, (tally.canary_bad, tally.stable_bad), expected)
    return after._replace(
        seen=seen,
        chance=clusters.against_chance(seen),
        draws=before.draws + (before.filling.canary_bad + before.filling.stable_bad == 0),
        weighed=_weighed(before.weighed, tally),
        episodes=guards.lived(before.episodes, surplus, at),
        spread=guards.spread_out(before.spread, tally, increment.canary_pods, increment.stable_pods),
    )


def _next_block(before: Comparison, settings: Sequential, worse: Worse) -> Comparison:
    """The block that was being filled is over."""
    empty = before._replace(filling=Tally(), began=None)
    if before.filling.canary_bad + before.filling.stable_bad == 0:
        return empty
    seen = _with_filling(before, worse)
    return empty._replace(
        seen=clusters.may_begin(seen, before.draws, worse.ratio),
        clusters=clusters.against_clusters(seen) if before.chance > 0 else 0.0,
        ratio=_interval(before, seen, settings, worse),
    )


def _with_filling(comparison: Comparison, worse: Worse) -> clusters.Likelihoods:
    filling = comparison.filling
    expected = clusters.shares(filling.canary_total, filling.stable_total, worse.ratio)
    return clusters.with_block(comparison.seen, (filling.canary_bad, filling.stable_bad), expected)


def _interval(comparison: Comparison, seen: clusters.Likelihoods, settings: Sequential, worse: Worse) -> Ratio:
    mine, theirs = comparison.weighed
    return clusters.interval(seen, worse.ratio, settings.alpha, mine / theirs if theirs > 0 else None)


def _weighed(before: tuple[float, float], tally: Tally) -> tuple[float, float]:
    both = tally.canary_total + tally.stable_total
    mine, theirs = before
    return mine + tally.canary_bad * tally.stable_total / both, theirs + tally.stable_bad * tally.canary_total / both


def ratio_now(comparison: Comparison, settings: Sequential, worse: Worse) -> Ratio | None:
    """The ratio with the unfinished block; what the finished ones came to where there is none."""
    if comparison.began is None:
        return comparison.ratio
    return _interval(comparison, _with_filling(comparison, worse), settings, worse)


def counted(comparison: Comparison) -> float:
    """Log-evidence of bad events counted one by one, as it is shown."""
    return min(comparison.chance, comparison.margin_peak)


def worse_than_stable(comparison: Comparison, worse: Worse | None, bar: float) -> tuple[float, float] | None:
    """If it convicts: the log-evidence whatever the clusters are, and the bar that it had to reach, as a logarithm too.

    Cheap questions first: most looks need only these.
    """
    if worse is None or counted(comparison) < log(bar):
        return None
    found, raised = clusters.against_clusters(_with_filling(comparison, worse)), log(_raised(bar, comparison))
    if found < raised:
        return None
    guarded = guards.outlasts_a_burst(comparison.episodes) and guards.stands_out(comparison.spread, comparison.episodes.total)
    return (found, raised) if guarded else None


def _raised(bar: float, comparison: Comparison) -> float:
    """The bar while there are few blocks with bad events and these come in bursts: what clusters are like can't be known yet."""
    doubt = _DOUBT + _DOUBT_OF_BURSTS * (guards.unevenness(comparison.evenness) - 1)
    return bar * (1 + doubt / max(comparison.draws, 1))


def doubt(comparison: Comparison, bar: float) -> str:
    """Why evidence over its bound hasn't convicted, in words."""
    if not guards.outlasts_a_burst(comparison.episodes):
        return "it could be one burst: nothing is left of it without the worst minute"
    if not guards.stands_out(comparison.spread, comparison.episodes.total):
        return "the pods of one version differ by as much"
    together = number(evidence.value(comparison.clusters))
    return f"if they come in bursts it is {together} against {number(_raised(bar, comparison))}"
