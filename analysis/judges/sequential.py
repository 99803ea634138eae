"""The default judge: always-valid evidence that the canary is worse than stable, or breaks a bound, or is not worse.

Several things must agree before the comparison with stable convicts: bad events counted one by one, the same whatever clusters
they come in (`clusters`), what is left without the worst minute, and how unlike the pods of one version are (`guards`).
Catastrophes convict after two looks. A conviction is final. The state is append-only: evidence is never computed
again from a window that moves.
"""

from datetime import datetime
from math import inf, log

from analysis.counts import Increment, Tally
from analysis.judges import absolute, clusters, evidence, guards
from analysis.judges.evidence import Logs
from analysis.judges.guards import Surplus
from analysis.judges.outcome import Outcome
from analysis.judges.record import Clause, Comparison, Conviction, SequentialState
from analysis.plan import Sequential, Worse
from analysis.verdict import Ratio, Verdict
from analysis.wording import Wording, number, percent, share

BLOCK_SECONDS = 44.5
"""How long bad events are taken for one cluster's: three quarters of a minute, less a scrape that is a little late."""
_DOUBT, _DOUBT_OF_BURSTS = 2.0, 8.0
"""How much higher the bar is while there are few blocks, in any case and where bad events come in bursts: see `_raised`."""
CATASTROPHE = 0.2
CATASTROPHE_ALPHA = 1e-4
WARM_CATASTROPHE = 0.5
"""A canary that fails more than this is not warming up: no cold cache does that for two looks in a row."""


def begin_step(state: SequentialState) -> SequentialState:
    """A new step counts its own requests; evidence goes on."""
    return state._replace(step_requests=0.0)


def update(state: SequentialState, increment: Increment, settings: Sequential, at: datetime) -> SequentialState:
    """Takes one bin's counts into account. `at` is the end of the bin."""
    tally = increment.tally
    comparison = state.comparison
    if settings.worse is not None and tally.canary_total > 0 and tally.stable_total > 0:
        comparison = _compare(comparison, increment, settings, settings.worse, at)
    proof, proof_peak = _prove(state.proof, state.proof_peak, tally, settings)
    so_far = state.tally + tally
    grown = SequentialState(
        tally=so_far,
        step_requests=state.step_requests + tally.canary_total,
        comparison=comparison,
        proof=proof,
        proof_peak=proof_peak,
        limit=state.limit if settings.limit is None else absolute.update(state.limit, tally, so_far, settings.limit),
        catastrophe=absolute.go_on(state.catastrophe, tally, so_far, catastrophe_bound(settings)),
        warm=state.warm,
        conviction=state.conviction,
    )
    if grown.conviction is None and (conviction := _convict(grown, settings, at)) is not None:
        return _sentenced(grown, conviction, settings)
    return grown


def warm_up(state: SequentialState, increment: Increment, at: datetime) -> SequentialState:
    """Takes a bin of the warm-up into account: it counts for nothing, unless most requests fail."""
    tally, bar = increment.tally, 1 / CATASTROPHE_ALPHA
    warm = absolute.go_on(state.warm, tally, tally, WARM_CATASTROPHE)
    guilt = absolute.of_streak(warm, WARM_CATASTROPHE)
    if state.conviction is not None or guilt < log(bar):
        return state._replace(warm=warm)
    conviction = Conviction(clause=Clause.WARM, at=at, tally=tally, evidence=evidence.value(guilt), bar=bar)
    return state._replace(warm=warm, conviction=conviction)


def judge(state: SequentialState, settings: Sequential, wording: Wording) -> Outcome:
    """What the evidence says now: a conviction first, then the environment, then the proof of no harm."""
    ratio = state.comparison.ratio
    if state.conviction is not None:
        return _condemned(state.conviction, ratio, settings, wording)
    bar = bar_of(settings)
    shown = evidence.value(_strongest(state, settings))
    facts = _facts(state.tally, wording)
    if settings.limit is not None and absolute.environment(state.limit, bar):
        blame = f"{facts}: both break the limit of {percent(settings.limit)}, so it is the environment and not the canary"
        return Outcome(verdict=Verdict.INCONCLUSIVE, sentence=f"{blame}.", evidence=shown, bound=bar, ratio=ratio)
    proof_bar = 1 / settings.beta
    proof = evidence.value(state.proof_peak)
    if proof >= proof_bar and state.step_requests > 0 and (settings.limit is None or state.tally.canary_share <= settings.limit):
        proven = f"{_proven(settings)}, evidence {number(proof)} of {number(proof_bar)}"
        return Outcome(verdict=Verdict.PASS, sentence=f"{facts}: {proven}.", evidence=shown, bound=bar, ratio=ratio)
    sentence = f"{facts}: {_undecided(state, settings, shown, bar)}."
    return Outcome(verdict=Verdict.CONTINUE, sentence=sentence, evidence=shown, bound=bar, ratio=ratio)


