"""Rollouts of Argo as a Deployment, which is what they are, and a Canary beside it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from canary.convert.argo_analysis import Analyses
from canary.convert.argo_steps import Ladder
from canary.convert.argo_templates import Converted
from canary.convert.fields import Fields
from canary.convert.notes import Notes, Translation
from canary.convert.routers import router_for
from canary.convert.words import a_canary, called, metadata_of, spell
from canary.errors import Invalid
from canary.k8s.port import Obj
from strategies.routers import REPLICAS

GROUP = "argoproj.io"
_DEPLOYMENT = ("replicas", "selector", "template", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds", "paused")
_SHARE = 5
_OWN_PODS = "Pods are the Deployment's: write it into its template."


def convert_rollout(obj: Obj, templates: Sequence[Converted], ports: Mapping[tuple[str | None, str], int]) -> Translation:
    """One Rollout; `ports` are those of the Services at hand, by namespace and name. Raises Invalid."""
    return _Rollout(obj, templates, ports).convert()


class _Rollout:
    def __init__(self, obj: Obj, templates: Sequence[Converted], ports: Mapping[tuple[str | None, str], int]) -> None:
        self._obj, self._ports = obj, ports
        self._about = called(obj)
        self._notes = Notes(self._about)
        self._metadata = metadata_of(obj)
        self._analyses = Analyses(templates, obj, self._notes)

    def convert(self) -> Translation:
        spec = Fields(self._obj.get("spec"), "spec", self._notes)
        deadline = spec.whole("progressDeadlineSeconds", 600)
        made: list[tuple[str, Obj]] = []
        if "workloadRef" in spec:
            target = self._workload(spec.within("workloadRef"))
        else:
            target = self._metadata["name"]
            made.append((self._about, self._deployment()))
        for name in _DEPLOYMENT:
            spec.take(name)
        ours: Obj = {"target": {"deployment": target}}
        strategy = spec.within("strategy")
        ours |= (
            self._blue_green(strategy.within("blueGreen")) if "blueGreen" in strategy else self._canary(strategy.within("canary"))
        )
        if deadline != 600:
            ours.setdefault("scale", {})["deadline"] = f"{deadline}s"
        spec.not_needed("A canary whose pods don't get ready is rolled back.", "progressDeadlineAbort")
        spec.not_needed("What was measured is kept for as long as the controller's --retention says.", "analysis")
        spec.left_out(
            "A version that was seen before is tried like any other; `canary promote` ships it at once.", "rollbackWindow"
        )
        spec.left_out("`kubectl rollout restart` of the Deployment tries a restart like any new version.", "restartAt")
        spec.rest()
        ours |= self._analyses.ours(a_canary(self._metadata, ours))
        return Translation(objects=(*made, (self._about, a_canary(self._metadata, ours))), notes=self._notes.all())

    def _workload(self, ref: Fields) -> str:
        kind, name = ref.text("kind"), ref.text("name")
        if kind != "Deployment":
            raise Invalid(f"{self._about}: spec.workloadRef is a {kind}, and only a Deployment can be tried.")
        ref.take("apiVersion")
        ref.not_needed("The Deployment runs by itself: give it its replicas back before the Rollout goes.", "scaleDown")
        return name

    def _deployment(self) -> Obj:
        given = self._obj.get("spec") or {}
        spec = {name: given[name] for name in _DEPLOYMENT if given.get(name) is not None}
        sentence = "A Rollout's pods become a Deployment's: apply it, wait until it is ready, then delete the Rollout."
        self._notes.differs("spec.template", sentence)
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": self._metadata, "spec": spec}

    # -- strategies -----------------------------------------------------------------------------------------------------

    def _canary(self, canary: Fields) -> Obj:
        stable, trial = canary.text("stableService"), canary.text("canaryService")
        ladder = Ladder(self._analyses.read)
        if "analysis" in canary:
            self._analyses.read(canary.within("analysis"))
        ladder.read(canary)
        ours: Obj = self._traffic(canary.within("trafficRouting"), canary.at("stableService"), stable, trial)
        if drain := canary.whole("scaleDownDelaySeconds", 0):
            ours["traffic"]["drain"] = f"{drain}s"
        if steps := ladder.steps():
            ours["strategy"] = {"progressive": {"steps": steps}}
        else:
            self._notes.differs(
                "spec.strategy.canary.steps", "There are none: a Canary climbs to 5, 25, 50 and 100 % by default."
            )
        if ladder.scale is not None:
            ours["scale"] = {"canary": ladder.scale}
        self._leftovers(canary)
        return ours

    def _leftovers(self, canary: Fields) -> None:
        canary.not_needed("No pod of stable makes way for the canary's.", "maxSurge", "maxUnavailable")
        canary.not_needed("After weight 0 pods drain, then go.", "abortScaleDownDelaySeconds", "scaleDownDelayRevisionLimit")
        canary.left_out("Stable keeps its size, so that it can take everything back at once.", "dynamicStableScale")
        canary.left_out(_OWN_PODS, "antiAffinity", "canaryMetadata", "stableMetadata")
        canary.left_out("scale.canary sets a number of pods.", "minPodsPerReplicaSet")
        canary.left_out("scale.ready sets the share of pods that must be ready.", "replicaProgressThreshold")

    def _blue_green(self, given: Fields) -> Obj:
        """Nearest to it: one small step, long enough to be judged, and then everything."""
        active = given.text("activeService")
        approval = given.take("autoPromotionEnabled") is False
        hold = timedelta(seconds=given.whole("autoPromotionSeconds", 60) or 60)
        for name in ("prePromotionAnalysis", "postPromotionAnalysis"):
            if name in given:
                hold = max(hold, self._analyses.read(given.within(name)))
        ours = self._traffic(Fields(None, "", self._notes), given.at("activeService"), active, given.text("previewService"))
        if drain := given.whole("scaleDownDelaySeconds", 0):
            ours["traffic"]["drain"] = f"{drain}s"
        step = {"weight": _SHARE, "hold": spell(hold), **({"approval": True} if approval else {})}
        self._notes.left_out(given.path, f"There is no preview: written is a step of {_SHARE} % of live traffic, then all of it.")
        given.not_needed("The canary is as large as its share of traffic asks for.", "previewReplicaCount")
        given.not_needed("After weight 0 pods drain, then go.", "abortScaleDownDelaySeconds", "scaleDownDelayRevisionLimit")
        given.left_out(_OWN_PODS, "antiAffinity", "activeMetadata", "previewMetadata")
        given.not_needed("No pod of stable makes way for the canary's.", "maxUnavailable")
        return {**ours, "strategy": {"progressive": {"steps": [step]}}}

    def _traffic(self, routing: Fields, at: str, stable: str, trial: str) -> Obj:
        apex = stable
        router = REPLICAS
        for name in ("smi", "istio", "nginx", "traefik", "apisix", "alb", "ambassador", "appMesh", "plugins"):
            if name not in routing:
                continue
            router = router_for(name, routing.at(name), self._notes)
            inner = routing.within(name)
            apex = (inner.text("rootService") or stable) if name == "smi" else stable
            inner.not_needed("The split is named after the Service; delete the Rollout's own before.", "trafficSplitName")
        if not apex:
            return {"traffic": {"router": router}}
        for unused in sorted({stable, trial} - {apex, ""}):
            self._notes.not_needed(at, f"Leaf Services are made and removed: delete Service {unused}.")
        self._notes.differs(at, f"Take the label rollouts-pod-template-hash out of the selector of Service {apex}.")
        return {"service": {"name": apex, "port": self._port(apex, at)}, "traffic": {"router": router}}

    def _port(self, service: str, at: str) -> int:
        namespace = self._metadata.get("namespace")
        found = self._ports.get((namespace, service), self._ports.get((None, service)))
        if found is not None:
            return found
        pods = Fields(self._obj.get("spec"), "spec", Notes(self._about)).within("template").within("spec")
        ports = (port.whole("containerPort", 80) for container in pods.each("containers") for port in container.each("ports"))
        port = next(ports, 80)
        self._notes.left_out(at, f"Service {service} is not in these files: is {port} its port? Correct service.port.")
        return port
