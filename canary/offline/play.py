"""Plays counters through exactly what the controller runs: `analysis.assess` at each look, `strategies.planner` after it.

The world around them is as good as it can be: pods are ready and weights in force at once, and nobody gives commands. What the
planner waits for by the clock alone falls due between two looks, as in a controller.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from analysis.assess import MetricState, Moment, assess, fresh
from analysis.plan import MetricPlan
from analysis.reading import Reading
from analysis.verdict import MetricVerdict, Policy, Verdict
from canary.offline.course import Course
from canary.offline.story import Change, Ending, MetricEnd, Story
from strategies.actions import Action, EnsureCanary, SetWeight
from strategies.model import Decision, Intent, Mode, Observation, Phase, Rollout, Side, State, Traffic
from strategies.planner import plan

_OLD, _NEW = "stable", "the canary"
_INSTANT = timedelta(microseconds=1)
_HEAVIEST = (Verdict.FAIL, Verdict.ERROR, Verdict.NO_DATA, Verdict.INCONCLUSIVE)
_ENDS = {Phase.PROMOTING: Ending.PROMOTED, Phase.ROLLING_BACK: Ending.ROLLED_BACK, Phase.PAUSED: Ending.PAUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is seen of each metric at one time, by the metric's name.

    `weight` is the canary's share in percent that was in force since the look before; None where it isn't known, as in a
    recording, whose weights are not those of the plan that is played.
    """

    at: datetime
    readings: Mapping[str, Reading]
    weight: Decimal | None = None