def bar_of(settings: Sequential) -> float:
    """What evidence must reach: one over alpha, which the comparison and the limit share if there are both."""
    return (2 if settings.limit is not None and settings.worse is not None else 1) / settings.alpha


def catastrophe_bound(settings: Sequential) -> float:
    """The share of bad events that nobody waits a second block for."""
    return CATASTROPHE if settings.limit is None else min(10 * settings.limit, 0.5 + settings.limit / 2)


def _compare(before: Comparison, increment: Increment, settings: Sequential, worse: Worse, at: datetime) -> Comparison:
    tally, seconds = increment.tally, at.timestamp()
    if before.began is not None and seconds - before.began >= BLOCK_SECONDS:
        before = _next_block(before, settings, worse)
    bad = tally.canary_bad + tally.stable_bad
    margin = evidence.additive(before.margin, tally, worse.margin)
    after = before._replace(
        filling=before.filling + tally,
        began=seconds if before.began is None else before.began,
        margin=margin,
        margin_peak=max(before.margin_peak, evidence.log_mean(margin)) if tally.canary_bad else before.margin_peak,
        evenness=guards.watched(before.evenness, tally),
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
        episodes=guards.lived(before.episodes, surplus, seconds),
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
        ratio=_ratio(before, seen, settings, worse),
    )


def _with_filling(comparison: Comparison, worse: Worse) -> clusters.Likelihoods:
    filling = comparison.filling
    expected = clusters.shares(filling.canary_total, filling.stable_total, worse.ratio)
    return clusters.with_block(comparison.seen, (filling.canary_bad, filling.stable_bad), expected)


def _ratio(comparison: Comparison, seen: clusters.Likelihoods, settings: Sequential, worse: Worse) -> Ratio:
    mine, theirs = comparison.weighed
    return clusters.interval(seen, worse.ratio, settings.alpha, mine / theirs if theirs > 0 else None)


def _weighed(before: tuple[float, float], tally: Tally) -> tuple[float, float]:
    both = tally.canary_total + tally.stable_total
    mine, theirs = before
    return mine + tally.canary_bad * tally.stable_total / both, theirs + tally.stable_bad * tally.canary_total / both


def _prove(before: Logs, peak: float, tally: Tally, settings: Sequential) -> tuple[Logs, float]:
    """The proof of no harm and its peak; once it is complete it stays so."""
    if peak >= -log(settings.beta):
        return before, peak
    if settings.worse is None and settings.limit is not None:
        after = evidence.holds(before, tally.canary_bad, tally.canary_total, settings.limit)
    elif tally.canary_total > 0 and tally.stable_total > 0:
        after = evidence.not_worse(before, tally, settings.proof_margin)
    else:
        return before, peak
    return after, max(peak, evidence.log_mean(after))


def _sentenced(state: SequentialState, conviction: Conviction, settings: Sequential) -> SequentialState:
    """The conviction with the ratio of its moment, the unfinished block included."""
    if settings.worse is None or state.comparison.began is None:
        return state._replace(conviction=conviction)
    seen = _with_filling(state.comparison, settings.worse)
    ratio = _ratio(state.comparison, seen, settings, settings.worse)
    return state._replace(conviction=conviction, comparison=state.comparison._replace(ratio=ratio))


def _convict(state: SequentialState, settings: Sequential, at: datetime) -> Conviction | None:
    bar = bar_of(settings)
    guilt = absolute.of_streak(state.catastrophe, catastrophe_bound(settings))
    if guilt >= -log(CATASTROPHE_ALPHA):
        clause, bar = Clause.CATASTROPHE, 1 / CATASTROPHE_ALPHA
    elif settings.limit is not None and absolute.guilty(state.limit, bar):
        clause, guilt = Clause.LIMIT, evidence.log_mean(state.limit.guilt)
    elif settings.worse is not None and (worse := _worse(state.comparison, settings.worse, bar)) is not None:
        clause, guilt = Clause.WORSE, worse
    else:
        return None
    return Conviction(clause=clause, at=at, tally=state.tally, evidence=evidence.value(guilt), bar=bar)


