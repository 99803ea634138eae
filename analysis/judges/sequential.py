"""The default judge: always-valid evidence that the canary is worse than stable, or breaks a bound, or is not worse.

Two processes must both speak before stable's comparison convicts: one that counts every bad event, and one that bets
once per block of time, so that one burst can't. Catastrophes convict without waiting for a second block. A conviction is
final. The state is append-only: evidence is never computed again from a window that moves.
"""

from dataclasses import replace
from datetime import datetime
from math import log

from analysis.counts import Increment, Tally
from analysis.judges import absolute, evidence
from analysis.judges.evidence import Logs
from analysis.judges.outcome import Outcome
from analysis.judges.record import Clause, Comparison, Conviction, SequentialState
from analysis.plan import Sequential, Worse
from analysis.verdict import Verdict
from analysis.wording import Wording, number, percent, share

SPREAD_BAR = 10.0
"""What the block process must reach before the counts may convict."""
BLOCK_SECONDS = 60
CATASTROPHE = 0.2
CATASTROPHE_ALPHA = 1e-4
WARM_CATASTROPHE = 0.5
"""A canary that fails more than this is not warming up: no cold cache does that for two looks in a row."""


def begin_step(state: SequentialState) -> SequentialState:
    """A new step counts its own requests; evidence goes on."""
    return replace(state, step_requests=0.0)


def update(state: SequentialState, increment: Increment, settings: Sequential, at: datetime) -> SequentialState:
    """Takes one bin's counts into account. `at` is the end of the bin."""
    tally = increment.tally
    comparison = state.comparison
    if settings.worse is not None and tally.canary_total > 0 and tally.stable_total > 0:
        comparison = _compare(comparison, tally, settings.worse, at)
    proof = _prove(state.proof, tally, settings)
    so_far = state.tally + tally
    grown = replace(
        state,
        tally=so_far,
        step_requests=state.step_requests + tally.canary_total,
        comparison=comparison,
        proof=proof,
        proof_peak=max(state.proof_peak, evidence.log_mean(proof)),
        limit=state.limit if settings.limit is None else absolute.update(state.limit, tally, so_far, settings.limit),
        catastrophe=absolute.update(state.catastrophe, tally, so_far, catastrophe_bound(settings)),
    )
    return grown if grown.conviction else replace(grown, conviction=_convict(grown, settings, at))


def warm_up(state: SequentialState, increment: Increment, at: datetime) -> SequentialState:
    """Takes a bin of the warm-up into account: it counts for nothing, unless most requests fail."""
    tally = increment.tally
    warm = absolute.update(state.warm, tally, tally, WARM_CATASTROPHE)
    bar = 1 / CATASTROPHE_ALPHA
    if state.conviction is not None or not absolute.guilty_in_a_row(warm, bar):
        return replace(state, warm=warm)
    guilt = evidence.value(evidence.log_mean(warm.guilt))
    return replace(state, warm=warm, conviction=Conviction(clause=Clause.WARM, at=at, tally=tally, evidence=guilt, bar=bar))


def judge(state: SequentialState, settings: Sequential, wording: Wording) -> Outcome:
    """What the evidence says now: a conviction first, then the environment, then the proof of no harm."""
    if state.conviction is not None:
        return _condemned(state.conviction, settings, wording)
    bar = bar_of(settings)
    shown = evidence.value(_strongest(state, settings))
    facts = _facts(state.tally, wording)
    if settings.limit is not None and absolute.environment(state.limit, bar):
        blame = f"{facts}: both break the limit of {percent(settings.limit)}, so it is the environment and not the canary"
        return Outcome(verdict=Verdict.INCONCLUSIVE, sentence=f"{blame}.", evidence=shown, bound=bar)
    proof_bar = 1 / settings.beta
    proof = evidence.value(state.proof_peak)
    if proof >= proof_bar and state.step_requests > 0 and (settings.limit is None or state.tally.canary_share <= settings.limit):
        proven = f"{_proven(settings)}, evidence {number(proof)} of {number(proof_bar)}"
        return Outcome(verdict=Verdict.PASS, sentence=f"{facts}: {proven}.", evidence=shown, bound=bar)
    return Outcome(verdict=Verdict.CONTINUE, sentence=f"{facts}: {_undecided(state, shown, bar)}.", evidence=shown, bound=bar)