class Play:
    """One rollout under way, from the moment at which its first weight is in force. Looks come in the order of time.

    `until` holds the last step until then, should that be longer than its own hold.
    """

    def __init__(self, course: Course, begins: datetime, *, until: datetime | None = None) -> None:
        self._course = course
        self._until = until
        self._states: dict[str, MetricState] = {}
        self._verdicts: tuple[MetricVerdict, ...] = ()
        self._trace: list[Change] = []
        self._weight = Decimal(0)
        self._pods = 0
        self._now = self._since = begins
        self._told: object = None
        self._state = _prepared(course, begins)
        self._decision = self._decide()

    @property
    def over(self) -> bool:
        """Is it promoted or rolled back?"""
        return self._state.phase in (Phase.PROMOTING, Phase.ROLLING_BACK)

    @property
    def step(self) -> int:
        """The step that it stands on, counted from one."""
        return self._rollout.step

    @property
    def weight(self) -> Decimal:
        """The canary's share of traffic in percent that is in force now."""
        return self._weight

    def look(self, look: Look) -> None:
        """Judges every metric, then goes on, waits or ends accordingly. Nothing is looked at any more once it is over."""
        self.wait(look.at)
        if self.over:
            return
        self._now = look.at
        moment = self._moment(look)
        self._verdicts = tuple([self._judge(metric, look.readings[metric.name], moment) for metric in self._course.metrics])
        self._decision = self._decide()

    def wait(self, until: datetime) -> None:
        """Lets time pass and does what falls due before `until`: the end of a hold, a deadline."""
        while not self.over and self._decision.look_again:
            due = self._now + self._decision.look_again
            if due >= until:
                break
            self._now = due
            self._decision = self._decide()

    def story(self, ends: datetime) -> Story:
        """What came of it by the time at which the counters end."""
        self.wait(ends + _INSTANT)
        ending = _ENDS.get(self._state.phase, Ending.RUNNING)
        reason, sentence = self._said(ending)
        return Story(
            verdict=self._deciding(ending),
            ending=ending,
            at=ends if ending is Ending.RUNNING else self._since,
            reason=reason,
            sentence=sentence,
            step=self.step,
            weight=self._weight,
            metrics=tuple(MetricEnd(verdict=one, tally=self._states[one.metric].judge.tally) for one in self._verdicts),
            trace=tuple(self._trace),
        )

    @property
    def _rollout(self) -> Rollout:
        assert self._state.rollout is not None, "a rollout is there until its story is told"
        return self._state.rollout

    def _moment(self, look: Look) -> Moment:
        rollout = self._rollout
        assert rollout.first_live_at is not None, "weights are in force at once"
        warm_until = rollout.first_live_at + self._course.warmup
        return Moment(now=look.at, warm_until=warm_until, step=f"{rollout.step}.{rollout.attempt}", weight=look.weight)

    def _judge(self, metric: MetricPlan, reading: Reading, moment: Moment) -> MetricVerdict:
        before = self._states.get(metric.name) or fresh(metric, moment.now)
        self._states[metric.name], verdict = assess(before, reading, metric, moment)
        if before.verdict is not verdict.verdict:
            self._note(metric.name, verdict.verdict, verdict.sentence)
        return verdict

    def _decide(self) -> Decision:
        """As one reconcile does: plan and obey, until there is nothing left to do now."""
        while True:
            before = self._state
            decision = plan(before, self._seen())
            self._state = decision.state
            if self.over:
                break
            self._obey(decision.actions)
            self._lengthen()
            if not decision.actions and self._state == before:
                break
        self._tell(decision)
        return decision

    def _seen(self) -> Observation:
        canary = Side(
            workload=_NEW,
            found=True,
            revision=_NEW,
            wanted=self._pods,
            ready=self._pods,
            pods=self._pods,
            endpoints=self._pods,
            leaf_live=True,
        )
        return Observation(
            now=self._now,
            intent=Intent(mode=Mode.IN_PLACE, plan=self._course.plan, stable_workload=_OLD, canary_workload=_NEW),
            stable=Side(workload=_OLD, found=True, revision=_OLD, wanted=1, ready=1, pods=1, endpoints=1, leaf_live=True),
            canary=canary,
            traffic=Traffic(canary=self._weight),
            tried=_NEW,
            verdicts=self._verdicts,
        )

    def _obey(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case EnsureCanary(replicas=replicas):
                    self._pods = replicas
                case SetWeight(canary=weight):
                    self._weight = weight
                case _:
                    raise AssertionError(f"nothing else is to be done between two perfect versions: {action}")

    def _lengthen(self) -> None:
        """Gives the last step the hold that was asked for, once it is known when that step began."""
        rollout = self._rollout
        if self._until is None or rollout.live_at is None or rollout.step < len(rollout.plan.steps):
            return
        *others, last = rollout.plan.steps
        longer = replace(last, hold=max(last.hold, self._until - rollout.live_at))
        if longer != last:
            pinned = replace(rollout.plan, steps=(*others, longer))
            self._state = replace(self._state, rollout=replace(rollout, plan=pinned))

    def _tell(self, decision: Decision) -> None:
        told = (self._state.phase, decision.reason, self.step)
        if told != self._told:
            self._told, self._since = told, self._now
            self._note(None, decision.reason, decision.sentence)

    def _note(self, metric: str | None, what: str, sentence: str) -> None:
        change = Change(at=self._now, metric=metric, what=what, sentence=sentence, step=self.step, weight=self._weight)
        self._trace.append(change)

    def _said(self, ending: Ending) -> tuple[str, str]:
        match ending:
            case Ending.ROLLED_BACK:
                return self._rollout.why, self._rollout.sentence
            case Ending.PROMOTED:
                return ending.value, self._in_full(self._decision.sentence)
            case Ending.PAUSED:
                return self._decision.reason, self._decision.sentence
            case Ending.RUNNING:
                return self._decision.reason, self._in_full(f"The counters end before the plan does. {self._decision.sentence}")

    def _in_full(self, sentence: str) -> str:
        """With the metrics' own sentences, which have the numbers."""
        return " ".join([sentence, *(one.sentence for one in self._verdicts if one.sentence not in sentence)])

    def _deciding(self, ending: Ending) -> Verdict:
        """The verdict that made the plan end or stay; a plan that still goes on has no `Pass` yet."""
        if ending is Ending.PROMOTED:
            return Verdict.PASS
        heard = {one.verdict for one in self._verdicts if one.policy is not Policy.IGNORE}
        if ending is Ending.ROLLED_BACK:
            heard = {one.verdict for one in self._verdicts if one.policy is Policy.ROLLBACK and one.patience_over}
        return next((verdict for verdict in _HEAVIEST if verdict in heard), Verdict.CONTINUE)


def play(
    course: Course, looks: Iterable[Look], begins: datetime, *, ends: datetime | None = None, until: datetime | None = None
) -> Story:
    """Plays looks until the rollout is over or there are no more of them; the counters end at `ends`, or with the last look."""
    playing = Play(course, begins, until=until)
    last = begins
    for look in looks:
        playing.look(look)
        last = look.at
        if playing.over:
            break
    return playing.story(ends or last)


def _prepared(course: Course, begins: datetime) -> State:
    rollout = Rollout(
        id="offline",
        number=1,
        revision=_NEW,
        image="",
        stable_workload=_OLD,
        canary_workload=_NEW,
        plan=course.plan,
        started_at=begins,
        entered_at=begins,
    )
    return State(phase=Phase.PROGRESSING, stable=_OLD, stable_workload=_OLD, rollouts=1, rollout=rollout)
