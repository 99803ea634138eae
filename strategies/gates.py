"""What a step must pass before it ends: an ordered list of small functions, each with a reason and a sentence.

"Why is it waiting?" is this list read top to bottom: the first gate that objects is the answer.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from analysis.verdict import MetricVerdict, Policy, Verdict
from strategies.actions import Run
from strategies.model import Call, Edge, Observation, OnFailure, Rollout, RunResult, RunStatus
from strategies.words import duration, plural

SUSPICION = timedelta(minutes=10)  # a real regression shows itself again within as many blocks of a minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A gate is shut. `paused` asks for the phase Paused: only news or a person will open it."""

    reason: str
    sentence: str
    actions: tuple[Run, ...] = ()
    look_again: timedelta | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condemn:
    """The version is to be rolled back, and this is why."""

    reason: str
    sentence: str


Gate = Callable[[Rollout, Observation], Wait | Condemn | None]


def first(gates: Iterable[Gate], rollout: Rollout, seen: Observation) -> Wait | Condemn | None:
    """The first objection, or None when every gate is open."""
    return next((answer for gate in gates if (answer := gate(rollout, seen)) is not None), None)


def condemned(verdicts: Sequence[MetricVerdict]) -> Condemn | None:
    """Does any verdict ask for a rollback? Looked at in every phase in which the canary has traffic."""
    for verdict in verdicts:
        if verdict.policy is Policy.ROLLBACK and verdict.patience_over:
            return Condemn(reason=_CONDEMNED.get(verdict.verdict, verdict.verdict), sentence=verdict.sentence)
    return None


_CONDEMNED = {
    Verdict.FAIL: "AnalysisFailed",
    Verdict.NO_DATA: "NoData",
    Verdict.ERROR: "AnalysisError",
    Verdict.INCONCLUSIVE: "Inconclusive",
}


def findings_gate(rollout: Rollout, seen: Observation) -> Wait | None:
    """Preflight must have nothing to object to; a version that a person orders back does not wait for that."""
    if not seen.findings or rollout.reverting:
        return None
    return Wait(reason=seen.findings[0].reason, sentence=seen.findings[0].sentence, paused=True)


def verdicts_gate(rollout: Rollout, seen: Observation) -> Wait | None:
    """No verdict may forbid going on; metrics whose policy is `ignore` are shown, not heard."""
    if rollout.plan.judged and not seen.verdicts:
        return Wait(reason="WaitingForAnalysis", sentence="Waits for the first measurement.")
    heard = (verdict for verdict in seen.verdicts if verdict.policy is not Policy.IGNORE)
    return next((wait for verdict in heard if (wait := _objection(verdict, rollout)) is not None), None)


def _objection(verdict: MetricVerdict, rollout: Rollout) -> Wait | None:
    match verdict.verdict:
        case Verdict.FAIL | Verdict.INCONCLUSIVE:
            return Wait(reason=_CONDEMNED[verdict.verdict], sentence=verdict.sentence, paused=True)
        case Verdict.NO_DATA | Verdict.ERROR:
            return Wait(reason=_CONDEMNED[verdict.verdict], sentence=verdict.sentence, paused=verdict.patience_over)
        case Verdict.CONTINUE if verdict.waits or verdict.step_requests == 0:
            return Wait(reason="WaitingForAnalysis", sentence=verdict.sentence)
        case Verdict.CONTINUE if rollout.plan.needs_proof:
            return Wait(reason="WaitingForEvidence", sentence=f"Waits for proof of no harm. {verdict.sentence}")
        case _:
            return None


def tests_gate(rollout: Rollout, seen: Observation) -> Wait | Condemn | None:
    """The step's integration tests must have passed; they start as soon as its weight is live."""
    step = rollout.current
    names = step.tests if step else ()
    calls = tuple(call for call in rollout.plan.tests if call.name in names)
    return calls_gate(calls, None, rollout, seen)


def hooks_gate(edge: Edge) -> Gate:
    """The gate hooks of one edge must have passed."""

    def gate(rollout: Rollout, seen: Observation) -> Wait | Condemn | None:
        return calls_gate(tuple(call for call in rollout.plan.hooks if edge in call.edges), edge, rollout, seen)

    return gate


