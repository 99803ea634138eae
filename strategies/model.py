"""The words of planning: what was decided (`State`), what is so (`Observation`), what to do (`Decision`).

All of it is plain, frozen data. `State` is position and is stored whole in `.status`; nothing here needs a
database, a clock or a cluster. Weights are the canary's share in percent, exact, as `Decimal`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from analysis.verdict import MetricVerdict
from strategies.actions import Action


class Phase(StrEnum):
    """Where a Canary stands, in its users' words."""

    IDLE = "Idle"
    PROGRESSING = "Progressing"
    PAUSED = "Paused"
    PROMOTING = "Promoting"
    ROLLING_BACK = "RollingBack"
    PROMOTED = "Promoted"
    ROLLED_BACK = "RolledBack"


RESTING = frozenset({Phase.IDLE, Phase.PROMOTED, Phase.ROLLED_BACK})


class Stage(StrEnum):
    """How far a promotion has come. A rollback is always `SETTLING`."""

    STEPPING = "Stepping"
    SHIFTING = "Shifting"  # the canary grows to full size and takes all traffic
    RELEASING = "Releasing"  # the hold is off: Kubernetes rolls the Deployment to the new template
    SETTLING = "Settling"  # the loser leaves traffic, drains and goes; then the split and the leaves


class Mode(StrEnum):
    """Whose Deployments are tried: one that is edited in place, or two side by side."""

    IN_PLACE = "InPlace"
    SIDE_BY_SIDE = "SideBySide"


class Edge(StrEnum):
    """The moments at which hooks are called. Gates wait for their hooks; notices do not."""

    BEFORE_ROLLOUT = "beforeRollout"
    BEFORE_STEP = "beforeStep"
    AFTER_STEP = "afterStep"
    BEFORE_PROMOTION = "beforePromotion"
    AFTER_PROMOTION = "afterPromotion"
    ON_ROLLBACK = "onRollback"
    ON_EVENT = "onEvent"


