"""The fixed-threshold judge, for those who come from Flagger or Argo Rollouts: so many failed checks condemn a version.

Failed checks add up over the rollout, as in both; on request only those in a row count, which neither offers. A check is
good or failed by bounds on the value, or by conditions, which may also leave it unclear; then a person has to look. A look
without a value is no check at all: here, unlike there, no data and no answer are never a failure.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from analysis.counts import Increment, Tally
from analysis.judges import condition
from analysis.judges.condition import Check, NoAnswer
from analysis.judges.outcome import Outcome
from analysis.plan import Threshold
from analysis.reading import Measured
from analysis.verdict import Verdict
from analysis.wording import Wording, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdState:
    """What was checked: `failed` checks so far, `good` ones in a row in this step, and the `last` one with its values.

    `pending` collects counts until there are enough for one check. `silence` says why the last look had no answer.
    """

    failed: int = 0
    good: int = 0
    step_requests: float = 0.0
    tally: Tally = field(default_factory=Tally)
    pending: Tally = field(default_factory=Tally)
    last: Check | None = None
    value: float | None = None
    stable: float | None = None
    silence: str | None = None

    @property
    def requests(self) -> int:
        """Canary events over the rollout; 0 for values, which have none."""
        return round(self.tally.canary_total)

    def to_json(self) -> dict[str, Any]:
        """A few numbers."""
        return {
            "failed": self.failed,
            "good": self.good,
            "stepRequests": self.step_requests,
            "tally": self.tally.to_json(),
            "pending": self.pending.to_json(),
            "last": self.last,
            "value": self.value,
            "stable": self.stable,
            "silence": self.silence,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(
            failed=data["failed"],
            good=data["good"],
            step_requests=data["stepRequests"],
            tally=Tally.from_json(data["tally"]),
            pending=Tally.from_json(data["pending"]),
            last=None if data["last"] is None else Check(data["last"]),
            value=data["value"],
            stable=data["stable"],
            silence=data["silence"],
        )


def begin_step(state: ThresholdState) -> ThresholdState:
    """A new step wants good checks of its own; failed checks stay."""
    return replace(state, good=0, step_requests=0.0)


def update(state: ThresholdState, news: Increment | Measured, settings: Threshold) -> ThresholdState:
    """Makes a check if there is a value for one."""
    if isinstance(news, Measured):
        return _check(replace(state, value=news.canary, stable=news.stable), settings, unit=1.0)
    pending = state.pending + news.tally
    counted = replace(
        state,
        tally=state.tally + news.tally,
        step_requests=state.step_requests + news.tally.canary_total,
        pending=pending,
    )
    if pending.canary_total == 0 or pending.canary_total < settings.min_requests:
        return counted
    stable = pending.stable_share if pending.stable_total > 0 else None
    return _check(replace(counted, pending=Tally(), value=pending.canary_share, stable=stable), settings, unit=100.0)


def judge(state: ThresholdState, settings: Threshold, wording: Wording | None) -> Outcome:
    """What the checks come to. `wording` is None for values, which are shown as they are."""
    if state.value is None:
        return Outcome(verdict=Verdict.CONTINUE, sentence=f"{_missing(state, settings, wording)}.")
    facts = f"{_facts(state, state.value, wording)}, {_wanted(settings, wording)}"
    if state.failed >= settings.failures:
        return Outcome(verdict=Verdict.FAIL, sentence=f"{facts}: {_failed(state, settings)}.")
    if state.silence is not None:
        return Outcome(verdict=Verdict.NO_DATA, sentence=state.silence)
    verdict, words = _standing(state, settings)
    return Outcome(verdict=verdict, sentence=f"{facts}: {words}.")


def _standing(state: ThresholdState, settings: Threshold) -> tuple[Verdict, str]:
    """What a version that is not condemned has come to, by its last check."""
    match state.last:
        case Check.FAILED:
            return Verdict.CONTINUE, _failed(state, settings)
        case Check.UNCLEAR:
            return Verdict.INCONCLUSIVE, "neither"
        case _ if state.good == 0:
            return Verdict.CONTINUE, "no check yet in this step"
        case _ if state.good < settings.successes:
            return Verdict.CONTINUE, f"{state.good} good {_checks(state.good)} in a row, a step needs {settings.successes}"
        case _:
            return Verdict.PASS, "good" if _conditional(settings) else "in range"


def _check(state: ThresholdState, settings: Threshold, unit: float) -> ThresholdState:
    """Checks the value; `unit` makes of it what a condition is written in."""
    try:
        check = _checked(state, settings, unit)
    except NoAnswer as silence:
        return replace(state, silence=str(silence))
    condemned = state.failed >= settings.failures
    match check:
        case Check.FAILED:
            after = replace(state, failed=state.failed + 1, good=0)
        case Check.UNCLEAR:
            after = replace(state, good=0)
        case Check.GOOD:
            kept = condemned or not settings.in_a_row
            after = replace(state, failed=state.failed if kept else 0, good=state.good + 1)
    return replace(after, last=check, silence=None)


def _checked(state: ThresholdState, settings: Threshold, unit: float) -> Check:
    assert state.value is not None, "there is a value to check"
    if _conditional(settings):
        stable = None if state.stable is None else state.stable * unit
        return condition.conclude(settings.success_when, settings.fail_when, state.value * unit, stable)
    too_high = settings.max is not None and state.value > settings.max
    too_low = settings.min is not None and state.value < settings.min
    return Check.FAILED if too_high or too_low else Check.GOOD


def _conditional(settings: Threshold) -> bool:
    return settings.success_when is not None or settings.fail_when is not None


def _shown(value: float, wording: Wording | None) -> str:
    return f"{value:.6g}" if wording is None else percent(value)


def _checks(number: int) -> str:
    return "check" if number == 1 else "checks"


def _failed(state: ThresholdState, settings: Threshold) -> str:
    row = " in a row" if settings.in_a_row else ""
    return f"{state.failed} failed {_checks(state.failed)}{row}, {settings.failures} condemn"


def _wanted(settings: Threshold, wording: Wording | None) -> str:
    conditions = (("good when", settings.success_when), ("failed when", settings.fail_when))
    said = [f"{words} `{condition}`" for words, condition in conditions if condition is not None]
    bounds = (("at least", settings.min), ("at most", settings.max))
    allowed = [f"{words} {_shown(bound, wording)}" for words, bound in bounds if bound is not None]
    return " and ".join(said) if said else f"allowed {' and '.join(allowed)}"


def _facts(state: ThresholdState, value: float, wording: Wording | None) -> str:
    stable = "" if state.stable is None else f", stable {_shown(state.stable, wording)}"
    if wording is None:
        return f"Canary {_shown(value, None)}{stable}"
    canary = f"Canary {wording.does} {_shown(value, wording)} of the last {wording.events}{stable}"
    return f"{canary}, {wording.noted}" if wording.noted else canary


def _missing(state: ThresholdState, settings: Threshold, wording: Wording | None) -> str:
    if wording is None:
        return "Canary has no value yet"
    return f"Canary has {state.pending.canary_total:,.0f} of the {settings.min_requests:,} {wording.events} that a check needs"
