"""The default judge: always-valid evidence that the canary is worse than stable, or breaks a bound, or is not worse.

It convicts by comparison with stable (`comparison`), by a bound that the canary alone breaks, or by a catastrophe, after two
looks. A conviction is final. The state is append-only: evidence is never computed again from a window that moves.
"""

from datetime import datetime
from math import inf, log

from analysis.counts import Increment, Tally
from analysis.judges import absolute, comparison, evidence, guards
from analysis.judges.evidence import Logs
from analysis.judges.outcome import Outcome
from analysis.judges.record import Clause, Conviction, SequentialState
from analysis.plan import Sequential
from analysis.verdict import Ratio, Verdict
from analysis.wording import Wording, number, percent, share

CATASTROPHE_ALPHA = 1e-4
WARM_CATASTROPHE = 0.5
"""A canary that fails more than this is not warming up: no cold cache does that for two looks in a row."""


def begin_step(state: SequentialState) -> SequentialState:
    """A new step counts its own requests; evidence goes on."""
    return state._replace(step_requests=0.0)


def update(state: SequentialState, increment: Increment, settings: Sequential, at: datetime) -> SequentialState:
    """Takes one bin's counts into account. `at` is the end of the bin."""
    tally = increment.tally
    compared = state.comparison
    if settings.worse is not None and tally.canary_total > 0 and tally.stable_total > 0:
        compared = comparison.compare(compared, increment, settings, settings.worse, at.timestamp())
    proof, proof_peak = _prove(state.proof, state.proof_peak, tally, settings)
    so_far = state.tally + tally
    grown = SequentialState(
        tally=so_far,
        step_requests=state.step_requests + tally.canary_total,
        comparison=compared,
        proof=proof,
        proof_peak=proof_peak,
        limit=state.limit if settings.limit is None else absolute.update(state.limit, tally, so_far, settings.limit),
        catastrophe=absolute.go_on(state.catastrophe, tally, so_far, settings.catastrophe),
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
    guilt = absolute.of_streak(warm, WARM_CATASTROPHE, 1)
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
    within = settings.limit is None or state.tally.canary_share <= settings.limit
    if proof >= proof_bar and state.step_requests > 0 and within and not _suspected(state, settings, bar):
        proven = f"{_proven(settings)}, evidence {number(proof)} of {number(proof_bar)}"
        return Outcome(verdict=Verdict.PASS, sentence=f"{facts}: {proven}.", evidence=shown, bound=bar, ratio=ratio)
    sentence = f"{facts}: {_undecided(state, settings, shown, bar)}."
    return Outcome(verdict=Verdict.CONTINUE, sentence=sentence, evidence=shown, bound=bar, ratio=ratio)


def bar_of(settings: Sequential) -> float:
    """What evidence must reach: one over alpha, which the comparison and the limit share if there are both."""
    return (2 if settings.limit is not None and settings.worse is not None else 1) / settings.alpha


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
    """The conviction with the ratio of its moment."""
    if settings.worse is None:
        return state._replace(conviction=conviction)
    ratio = comparison.ratio_now(state.comparison, settings, settings.worse)
    return state._replace(conviction=conviction, comparison=state.comparison._replace(ratio=ratio))


def _convict(state: SequentialState, settings: Sequential, at: datetime) -> Conviction | None:
    bar, uneven = bar_of(settings), guards.unevenness(state.comparison.evenness)
    guilt, clustered = absolute.of_streak(state.catastrophe, settings.catastrophe, uneven), None
    if guilt >= -log(CATASTROPHE_ALPHA):
        clause, bar = Clause.CATASTROPHE, 1 / CATASTROPHE_ALPHA
    elif settings.limit is not None and absolute.guilty(state.limit, bar):
        clause, guilt = Clause.LIMIT, evidence.log_mean(state.limit.guilt)
    elif (clustered := comparison.worse_than_stable(state.comparison, settings.worse, bar)) is not None:
        clause, guilt = Clause.WORSE, comparison.counted(state.comparison)
    else:
        return None
    together = None if clustered is None else (evidence.value(clustered[0]), evidence.value(clustered[1]))
    return Conviction(clause=clause, at=at, tally=state.tally, evidence=evidence.value(guilt), bar=bar, clusters=together)


def _strongest(state: SequentialState, settings: Sequential) -> float:
    """The evidence to show, as a logarithm: of the clause that is nearest to a conviction."""
    limit = -inf if settings.limit is None else evidence.log_mean(state.limit.guilt)
    compared = -inf if settings.worse is None else comparison.counted(state.comparison)
    return max(compared, limit)


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
    if _suspected(state, settings, bar):
        doubt = comparison.doubt(state.comparison, bar)
        return f"evidence {number(shown)} is over its bound of {number(bar)}, but {doubt}"
    if shown <= 1:
        return "no evidence of harm"
    return f"evidence {number(shown)} against a bound of {number(bar)}"


def _suspected(state: SequentialState, settings: Sequential, bar: float) -> bool:
    """Is there evidence over its bound that hasn't convicted?"""
    return settings.worse is not None and comparison.counted(state.comparison) >= log(bar)


def _condemned(conviction: Conviction, ratio: Ratio | None, settings: Sequential, wording: Wording) -> Outcome:
    match conviction.clause:
        case Clause.WORSE:
            why = _times_worse(conviction.tally, ratio)
        case Clause.LIMIT:
            why = f"over the limit of {percent(settings.limit or 0)}"
        case Clause.CATASTROPHE:
            why = f"over {percent(settings.catastrophe)}, which is catastrophic"
        case Clause.WARM:
            why = f"over {percent(WARM_CATASTROPHE)} in its warm-up, which is catastrophic"
    proof = f"evidence {number(conviction.evidence)} against a bound of {number(conviction.bar)}"
    if conviction.clusters is not None:
        found, needed = map(number, conviction.clusters)
        proof = f"{proof}, and {found} against {needed} if they come in bursts"
    sentence = f"{_facts(conviction.tally, wording)}: {why}, {proof}."
    return Outcome(verdict=Verdict.FAIL, sentence=sentence, evidence=conviction.evidence, bound=conviction.bar, ratio=ratio)


def _times_worse(tally: Tally, ratio: Ratio | None) -> str:
    if ratio is not None and ratio.estimate is not None:
        return f"{number(ratio.estimate)}x worse"
    return "worse" if tally.stable_bad == 0 else f"{number(tally.canary_share / tally.stable_share)}x worse"
