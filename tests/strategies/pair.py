"""The side-by-side twin of `world`: two Deployments of their owner's, of which a rollout makes the one follow the other.

It obeys actions by the role that a workload plays at the moment, and keeps the rules of design §6 after every single one.
"""

from dataclasses import dataclass, field
from decimal import Decimal

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
)
from strategies.model import Intent, Mode, Observation, Side, State, Traffic
from tests.strategies.world import World

V2, V3, V4 = "reviews-v2", "reviews-v3", "reviews-v4"
THEIRS, OURS = "theirs", "ours"


@dataclass
class Pair(World):
    """`wanted` and `ready` count pods by Deployment, `leaves` says whose each leaf Service is. `shares` is the live split.

    A Deployment that is not in `wanted` does not exist.
    """

    spec: tuple[str, str] = (V2, V3)
    wanted: dict[str, int] = field(default_factory=lambda: {V2: 4, V3: 1})
    ready: dict[str, int] = field(default_factory=lambda: {V2: 4, V3: 1})
    leaves: dict[str, str] = field(default_factory=dict)
    shares: dict[str, Decimal] | None = None
    split_ours: bool = True

    def roles(self, state: State) -> tuple[str, str]:
        rollout = state.rollout
        return self.spec if rollout is None else (rollout.stable_workload, rollout.canary_workload)

    def side(self, workload: str) -> Side:
        leaf, ready = self.leaves.get(workload), self.ready.get(workload, 0)
        if workload not in self.wanted:
            return Side(workload=workload, leaf_live=False, leaf_ours=leaf == OURS)
        return Side(
            workload=workload,
            found=True,
            revision=f"{workload}-a",
            image=f"reviews:{workload}",
            wanted=self.wanted[workload],
            ready=ready,
            pods=ready,
            endpoints=ready if leaf else 0,
            leaf_live=leaf is not None,
            leaf_ours=leaf == OURS,
            problem="CrashLoopBackOff." if self.broken and workload == self.roles(self.state)[1] else None,
            broken=self.broken and workload == self.roles(self.state)[1],
        )

    def observe(self) -> Observation:
        stable, canary = self.roles(self.state)
        replaced = self.state.stable_workload == canary and self.state.previous is not None
        return Observation(
            now=self.now,
            intent=Intent(
                mode=Mode.SIDE_BY_SIDE,
                plan=self.plan,
                stable_workload=self.spec[0],
                canary_workload=self.spec[1],
                suspended=self.suspended,
                uid="0123456789",
            ),
            stable=self.side(stable),
            canary=self.side(canary),
            traffic=Traffic(canary=None if self.shares is None else self.shares.get(canary, Decimal(0)), ours=self.split_ours),
            tried=f"{canary}-a" if canary in self.wanted else None,
            tried_image=f"reviews:{canary}",
            adopted=self.adopted,
            deleted=self.deleted,
            previous=f"{stable}-a" if replaced and stable in self.wanted else None,
            command=self.command,
            verdicts=self.verdicts,
            runs=self.runs,
            findings=self.findings,
        )

    def enact(self, action: Action, state: State) -> None:
        stable, canary = self.roles(state)
        workload = {Role.STABLE: stable, Role.CANARY: canary}
        match action:
            case EnsureLeaf(role=role):
                self.leaves.setdefault(workload[role], OURS)
            case DeleteLeaf(role=role):
                assert self.leaves[workload[role]] == OURS, "a leaf of the owner's own is never deleted"
                del self.leaves[workload[role]]
            case SetWeight(canary=weight):
                self.shift(stable, canary, weight)
            case DeleteSplit():
                assert self.split_ours, "a split of the owner's own is never deleted"
                self.shares = None
            case Scale(role=role, replicas=replicas):
                self.wanted[workload[role]] = replicas
                self.ready[workload[role]] = min(self.ready[workload[role]], replicas)
            case Farewell():
                self.gone, self.adopted = True, False
            case Adopt() | NameCommand() | Run():
                World.enact(self, action, state)
            case EnsureCanary() | DeleteCanary() | Hold() | Release() | PutTemplate():
                raise AssertionError(f"{action} is for one Deployment edited in place")

    def shift(self, stable: str, canary: str, weight: Decimal) -> None:
        for name, share in ((stable, 100 - weight), (canary, weight)):
            grows = share > (self.shares or {}).get(name, Decimal(100) if name == stable else Decimal(0))
            assert not grows or self.ready[name] > 0, f"R1: {name} is given traffic and has no endpoint"
        self.shares = {stable: 100 - weight, canary: weight}

    def kubernetes(self) -> None:
        sick = self.roles(self.state)[1] if self.broken else None
        self.ready = {name: 0 if name == sick else pods for name, pods in self.wanted.items()}

    def check(self) -> None:
        if self.shares is None or self.deleted:
            return
        assert sum(self.shares.values()) == 100, "R11: shares that are not a whole"
        assert set(self.shares) <= set(self.leaves), "a split over a leaf that does not exist"


def share(world: Pair, name: str) -> Decimal | None:
    """A Deployment's live share; None without a split."""
    return None if world.shares is None else world.shares.get(name, Decimal(0))
