"""The fixed-threshold judge, for those who come from Flagger or Argo Rollouts: so many failed checks condemn a version.

Failed checks add up over the rollout and are never forgiven. A look without a value is no check at all.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from analysis.counts import Increment, Tally
from analysis.judges.outcome import Outcome
from analysis.plan import Threshold
from analysis.reading import Measured
from analysis.verdict import Verdict
from analysis.wording import Wording, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdState:
    """Checks made and failed. `pending` collects counts until there are enough for one check; `value` is the last one checked."""

    failed: int = 0
    checks: int = 0
    step_checks: int = 0
    step_requests: float = 0.0
    tally: Tally = field(default_factory=Tally)
    pending: Tally = field(default_factory=Tally)
    value: float | None = None
    stable: float | None = None

    @property
    def requests(self) -> int:
        """Canary events over the rollout; 0 for values, which have none."""
        return round(self.tally.canary_total)

    def to_json(self) -> dict[str, Any]:
        """A few numbers."""
        return {
            "failed": self.failed,
            "checks": self.checks,
            "stepChecks": self.step_checks,
            "stepRequests": self.step_requests,
            "tally": self.tally.to_json(),
            "pending": self.pending.to_json(),
            "value": self.value,
            "stable": self.stable,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(
            failed=data["failed"],
            checks=data["checks"],
            step_checks=data["stepChecks"],
            step_requests=data["stepRequests"],
            tally=Tally.from_json(data["tally"]),
            pending=Tally.from_json(data["pending"]),
            value=data["value"],
            stable=data["stable"],
        )


def begin_step(state: ThresholdState) -> ThresholdState:
    """A new step wants a check of its own; failed checks stay."""
    return replace(state, step_checks=0, step_requests=0.0)


def update(state: ThresholdState, news: Increment | Measured, settings: Threshold) -> ThresholdState:
    """Makes a check if there is a value for one."""
    if isinstance(news, Measured):
        return _check(replace(state, stable=news.stable), news.canary, settings)
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
    return _check(replace(counted, pending=Tally(), stable=stable), pending.canary_share, settings)


def judge(state: ThresholdState, settings: Threshold, wording: Wording | None) -> Outcome:
    """What the checks come to. `wording` is None for values, which are shown as they are."""
    if state.value is None:
        return Outcome(verdict=Verdict.CONTINUE, sentence=f"{_missing(state, settings, wording)}.")
    facts = f"{_facts(state, state.value, wording)}, allowed {_range(settings, wording)}"
    failed = f"{state.failed} failed {'check' if state.failed == 1 else 'checks'}, {settings.failures} condemn"
    if state.failed >= settings.failures:
        return Outcome(verdict=Verdict.FAIL, sentence=f"{facts}: {failed}.")
    if _broken(state.value, settings):
        return Outcome(verdict=Verdict.CONTINUE, sentence=f"{facts}: {failed}.")
    if state.step_checks == 0:
        return Outcome(verdict=Verdict.CONTINUE, sentence=f"{facts}: no check yet in this step.")
    return Outcome(verdict=Verdict.PASS, sentence=f"{facts}: in range.")


def _check(state: ThresholdState, value: float, settings: Threshold) -> ThresholdState:
    return replace(
        state,
        value=value,
        checks=state.checks + 1,
        step_checks=state.step_checks + 1,
        failed=state.failed + _broken(value, settings),
    )


def _broken(value: float, settings: Threshold) -> bool:
    too_high = settings.max is not None and value > settings.max
    return too_high or (settings.min is not None and value < settings.min)


def _shown(value: float, wording: Wording | None) -> str:
    return f"{value:.6g}" if wording is None else percent(value)


def _range(settings: Threshold, wording: Wording | None) -> str:
    bounds = (("at least", settings.min), ("at most", settings.max))
    return " and ".join(f"{words} {_shown(bound, wording)}" for words, bound in bounds if bound is not None)


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
