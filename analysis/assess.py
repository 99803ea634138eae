"""From one reading to a verdict: the step that the controller takes per metric and look. Pure; `now` is an argument.

The state is small, JSON-able and append-only. Losing it means that evidence starts afresh, never that a version passes.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Self

from analysis.counts import Counters, Increment, take
from analysis.judges import rank, sequential, threshold, vanishing
from analysis.judges.outcome import Outcome
from analysis.judges.rank import RankState
from analysis.judges.record import SequentialState
from analysis.judges.threshold import ThresholdState
from analysis.judges.vanishing import Silence
from analysis.plan import Builtin, BuiltinMeasure, MetricPlan, Rank, Sequential, Threshold
from analysis.reading import Counted, Measured, Problem, Reading, Trouble
from analysis.verdict import MetricVerdict, Policy, Verdict
from analysis.wording import share, wording_of

JudgeState = SequentialState | ThresholdState | RankState

_FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a look happens: `warm_until` ends the warm-up, `step` names the step (its attempt, if steps are repeated).

    `weight` is the canary's share of traffic in percent that has been in force since the last look, None where that isn't known.
    """

    now: datetime
    warm_until: datetime
    step: str
    weight: Decimal | None = None


class MetricState(NamedTuple):
    """What is remembered of one metric of one rollout; a named tuple, because it is made anew at every look.

    `since` is when the verdict last changed, `trouble_since` when it last began to be `NoData` or `Error`, `last_request`
    the last look that saw canary events, `silence` the looks since then that saw too few.
    """

    judge: JudgeState
    since: datetime
    counters: Counters = Counters()
    slow: str | None = None
    step: str | None = None
    verdict: Verdict | None = None
    trouble_since: datetime | None = None
    last_request: datetime | None = None
    silence: Silence = Silence()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; a few kilobytes, plus the last value of every series."""
        return {
            "format": _FORMAT,
            "judge": self.judge.to_json(),
            "since": self.since.isoformat(),
            "counters": self.counters.to_json(),
            "slow": self.slow,
            "step": self.step,
            "verdict": self.verdict,
            "troubleSince": _when(self.trouble_since),
            "lastRequest": _when(self.last_request),
            "silence": self.silence.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], plan: MetricPlan) -> Self:
        """The inverse of `to_json`. Raises ValueError for what another release, or another kind of judge, has written."""
        if data.get("format") != _FORMAT:
            raise ValueError(f"the evidence on {plan.name} has format {data.get('format')}, this release reads {_FORMAT}")
        try:
            return cls(
                judge=type(_blank(plan)).from_json(data["judge"]),
                since=datetime.fromisoformat(data["since"]),
                counters=Counters.from_json(data["counters"]),
                slow=data["slow"],
                step=data["step"],
                verdict=None if data["verdict"] is None else Verdict(data["verdict"]),
                trouble_since=_parsed(data["troubleSince"]),
                last_request=_parsed(data["lastRequest"]),
                silence=Silence.from_json(data["silence"]),
            )
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"the evidence on {plan.name} can't be read: {error!r}") from error


def fresh(plan: MetricPlan, now: datetime) -> MetricState:
    """The state before the first look."""
    return MetricState(judge=_blank(plan), since=now)


def assess(state: MetricState, reading: Reading, plan: MetricPlan, moment: Moment) -> tuple[MetricState, MetricVerdict]:
    """Takes a reading into account and says what the metric comes to.

    Looks during warm-up only seed the counters, except where most events are bad.
    """
    state, news = _news(_in_step(state, moment.step), reading)
    warming = moment.now < moment.warm_until
    if isinstance(news, Increment) and moment.weight is not None and isinstance(plan.measure, BuiltinMeasure):
        state = state._replace(silence=vanishing.listen(state.silence, news.tally, moment.weight, moment.now))
    if news is not None:
        state = _warmed(state, news, plan, moment.now) if warming else _judged(state, news, plan, moment.now)
    outcome = _outcome(state, plan)
    if outcome.verdict is not Verdict.FAIL:
        problem = _problem(state, reading, plan, moment.now)
        if problem is not None:
            outcome = replace(outcome, verdict=problem.verdict, sentence=problem.sentence)
        if warming and outcome.verdict is not Verdict.ERROR:
            outcome = Outcome(verdict=Verdict.CONTINUE, sentence=f"Warming up until {_clock(moment.warm_until)}: not judged yet.")
    if isinstance(news, Increment) and news.note:
        outcome = replace(outcome, sentence=f"{outcome.sentence} In the last look, {news.note}.")
    return _concluded(state, outcome, plan, moment.now)


def _blank(plan: MetricPlan) -> JudgeState:
    match plan.judge:
        case Sequential():
            return SequentialState()
        case Threshold():
            return ThresholdState()
        case Rank():
            return RankState()


def _in_step(state: MetricState, step: str) -> MetricState:
    if state.step == step:
        return state
    match state.judge:
        case SequentialState() as judge:
            return state._replace(step=step, judge=sequential.begin_step(judge))
        case ThresholdState() as judge:
            return state._replace(step=step, judge=threshold.begin_step(judge))
        case RankState() as judge:
            return state._replace(step=step, judge=rank.begin_step(judge))


def _news(state: MetricState, reading: Reading) -> tuple[MetricState, Increment | Measured | None]:
    match reading:
        case Problem():
            return state, None
        case Measured():
            return state, reading
        case Counted():
            moved = None not in (state.slow, reading.slow) and state.slow != reading.slow
            counters, increment = take(Counters() if moved else state.counters, reading.stable, reading.canary)
            return state._replace(counters=counters, slow=reading.slow or state.slow), increment


def _warmed(state: MetricState, news: Increment | Measured, plan: MetricPlan, now: datetime) -> MetricState:
    slow = isinstance(plan.measure, BuiltinMeasure) and plan.measure.builtin is Builtin.SLOW_SHARE
    if slow or not isinstance(news, Increment) or not isinstance(state.judge, SequentialState):
        return state  # cold caches make slow; only failures are no part of warming up
    return state._replace(judge=sequential.warm_up(state.judge, news, now))


def _judged(state: MetricState, news: Increment | Measured, plan: MetricPlan, now: datetime) -> MetricState:
    seen = isinstance(news, Increment) and news.tally.canary_total > 0
    judge: JudgeState
    match state.judge, plan.judge:
        case SequentialState() as before, Sequential() as settings:
            assert isinstance(news, Increment), "values are not counted"
            judge = sequential.update(before, news, settings, now)
        case ThresholdState() as before, Threshold() as settings:
            judge = threshold.update(before, news, settings)
        case RankState() as before, Rank() as settings:
            assert isinstance(news, Measured), "only values are ranked"
            judge = rank.update(before, news, settings, now)
        case _:
            raise AssertionError("a state belongs to its plan's judge")
    return state._replace(judge=judge, last_request=now if seen else state.last_request)


def _outcome(state: MetricState, plan: MetricPlan) -> Outcome:
    wording = wording_of(plan.measure, state.slow)
    match state.judge, plan.judge:
        case SequentialState() as judge, Sequential() as settings:
            assert wording is not None, "values are not counted"
            return sequential.judge(judge, settings, wording)
        case ThresholdState() as judge, Threshold() as settings:
            return threshold.judge(judge, settings, wording)
        case RankState() as judge, Rank() as settings:
            return rank.judge(judge, settings)
        case _:
            raise AssertionError("a state belongs to its plan's judge")


def _problem(state: MetricState, reading: Reading, plan: MetricPlan, now: datetime) -> Problem | None:
    match reading:
        case Problem():
            return reading
        case Measured():
            return None
        case Counted():
            return _missing(state, reading, plan, now)


def _missing(state: MetricState, reading: Counted, plan: MetricPlan, now: datetime) -> Problem | None:
    judge = state.judge
    if not reading.canary:
        return _unseen(state, reading)
    if judge.requests == 0:
        return Problem(Trouble.NO_REQUEST, f"The canary has had no request yet ({reading.sought}).")
    if _lull(state, plan, now):
        return Problem(Trouble.NO_REQUEST, f"The canary has had no request since {_clock(state.last_request)}.")
    if vanishing.vanished(state.silence, now):
        since, canary, total, _ = state.silence
        had = f"The canary had {canary:,.0f} of {total:,.0f} requests since {_clock(since)}, far from its share"
        return Problem(Trouble.VANISHED, f"{had}: traffic doesn't reach it, or its pods aren't scraped.")
    compares = isinstance(plan.judge, Sequential) and plan.judge.worse is not None
    if compares and judge.tally.stable_total == 0:
        lacking = "Stable has had no request yet" if reading.stable else "There is no series of stable"
        return Problem(Trouble.NO_BASELINE, f"{lacking} to compare the canary with ({reading.sought}).")
    return None


def _unseen(state: MetricState, reading: Counted) -> Problem:
    """There is no series of the canary at all; `Counted` says nothing of one whose series are there but old."""
    if state.last_request is not None:
        whose = "the canary" if reading.stable else "either version"
        last = f"the canary's last request was counted at {_clock(state.last_request)}"
        sentence = f"There is no series of {whose} any more: {last}, and its pods are gone or aren't scraped ({reading.sought})."
        return Problem(Trouble.EMPTY, sentence)
    if reading.stable:
        sentence = f"There is no series of the canary yet: it had no request, or its pods aren't scraped ({reading.sought})."
        return Problem(Trouble.NO_REQUEST, sentence)
    sentence = f"There is no series of {reading.sought}: no request was counted yet, or the metric isn't scraped."
    return Problem(Trouble.EMPTY, sentence)


def _lull(state: MetricState, plan: MetricPlan, now: datetime) -> bool:
    return state.last_request is not None and now - state.last_request >= plan.no_data_after


def _concluded(state: MetricState, outcome: Outcome, plan: MetricPlan, now: datetime) -> tuple[MetricState, MetricVerdict]:
    since = state.since if outcome.verdict is state.verdict else now
    trouble_since = None
    if outcome.verdict in (Verdict.NO_DATA, Verdict.ERROR):
        began = state.last_request if _lull(state, plan, now) else now
        trouble_since = state.trouble_since or began or now
    after = state._replace(verdict=outcome.verdict, since=since, trouble_since=trouble_since)
    stable, canary = _shown(state)
    return after, MetricVerdict(
        metric=plan.name,
        verdict=outcome.verdict,
        sentence=outcome.sentence,
        since=since,
        policy=_policy(outcome.verdict, plan),
        patience_over=trouble_since is None or now - trouble_since >= plan.no_data_after,
        waits=outcome.verdict is Verdict.CONTINUE and not isinstance(state.judge, SequentialState),
        stable=stable,
        canary=canary,
        requests=state.judge.requests,
        step_requests=round(state.judge.step_requests),
        evidence=outcome.evidence,
        bound=outcome.bound,
        ratio=outcome.ratio,
    )


def _policy(verdict: Verdict, plan: MetricPlan) -> Policy | None:
    """A metric whose failure is ignored is a dry run: no rollout waits for what it has yet to say."""
    match verdict:
        case Verdict.FAIL:
            return plan.on_failure
        case Verdict.NO_DATA:
            return plan.on_no_data
        case Verdict.ERROR:
            return plan.on_error
        case Verdict.PASS | Verdict.CONTINUE | Verdict.INCONCLUSIVE:
            return Policy.IGNORE if plan.on_failure is Policy.IGNORE else None


def _shown(state: MetricState) -> tuple[str, str]:
    judge = state.judge
    if not isinstance(judge, SequentialState) and judge.tally.canary_total == 0:
        return _figure(judge.stable), _figure(judge.value)
    tally = judge.tally
    return share(tally.stable_bad, tally.stable_total), share(tally.canary_bad, tally.canary_total)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _clock(time: datetime | None) -> str:
    return "-" if time is None else f"{time:%H:%M:%S}"


def _when(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _parsed(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
