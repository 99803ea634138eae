"""A small world that obeys the planner's actions the way a cluster would: late, and only as far as told.

It keeps the rules of design §6 as invariants: `check` runs after every single action.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self, assert_never

from analysis.verdict import MetricVerdict
from strategies.actions import (
    Action,
    Adopt,
    DeleteCanary,
    DeleteLeaf,
    DeleteSplit,
    EnsureCanary,
    EnsureLeaf,
    Farewell,
    Hold,
    NameCommand,
    PutTemplate,
    Release,
    Role,
    Run,
    Scale,
    SetWeight,
    Template,
)
from strategies.model import (
    Command,
    Decision,
    Finding,
    Intent,
    Mode,
    Observation,
    Plan,
    RunResult,
    RunStatus,
    Side,
    State,
    Step,
    Traffic,
    Verb,
)
from strategies.planner import plan

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def steps(*weights: int | str, hold: timedelta = timedelta(minutes=1)) -> tuple[Step, ...]:
    return tuple(Step(weight=Decimal(weight), hold=hold) for weight in weights)


def a_plan(*weights: int | str, **changes: object) -> Plan:
    return replace(Plan(steps=steps(*(weights or (5, 50, 100))), judged=False), **changes)


@dataclass
class World:
    """One Deployment edited in place, behind a mesh unless `plan.mesh` is False."""

    plan: Plan = field(default_factory=a_plan)
    now: datetime = START
    template: str | None = "v1"
    paused: bool = False
    ours: bool = False
    replicas: int = 4
    sets: dict[str, int] = field(default_factory=lambda: {"v1": 4})
    canary: str | None = None
    canary_replicas: int = 0
    canary_ready: int = 0
    broken: bool = False
    leaf_stable: str | None = None
    leaf_canary: bool = False
    split: Decimal | None = None
    adopted: bool = False
    deleted: bool = False
    gone: bool = False
    suspended: bool = False
    deferred: str | None = None
    command: Command | None = None
    verdicts: tuple[MetricVerdict, ...] = ()
    runs: dict[str, RunResult] = field(default_factory=dict)
    outcomes: dict[str, RunStatus] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    state: State = field(default_factory=State)
    said: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    named: int = 0

    # -- what the shell would observe -------------------------------------------------------------------------------

    def stable_set(self) -> str | None:
        settled = self.settled()
        if not self.paused and settled and self.state.phase.value != "RollingBack":
            return self.template
        if self.state.stable in self.sets:
            return self.state.stable
        running = [name for name, pods in self.sets.items() if pods]
        return running[-1] if running else None

    def settled(self) -> bool:
        if self.template is None:
            return False
        if self.paused:
            return True
        return self.sets == {**dict.fromkeys(self.sets, 0), self.template: self.replicas}

    def observe(self) -> Observation:
        stable = self.stable_set()
        stable_pods = self.sets.get(stable or "", 0)
        return Observation(
            now=self.now,
            intent=Intent(
                mode=Mode.IN_PLACE,
                plan=self.plan,
                stable_workload="reviews",
                canary_workload="reviews-canary",
                suspended=self.suspended,
                uid="0123456789",
            ),
            stable=Side(
                workload="reviews",
                found=self.template is not None,
                revision=stable,
                wanted=self.replicas,
                ready=stable_pods,
                pods=stable_pods,
                endpoints=self.sets.get(self.leaf_stable or "", 0) if self.leaf_stable == stable else 0,
                leaf_live=self.leaf_stable is not None and self.leaf_stable == stable,
                leaf_ours=self.leaf_stable is not None,
                settled=self.settled(),
            ),
            canary=Side(
                workload="reviews-canary",
                found=self.canary is not None,
                revision=self.canary,
                wanted=self.canary_replicas,
                ready=self.canary_ready,
                pods=self.canary_ready,
                endpoints=self.canary_ready if self.leaf_canary else 0,
                leaf_live=self.leaf_canary,
                leaf_ours=self.leaf_canary,
                problem="CrashLoopBackOff." if self.broken else None,
                broken=self.broken,
            ),
            traffic=Traffic(canary=self.split),
            tried=self.template,
            tried_image=f"reviews:{self.template}",
            held=self.paused,
            held_by_us=self.paused and self.ours,
            adopted=self.adopted,
            deleted=self.deleted,
            previous=self.state.previous if self.state.previous in self.sets else None,
            command=self.command,
            verdicts=self.verdicts,
            runs=self.runs,
            findings=self.findings,
        )

    # -- what a cluster would do ---------------------------------------------------------------------------------------

    def enact(self, action: Action, state: State) -> None:
        match action:
            case Adopt():
                self.adopted = True
            case NameCommand():
                assert self.command is not None
                self.named += 1
                self.command = replace(self.command, id=self.command.id or f"named-{self.named}")
            case Hold():
                self.paused = self.ours = True
                self.template, self.deferred = self.deferred or self.template, None
            case Release(template=template):
                wanted = self.named_template(template, state)
                if template is Template.TRIED and self.template != wanted:
                    self.deferred = self.template
                self.template, self.paused, self.ours = wanted, False, False
                self.sets.setdefault(wanted, 0)
            case PutTemplate(template=template):
                self.template = self.named_template(template, state)
            case EnsureLeaf(role=Role.STABLE):
                self.leaf_stable = state.stable if state.phase.value == "RollingBack" else self.stable_set()
            case EnsureLeaf(role=Role.CANARY):
                self.leaf_canary = True
            case SetWeight(canary=weight):
                assert weight == 0 or self.canary_ready > 0, "R1: a weight for a version without endpoints"
                self.split = weight
            case EnsureCanary(replicas=replicas):
                assert state.rollout is not None
                self.canary, self.canary_replicas = state.rollout.revision, replicas
                self.canary_ready = min(self.canary_ready, replicas)
            case Scale(role=Role.STABLE, replicas=replicas):
                self.replicas = replicas
            case Scale(role=Role.CANARY, replicas=replicas):
                self.canary_replicas = replicas
            case DeleteCanary():
                self.canary_replicas = 0
                self.canary_ready = 0
            case DeleteSplit():
                self.split = None
            case DeleteLeaf(role=Role.STABLE):
                self.leaf_stable = None
            case DeleteLeaf(role=Role.CANARY):
                self.leaf_canary = False
            case Run(id=id_, name=name):
                self.runs.setdefault(id_, RunResult(status=self.outcomes.get(name, RunStatus.SUCCEEDED), sentence="answered"))
            case Farewell():
                self.gone = True
                if state.stable is not None and self.template is not None:
                    self.template = state.stable
                self.paused = self.ours = self.adopted = False
            case _:
                assert_never(action)

    def named_template(self, template: Template, state: State) -> str:
        if template is Template.STABLE:
            assert state.stable is not None
            return state.stable
        assert state.rollout is not None
        return state.rollout.revision

    def kubernetes(self) -> None:
        """Controllers of the cluster finish what they were asked for."""
        if self.canary is not None and self.canary_replicas == 0 and self.canary_ready == 0 and self.deleting:
            self.canary = None
        if self.canary is not None:
            self.canary_ready = 0 if self.broken else self.canary_replicas
        if self.template is not None and not self.paused:
            self.sets = {**dict.fromkeys(self.sets, 0), self.template: self.replicas}
        elif self.template is not None:
            running = next((name for name, pods in self.sets.items() if pods), self.state.stable or "v1")
            self.sets[running] = self.replicas

    @property
    def deleting(self) -> bool:
        return self.canary_replicas == 0

    # -- one cycle -----------------------------------------------------------------------------------------------------

    def cycle(self, *, survive: int | None = None, settle: bool = True, ready: bool = False) -> Decision:
        """observe → plan → enact → record; with `survive` the process dies after so many actions and records nothing."""
        decision = plan(self.state, self.observe())
        for action in decision.actions[:survive]:
            self.enact(action, decision.state)
            self.check()
        if survive is None or survive > len(decision.actions):
            self.state = decision.state
            self.said.append((decision.reason, decision.sentence))
            if decision.answered:
                self.command = None
            if decision.refused:
                self.refused.append(decision.refused)
        if ready:
            self.canary_ready = self.canary_replicas
        if settle:
            self.kubernetes()
            self.check()
        return decision

    def reconcile(self, *, survive: int | None = None) -> None:
        """As the shell does it: rounds of plan and enact up to a turning point, then one record; or a death on the way.

        `survive` counts the actions that are enacted before the process dies with nothing recorded.
        """
        recorded, left = self.state, survive
        for _ in range(8):
            before, actions = self.state, plan(self.state, self.observe()).actions
            if left is not None and left < len(actions):
                self.cycle(survive=left)
                self.state = recorded
                return
            left = None if left is None else left - len(actions)
            decision = self.cycle()
            turned = (self.state.phase, self.state.rollout and self.state.rollout.stage) != (
                recorded.phase,
                recorded.rollout and recorded.rollout.stage,
            )
            if decision.answered or turned or (not actions and self.state == before):
                return

    def run(self, until: Callable[[Self], bool], *, most: int = 400, **how: Any) -> Self:
        """Cycle, letting time pass when nothing else happens, until the world is as wanted."""
        for _ in range(most):
            if until(self):
                return self
            before = (self.state, self.observe())
            decision = self.cycle(**how)
            if (self.state, self.observe()) == before:
                idle = decision.look_again or timedelta(seconds=15)
                self.now += timedelta(seconds=1) if decision.actions else idle
        raise AssertionError(f"never came about; last said {self.said[-1] if self.said else None}, {self.state}")

    def check(self) -> None:
        if self.plan.mesh and self.canary_ready > 0:
            assert self.split is not None, "R3: canary pods without a split"
        if self.split is not None:
            assert 0 <= self.split <= 100, "R11: a weight out of range"


class Dying(World):
    """A world whose controller dies at the n-th cycle that acts, after so many of its actions."""

    dies_at: int = 0
    survive: int = 0
    acted: int = 0

    def cycle(self, *, survive: int | None = None, settle: bool = True, ready: bool = False) -> Decision:
        acts = bool(plan(self.state, self.observe()).actions)
        self.acted += acts
        dies = acts and self.acted == self.dies_at
        return super().cycle(survive=self.survive if dies else survive, settle=settle, ready=ready)


def at_rest(world: World) -> bool:
    return (
        world.state.rollout is None and world.state.stable is not None and world.paused and world.template == world.state.stable
    )


def ended(phase: str) -> Callable[[World], bool]:
    return lambda world: world.state.phase.value == phase and world.state.rollout is None


def a_resting_world(**changes: object) -> World:
    """v1 runs and is held; nothing is being tried."""
    return World(**changes).run(at_rest)


def says(verb: str, **changes: str) -> Command:
    return Command(verb=Verb(verb), who="ada", **changes)
