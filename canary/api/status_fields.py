"""The layout of `.status`: position (what a restart needs) and, beside it, what people look at.

Nothing is bounded here as in the spec: a status that the API server refused would stop a rollout. Enumerations are plain text for
the same reason: a newer controller may have words that an older CRD does not know.
"""

from typing import Annotated

from pydantic import Field, WithJsonSchema

from analysis.scalars import Duration, Number, Section, section
from canary.api.moments import Moment
from strategies.model import Edge, OnFailure, Phase, Stage

_TEXT = WithJsonSchema({"type": "string"})
_TEXTS = WithJsonSchema({"type": "array", "items": {"type": "string"}})
_BY_TYPE = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}


class SideStatus(Section):
    """One version."""

    workload: str | None = None
    """Name of its Deployment."""
    revision: str | None = None
    """Short name of its template."""
    image: str | None = None
    """Its first container's image."""
    replicas: int | None = None
    """Pods wanted."""
    ready: int | None = None
    """Pods ready."""


class StepStatus(Section):
    """A pinned step; see `kubectl explain canary.spec.strategy.progressive.steps`."""

    weight: Number
    hold: Duration
    min_requests: int = 0
    tests: tuple[str, ...] = ()
    approval: bool = False


class CallStatus(Section):
    """A pinned test or hook."""

    name: str
    on_failure: Annotated[OnFailure, _TEXT]
    edges: Annotated[tuple[Edge, ...], _TEXTS] = ()


class SizingStatus(Section):
    """The pinned size of the canary; see `kubectl explain canary.spec.scale`."""

    match: bool
    full: bool
    count: int | None = None
    percent: Number | None = None
    ready: Number
    deadline: Duration


class PlanStatus(Section):
    """What was pinned when the rollout started: later edits of the spec are for the next one."""

    steps: tuple[StepStatus, ...]
    mesh: bool
    drain: Duration
    keep: bool
    sizing: SizingStatus
    judged: bool
    needs_proof: bool
    step_deadline: Duration
    tests: tuple[CallStatus, ...] = ()
    hooks: tuple[CallStatus, ...] = ()
    analysis: str | None = None
    """By what it is judged, templates filled in: `analysis` of the spec, as JSON."""


class RolloutStatus(Section):
    """The rollout that is under way."""

    id: str
    number: int
    revision: str
    image: str
    stable_workload: str
    canary_workload: str
    started_at: Moment
    stage: Annotated[Stage, _TEXT]
    """How far it is: Stepping, Shifting, Releasing, Settling."""
    step: int
    """The step it stands on; 0 while the canary is prepared."""
    of: int
    """How many steps there are."""
    attempt: int
    """Counts from 1; `canary retry` begins another."""
    entered_at: Annotated[Moment, Field(alias="stepStartedAt")]
    """When this step or stage began."""
    weight: Number
    """The canary's share of traffic that was last asked for, in percent."""
    live_at: Moment | None = None
    """When this step's weight was first seen live."""
    first_live_at: Moment | None = None
    """When the canary first had traffic."""
    zero_at: Moment | None = None
    """When the loser was first seen without traffic."""
    replicas: int
    """Stable's size when the rollout began."""
    reverting: bool
    """The previous version is coming back by order of a person."""
    by_hand: bool
    """A person ordered the promotion."""
    paused: bool
    """A person paused it."""
    why: str
    sentence: str
    plan: PlanStatus


class OutcomeStatus(Section):
    """How the last rollout ended."""

    reason: str
    message: str


class TrafficStatus(Section):
    """Wanted and live shares of the canary, in percent."""

    router: str
    wanted: Number
    live: Number | None = None
    """None: there is no split."""
    acknowledged: bool
    """The data plane has confirmed the live share."""


class MetricStatus(Section):
    """What one metric says."""

    metric: str
    verdict: str
    """Pass, Fail, Continue, Inconclusive, NoData or Error."""
    stable: str
    canary: str
    requests: int
    """The canary's events over the whole rollout."""
    evidence: float | None = None
    bound: float | None = None
    """Evidence at which the verdict falls."""
    ratio: str | None = None
    """How many times stable's share of bad events, with an interval that holds at every look: 15x (8-29)."""
    since: Moment
    sentence: str


class RunStatusLine(Section):
    """One run of a test or hook in the rollout that is under way."""

    name: str
    edge: str
    """The moment of a hook; `test` for tests."""
    at: str
    """Step and attempt, as 2.1."""
    status: str
    sentence: str


class HistoryLine(Section):
    """One rollout that has ended."""

    number: int
    revision: str
    image: str
    outcome: str
    started_at: Moment
    ended_at: Moment
    sentence: str


class CommandStatus(Section):
    """The last command that was answered."""

    id: str | None = None
    """As the command gave it, or as it was given one."""
    verb: str
    who: str
    why: str = ""
    at: Moment
    accepted: bool
    message: str = ""
    """Why it was refused."""


class Condition(Section):
    """A condition as Kubernetes has it."""

    type: str
    status: str
    """True, False or Unknown."""
    reason: str
    message: str
    observed_generation: int
    last_transition_time: Moment


class CanaryStatus(Section):
    """Where the Canary stands, written by the controller."""

    model_config = section(
        (
            "!has(oldSelf.leaderEpoch) || (has(self.leaderEpoch) && self.leaderEpoch >= oldSelf.leaderEpoch)",
            "leaderEpoch can't go back: a controller that is no longer the leader has tried to write",
        )
    )

    phase: Annotated[Phase, _TEXT] = Phase.IDLE
    """Idle, Progressing, Paused, Promoting, RollingBack, Promoted or RolledBack."""
    reason: str = ""
    """Why it stands there, in one word."""
    message: str = ""
    """Why it stands there, in one sentence."""
    step: str | None = None
    """Step of steps, as 2/4."""
    weight: str | None = None
    """The canary's live share of traffic."""
    verdict: str | None = None
    """The gravest verdict of any metric."""
    observed_generation: int = 0
    """The generation of the spec that this status speaks of."""
    stable: SideStatus = SideStatus()
    """The version that serves."""
    canary: SideStatus | None = None
    """The version that is tried, or wanted."""
    previous: str | None = None
    """The revision before the last promotion."""
    rejected: str | None = None
    """The revision that was rolled back last and still stands in the template."""
    rollouts: int = 0
    """How many rollouts there have been."""
    rollout: RolloutStatus | None = None
    """The rollout that is under way."""
    outcome: OutcomeStatus | None = None
    """How the last rollout ended."""
    traffic: TrafficStatus | None = None
    """The split."""
    analysis: tuple[MetricStatus, ...] = ()
    """What each metric says."""
    tests: tuple[RunStatusLine, ...] = ()
    """Runs of tests and hooks in the rollout that is under way."""
    history: tuple[HistoryLine, ...] = ()
    """The last ten rollouts, newest first."""
    conditions: Annotated[tuple[Condition, ...], Field(json_schema_extra=_BY_TYPE)] = ()
    """Ready, Progressing, Promoted, Stalled."""
    command: CommandStatus | None = None
    """The last command that was answered, and the answer."""
    last_command: str | None = None
    """The id of the last command that was dealt with."""
    leader_epoch: int | None = None
    """Counts changes of leadership: an older leader's writes are refused."""
