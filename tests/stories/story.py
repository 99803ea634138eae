"""One Canary and its surroundings, in the words in which a story is told."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from canary.api.status_fields import CanaryStatus
from canary.k8s.names import COMMAND_ANNOTATION
from canary.k8s.port import Obj
from canary.k8s.resources import CANARY, DEPLOYMENT
from canary.sandbox.resources import DEPLOYMENTS, ENDPOINT_SLICES, EVENTS
from canary.sandbox.traffic import Load
from strategies.model import RESTING
from tests.stories.cluster import Cluster, image_of, tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Of the Canary `namespace/name`, which shares its name with the apex, and in place with the Deployment."""

    cluster: Cluster
    namespace: str
    name: str
    loads: list[Load] = field(default_factory=list)

    # -- doing ------------------------------------------------------------------------------------------------------------

    async def begin(self, objects: Iterable[Obj], *, rps: float = 0) -> None:
        """Apply objects and wait until the controller has taken them over, and then for traffic, if there is to be any."""
        await self.cluster.apply(objects)
        assert await self.cluster.becomes(lambda: self.status.stable.revision is not None, True)
        assert await self.cluster.becomes(lambda: self.reachable, True)
        self.loads.append(await self.cluster.sandbox.load(self.name, self.namespace, rps))

    async def apply(self, *objects: Obj) -> None:
        """Apply more, as their owner does."""
        await self.cluster.apply(objects)

    async def configure(self, **spec: object) -> None:
        """Merge into the Canary's spec."""
        await self.cluster.patch(CANARY, self.namespace, self.name, {"spec": spec})

    async def command(self, value: str) -> None:
        """`kubectl annotate canary/… canary.delivery/command=value`."""
        patch = {"metadata": {"annotations": {COMMAND_ANNOTATION: value}}}
        await self.cluster.patch(CANARY, self.namespace, self.name, patch)

    async def scale(self, deployment: str, replicas: int) -> None:
        """`kubectl scale`."""
        await self.cluster.patch(DEPLOYMENT, self.namespace, deployment, {"spec": {"replicas": replicas}})

    # -- waiting ----------------------------------------------------------------------------------------------------------

    async def stands(self, phase: str, reason: str) -> tuple[str, str]:
        """Wait for phase and reason; what they are."""
        return await self.cluster.becomes(lambda: self.standing, (phase, reason))

    async def has_weight(self, weight: str) -> str | None:
        """Wait until the canary's share is live and the status says so; what it is."""
        return await self.cluster.becomes(lambda: self.status.weight, weight)

    async def ended(self, rollouts: int = 1) -> tuple[str, str, str]:
        """Wait for the end of the rollout of this number: phase, reason, and the version that serves."""
        assert await self.cluster.becomes(lambda: self.outcomes >= rollouts and self.status.phase in RESTING, True), self.standing
        return (*self.standing, tag(self.status.stable.image or ""))

    async def answered(self) -> tuple[str, bool, str] | None:
        """Wait until the command is taken away; verb, whether it was accepted, and why not."""
        assert (
            await self.cluster.becomes(
                lambda: COMMAND_ANNOTATION in (self.canary or {})["metadata"].get("annotations", {}), False
            )
            is False
        )
        answer = self.status.command
        return None if answer is None else (answer.verb, answer.accepted, answer.message)

    # -- looking ----------------------------------------------------------------------------------------------------------

    @property
    def canary(self) -> Obj | None:
        """The Canary as it stands."""
        return self.cluster.get(self.cluster.kind("canaries"), self.namespace, self.name)

    @property
    def status(self) -> CanaryStatus:
        """Its status."""
        return CanaryStatus.model_validate((self.canary or {}).get("status") or {})

    @property
    def standing(self) -> tuple[str, str]:
        """Phase and reason."""
        return str(self.status.phase), self.status.reason

    @property
    def outcomes(self) -> int:
        """How many rollouts have ended."""
        return max((line.number for line in self.status.history), default=0)

    @property
    def history(self) -> list[tuple[str, str]]:
        """Version and outcome of the rollouts that have ended, the newest first."""
        return [(tag(line.image), line.outcome) for line in self.status.history]

    @property
    def reachable(self) -> bool:
        """Whether every Service that a split or a client may name has a pod that answers."""
        slices = self.cluster.list(ENDPOINT_SLICES, self.namespace)
        return bool(slices) and all(
            any(endpoint["conditions"]["ready"] for endpoint in found.get("endpoints") or ()) for found in slices
        )

    @property
    def errors(self) -> Counter[str]:
        """How many requests of the traffic met an error, by the version that gave it; "" where nobody answered."""
        return +sum((load.totals.errors_by_version for load in self.loads), Counter())

    @property
    def objects(self) -> set[str]:
        """What stands in the namespace, of the kinds that Canary makes."""
        return self.cluster.objects(self.namespace)

    @property
    def pods(self) -> Counter[str]:
        """How many pods of which version there are."""
        return self.cluster.pods(self.namespace)

    @property
    def shares(self) -> dict[str, int | float | str] | None:
        """Weights by leaf, as the split has them."""
        split = self.cluster.list(self.cluster.kind("trafficsplits"), self.namespace)
        return {backend["service"]: backend["weight"] for backend in split[0]["spec"]["backends"]} if split else None

    @property
    def warnings(self) -> list[str]:
        """The sentences of the Canary's warning Events."""
        found = self.cluster.list(EVENTS, self.namespace)
        return [each["message"] for each in found if each["type"] == "Warning" and each["involvedObject"]["kind"] == "Canary"]

    def deployment(self, name: str | None = None) -> Obj:
        """A Deployment; by default the one that is tried in place."""
        found = self.cluster.get(DEPLOYMENTS, self.namespace, name or self.name)
        assert found is not None
        return found

    @property
    def held(self) -> tuple[str, bool]:
        """The version in the Deployment's template, and whether its own rollout is paused."""
        spec = self.deployment()["spec"]
        return tag(image_of(spec["template"]["spec"])), bool(spec.get("paused"))

    async def requests(self, number: int = 500) -> Counter[str]:
        """Which versions answer so many requests now."""
        return await self.cluster.requests(self.name, self.namespace, number)