class OnFailure(StrEnum):
    """What a failed test or gate hook does to the rollout."""

    ROLLBACK = "rollback"
    PAUSE = "pause"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung of the ladder. `weight` is in percent; `hold` starts when the weight is live."""

    weight: Decimal
    hold: timedelta
    min_requests: int = 0
    tests: tuple[str, ...] = ()
    approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A test or a hook as the planner needs to know it: its name, and what its failure does."""

    name: str
    on_failure: OnFailure = OnFailure.ROLLBACK
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """How many canary pods. Exactly one of `match`, `full`, `count`, `percent`-of-stable applies.

    `ready` is the share (0-100) of the wanted pods that must be ready before a weight is raised.
    """

    match: bool = True
    full: bool = False
    count: int | None = None
    percent: Decimal | None = None
    ready: Decimal = Decimal(100)
    deadline: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A rollout's plan, pinned when it starts: later edits of the spec never reach it.

    `mesh` is False for the router "replicas", whose traffic share is the share of pods. `judged` says whether any metric is
    configured; `needs_proof` asks for evidence of "not worse" before a step ends. `step_deadline` bounds how long a step may wait
    beyond its hold before that is reported as a pause. `analysis` is by what it is judged, in a form that only the shell reads;
    None in rollouts that an older version began.
    """

    steps: tuple[Step, ...]
    mesh: bool = True
    drain: timedelta = timedelta(seconds=30)
    keep: bool = False
    sizing: Sizing = Sizing()
    judged: bool = True
    needs_proof: bool = False
    step_deadline: timedelta = timedelta(hours=1)
    tests: tuple[Call, ...] = ()
    hooks: tuple[Call, ...] = ()
    analysis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One attempt at one revision, from its first object to its last.

    `step` is 0 while the canary is prepared, then 1..len(plan.steps). `entered_at` is when this phase, stage or step began
    (deadlines count from it); `live_at` is when its weight was first seen live (holds count from it), None before.
    `weight` is the share we last asked for. `zero_at` is when weight 0 of the loser was acknowledged (drain counts from it).
    `replicas` is stable's size when the rollout began, to be given back by router "replicas". `reverting` marks a rollback after
    promotion: the previous version comes back through no gate but readiness. `by_hand` marks a promotion that a person ordered.
    `why` and `sentence` say why it is paused by hand or how it ends.
    """

    id: str
    number: int
    revision: str
    image: str
    stable_workload: str
    canary_workload: str
    plan: Plan
    started_at: datetime
    entered_at: datetime
    replicas: int = 0
    stage: Stage = Stage.STEPPING
    step: int = 0
    attempt: int = 1
    weight: Decimal = Decimal(0)
    live_at: datetime | None = None
    first_live_at: datetime | None = None
    zero_at: datetime | None = None
    reverting: bool = False
    by_hand: bool = False
    paused: bool = False
    why: str = ""
    sentence: str = ""

    @property
    def current(self) -> Step | None:
        """The step the rollout stands on; None while it is prepared."""
        return self.plan.steps[self.step - 1] if self.step else None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that must survive a restart. `stable` and `rejected` are revisions, None when unknown."""

    phase: Phase = Phase.IDLE
    reason: str = ""
    sentence: str = ""
    stable: str | None = None
    stable_workload: str | None = None
    previous: str | None = None
    rejected: str | None = None
    rollouts: int = 0
    rollout: Rollout | None = None
    last_command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One version as the caches show it. `wanted` is spec.replicas, `ready` pods, `endpoints` ready ones behind its leaf.

    `revision` and `image` are None while there is no such workload. `pods` counts all that exist, terminating ones too.
    `settled` says that Kubernetes has finished rolling this Deployment. `problem` is why it is not ready, in Kubernetes' words.
    `broken` says that it will not get ready by waiting. `leaf_live`: the leaf Service exists and selects exactly this version.
    """

    workload: str
    found: bool = False
    revision: str | None = None
    image: str | None = None
    wanted: int = 0
    ready: int = 0
    pods: int = 0
    endpoints: int = 0
    leaf_live: bool = False
    leaf_ours: bool = False
    settled: bool = True
    problem: str | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What the router reads back. `canary` is the live share in percent, None when there is no split."""

    canary: Decimal | None = None
    acknowledged: bool = True
    ours: bool = True


class Verb(StrEnum):
    """The commands of a person."""

    ROLLBACK = "rollback"
    PROMOTE = "promote"
    ADVANCE = "advance"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A person's word. `id` is None for a bare verb whose repetition could not be told from a second command."""

    verb: Verb
    id: str | None = None
    who: str = "unknown"
    why: str = ""


class RunStatus(StrEnum):
    """How a test or hook run stands."""

    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    INTERRUPTED = "Interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One run of a test or a hook, by its deterministic id."""

    status: RunStatus
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something preflight objects to. The sentence names object, field and remedy."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What the spec asks for now. Everything a new rollout pins; never consulted for a running one."""

    mode: Mode
    plan: Plan
    stable_workload: str
    canary_workload: str
    suspended: bool = False
    uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One consistent look at the world.

    `tried` is the revision that the user wants: the held template's, or the canary Deployment's; None while unknown.
    `held` says that the Deployment's rollout is paused, `held_by_us` that our mark is on it; both are True side by side.
    `previous` is the revision whose template could still be put back, None when it is gone. `adopted` says that
    labels and finalizer are in place.
    """

    now: datetime
    intent: Intent
    stable: Side
    canary: Side
    traffic: Traffic = Traffic()
    tried: str | None = None
    tried_image: str = ""
    held: bool = True
    held_by_us: bool = True
    adopted: bool = True
    deleted: bool = False
    previous: str | None = None
    previous_image: str = ""
    command: Command | None = None
    command_problem: str | None = None
    verdicts: tuple[MetricVerdict, ...] = ()
    runs: Mapping[str, RunResult] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do now: a new state, a few actions in order, one reason, one English sentence.

    `look_again` is how long until time alone could change the answer; None means that only a change of the world can.
    `stalled` says that nothing will move until a person helps. `refused` is the answer to a command that cannot apply.
    `command` is the one that this decision answers (None if it could not be read); once `answered`, its annotation goes, but
    only after the new state is recorded.
    """

    state: State
    actions: tuple[Action, ...] = ()
    reason: str
    sentence: str
    look_again: timedelta | None = None
    stalled: bool = False
    command: Command | None = None
    answered: bool = False
    refused: str | None = None