def _worse(comparison: Comparison, worse: Worse, bar: float) -> float | None:
    """The evidence if it convicts, else None. Cheap questions first: most looks need only these."""
    if _counted(comparison) < log(bar):
        return None
    found = clusters.against_clusters(_with_filling(comparison, worse))
    if found < log(_raised(bar, comparison)):
        return None
    guarded = guards.outlasts_a_burst(comparison.episodes) and guards.stands_out(comparison.spread, comparison.episodes.total)
    return found if guarded else None


def _raised(bar: float, comparison: Comparison) -> float:
    """The bar while there are few blocks with bad events and these come in bursts: what clusters are like can't be known yet."""
    doubt = _DOUBT + _DOUBT_OF_BURSTS * (guards.unevenness(comparison.evenness) - 1)
    return bar * (1 + doubt / max(comparison.draws, 1))


def _strongest(state: SequentialState, settings: Sequential) -> float:
    """The evidence to show, as a logarithm: of the clause that is nearest to a conviction."""
    limit = -inf if settings.limit is None else evidence.log_mean(state.limit.guilt)
    compared = -inf if settings.worse is None else _counted(state.comparison)
    return max(compared, limit)


def _counted(comparison: Comparison) -> float:
    return min(comparison.chance, comparison.margin_peak)


def _facts(tally: Tally, wording: Wording) -> str:
    if tally.canary_total == 0:
        return f"Canary has had no {wording.events} yet"
    canary = f"Canary {wording.does} {share(tally.canary_bad, tally.canary_total)} {wording.events}"
    stable = (
        "stable had none to compare with" if tally.stable_total == 0 else f"stable {share(tally.stable_bad, tally.stable_total)}"
    )
    return ", ".join(filter(None, (canary, stable, wording.noted)))


def _proven(settings: Sequential) -> str:
    if settings.worse is None and settings.limit is not None:
        return f"shown to stay below the limit of {percent(settings.limit)}"
    return f"shown to be less than {percent(settings.proof_margin)} worse"


def _undecided(state: SequentialState, settings: Sequential, shown: float, bar: float) -> str:
    comparison = state.comparison
    if settings.worse is not None and shown >= bar and _counted(comparison) >= log(bar):
        return f"evidence {number(shown)} is over its bound of {number(bar)}, but {_doubt(comparison, bar)}"
    if shown <= 1:
        return "no evidence of harm"
    return f"evidence {number(shown)} against a bound of {number(bar)}"


def _doubt(comparison: Comparison, bar: float) -> str:
    if not guards.outlasts_a_burst(comparison.episodes):
        return "it could be one burst: nothing is left of it without the worst minute"
    if not guards.stands_out(comparison.spread, comparison.episodes.total):
        return "the pods of one version differ by as much"
    together = number(evidence.value(comparison.clusters))
    return f"in clusters it is {together} of {number(_raised(bar, comparison))}"


def _condemned(conviction: Conviction, ratio: Ratio | None, settings: Sequential, wording: Wording) -> Outcome:
    match conviction.clause:
        case Clause.WORSE:
            why = _times_worse(conviction.tally, ratio)
        case Clause.LIMIT:
            why = f"over the limit of {percent(settings.limit or 0)}"
        case Clause.CATASTROPHE:
            why = f"over {percent(catastrophe_bound(settings))}, which is catastrophic"
        case Clause.WARM:
            why = f"over {percent(WARM_CATASTROPHE)} in its warm-up, which is catastrophic"
    proof = f"evidence {number(conviction.evidence)} against a bound of {number(conviction.bar)}"
    sentence = f"{_facts(conviction.tally, wording)}: {why}, {proof}."
    return Outcome(verdict=Verdict.FAIL, sentence=sentence, evidence=conviction.evidence, bound=conviction.bar, ratio=ratio)


def _times_worse(tally: Tally, ratio: Ratio | None) -> str:
    if ratio is not None and ratio.estimate is not None:
        return f"{number(ratio.estimate)}x worse"
    return "worse" if tally.stable_bad == 0 else f"{number(tally.canary_share / tally.stable_share)}x worse"