def bar_of(settings: Sequential) -> float:
    """What evidence must reach: one over alpha, which the comparison and the limit share if there are both."""
    return (2 if settings.limit is not None and settings.worse is not None else 1) / settings.alpha


def catastrophe_bound(settings: Sequential) -> float:
    """The share of bad events that nobody waits a second block for."""
    return CATASTROPHE if settings.limit is None else min(10 * settings.limit, 0.5 + settings.limit / 2)


def _compare(before: Comparison, tally: Tally, worse: Worse, at: datetime) -> Comparison:
    ratio = evidence.relative(before.ratio, tally, worse.ratio)
    margin = evidence.additive(before.margin, tally, worse.margin)
    blocks, filling, block = before.blocks, before.filling, int(at.timestamp()) // BLOCK_SECONDS
    if before.block is not None and before.block != block:
        blocks, filling = evidence.blockwise(blocks, filling, worse.ratio), Tally()
    return Comparison(
        ratio=ratio,
        margin=margin,
        peak=max(before.peak, min(evidence.log_mean(ratio), evidence.log_mean(margin))),
        blocks=blocks,
        spread=before.spread if blocks is before.blocks else max(before.spread, evidence.log_mean(blocks)),
        block=block,
        filling=filling + tally,
    )


def _prove(before: Logs, tally: Tally, settings: Sequential) -> Logs:
    if settings.worse is None and settings.limit is not None:
        return evidence.holds(before, tally.canary_bad, tally.canary_total, settings.limit)
    if tally.canary_total > 0 and tally.stable_total > 0:
        return evidence.not_worse(before, tally, settings.proof_margin)
    return before


def _convict(state: SequentialState, settings: Sequential, at: datetime) -> Conviction | None:
    bar = bar_of(settings)
    guilt = evidence.value(evidence.log_mean(state.catastrophe.guilt))
    if absolute.guilty_in_a_row(state.catastrophe, 1 / CATASTROPHE_ALPHA):
        return Conviction(clause=Clause.CATASTROPHE, at=at, tally=state.tally, evidence=guilt, bar=1 / CATASTROPHE_ALPHA)
    if settings.limit is not None and absolute.guilty(state.limit, bar):
        guilt = evidence.value(evidence.log_mean(state.limit.guilt))
        return Conviction(clause=Clause.LIMIT, at=at, tally=state.tally, evidence=guilt, bar=bar)
    if state.comparison.peak >= log(bar) and state.comparison.spread >= log(SPREAD_BAR):
        return Conviction(clause=Clause.WORSE, at=at, tally=state.tally, evidence=evidence.value(state.comparison.peak), bar=bar)
    return None


def _strongest(state: SequentialState, settings: Sequential) -> float:
    """The evidence to show, as a logarithm: of the clause that is nearest to a conviction."""
    limit = 0.0 if settings.limit is None else evidence.log_mean(state.limit.guilt)
    return max(state.comparison.peak, limit)


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


def _undecided(state: SequentialState, shown: float, bar: float) -> str:
    if state.comparison.peak >= log(bar):
        spread = number(evidence.value(state.comparison.spread))
        return (
            f"evidence {number(shown)} is over its bound of {number(bar)}, but spread over time {spread} of {number(SPREAD_BAR)}"
        )
    if shown <= 1:
        return "no evidence of harm"
    return f"evidence {number(shown)} against a bound of {number(bar)}"


def _condemned(conviction: Conviction, settings: Sequential, wording: Wording) -> Outcome:
    match conviction.clause:
        case Clause.WORSE:
            why = _times_worse(conviction.tally)
        case Clause.LIMIT:
            why = f"over the limit of {percent(settings.limit or 0)}"
        case Clause.CATASTROPHE:
            why = f"over {percent(catastrophe_bound(settings))}, which is catastrophic"
        case Clause.WARM:
            why = f"over {percent(WARM_CATASTROPHE)} in its warm-up, which is catastrophic"
    proof = f"evidence {number(conviction.evidence)} against a bound of {number(conviction.bar)}"
    sentence = f"{_facts(conviction.tally, wording)}: {why}, {proof}."
    return Outcome(verdict=Verdict.FAIL, sentence=sentence, evidence=conviction.evidence, bound=conviction.bar)


def _times_worse(tally: Tally) -> str:
    if tally.stable_bad == 0:
        return "worse"
    return f"{number(tally.canary_share / tally.stable_share)}x worse"