def calls_gate(calls: Sequence[Call], edge: Edge | None, rollout: Rollout, seen: Observation) -> Wait | Condemn | None:
    """Start what has not run yet, wait for what runs, act on what failed."""
    word = "Hook" if edge else "Test"
    waiting = []
    for call in calls:
        run = seen.runs.get(run_id(rollout, call.name, edge))
        if run is None or run.status is RunStatus.RUNNING:
            waiting.append(call.name)
        elif failure := _failed(word, call, run):
            return failure
    if not waiting:
        return None
    return Wait(
        reason=f"WaitingFor{word}s",
        sentence=f"Waits for {plural(len(waiting), word.lower())} to finish: {', '.join(waiting)}.",
        actions=tuple(
            Run(id=run_id(rollout, name, edge), name=name, edge=edge)
            for name in waiting
            if run_id(rollout, name, edge) not in seen.runs
        ),
    )


def _failed(word: str, call: Call, run: RunResult) -> Wait | Condemn | None:
    if run.status is RunStatus.SUCCEEDED or call.on_failure is OnFailure.IGNORE:
        return None
    sentence = f"{word} {call.name} failed: {run.sentence}"
    if run.status is RunStatus.INTERRUPTED or call.on_failure is OnFailure.PAUSE:
        return Wait(reason=f"{word}{run.status}", sentence=f"{sentence} `canary retry` runs it again.", paused=True)
    return Condemn(reason=f"{word}Failed", sentence=sentence)


def run_id(rollout: Rollout, name: str, edge: Edge | None) -> str:
    """The id under which a test or hook runs at most once: a retry of the step gives a new one."""
    return f"{rollout.id}/{rollout.step}.{rollout.attempt}/{edge or 'test'}/{name}"


def hold_gate(rollout: Rollout, seen: Observation) -> Wait | None:
    """The step's hold must be over; it counts from the moment at which the weight was live."""
    step = rollout.current
    if step is None or rollout.live_at is None:
        return None
    left = rollout.live_at + step.hold - seen.now
    if left <= timedelta(0):
        return None
    return Wait(reason="Holding", sentence=f"Holds {step.weight} % for {duration(step.hold)}.", look_again=left)


def suspicion_gate(rollout: Rollout, seen: Observation) -> Wait | None:
    """Evidence over its bound that may still be a single burst of bad luck: the step waits to see which, but not for ever."""
    step = rollout.current
    suspects = [verdict for verdict in seen.verdicts if verdict.policy is not Policy.IGNORE and _suspects(verdict)]
    if step is None or rollout.live_at is None or not suspects:
        return None
    left = rollout.live_at + step.hold + SUSPICION - seen.now
    if left <= timedelta(0):
        return None
    return Wait(reason="WaitingForEvidence", sentence=f"Waits for a clear picture. {suspects[0].sentence}", look_again=left)


def _suspects(verdict: MetricVerdict) -> bool:
    if verdict.verdict is not Verdict.CONTINUE or verdict.evidence is None or verdict.bound is None:
        return False
    return verdict.evidence >= verdict.bound


def requests_gate(rollout: Rollout, seen: Observation) -> Wait | None:
    """The step must have met enough requests to mean anything."""
    step = rollout.current
    met = max((verdict.step_requests for verdict in seen.verdicts), default=0)
    if step is None or met >= step.min_requests:
        return None
    patience = _patience(rollout, seen)
    return Wait(
        reason="WaitingForRequests",
        sentence=f"Waits for {step.min_requests} canary requests in this step, has {met}.",
        look_again=patience or None,
        paused=not patience,
    )


def _patience(rollout: Rollout, seen: Observation) -> timedelta:
    """How long the step may still wait beyond its hold before that is reported as a pause."""
    step = rollout.current
    if step is None or rollout.live_at is None:
        return rollout.plan.step_deadline
    return max(timedelta(0), rollout.live_at + step.hold + rollout.plan.step_deadline - seen.now)


def approval_gate(rollout: Rollout, _: Observation) -> Wait | None:
    """A person must say `advance`; that command passes every gate of the step, so this one only waits."""
    step = rollout.current
    if step is None or not step.approval:
        return None
    return Wait(
        reason="WaitingForApproval",
        sentence=f"Waits for approval at {step.weight} %: `canary advance` goes on, `canary rollback` goes back.",
        paused=True,
    )


def pause_gate(rollout: Rollout, seen: Observation) -> Wait | None:
    """A person's pause, or a suspended Canary, which never stands before a rollback."""
    if rollout.paused:
        return Wait(reason="PausedByHand", sentence=f"{rollout.sentence} `canary resume` goes on.", paused=True)
    if seen.intent.suspended and not rollout.reverting:
        return Wait(reason="Suspended", sentence="Suspended: set spec.suspend to false to go on.", paused=True)
    return None


STEP_GATES: tuple[Gate, ...] = (
    findings_gate,
    pause_gate,
    tests_gate,
    verdicts_gate,
    hold_gate,
    suspicion_gate,
    requests_gate,
    approval_gate,
    hooks_gate(Edge.AFTER_STEP),
)
