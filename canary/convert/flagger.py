"""Canaries of Flagger, and the MetricTemplates that they name, as ours.

There an interval is both the time between two checks and the length of a step, and failed checks of all metrics add up to one
threshold; here a step has a hold of its own, and each metric its own patience.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from canary.convert.fields import Fields
from canary.convert.flagger_analysis import Metrics, bounds_of, find
from canary.convert.flagger_calls import Calls, read_calls
from canary.convert.flagger_metrics import Made, Source, read_source, template_of
from canary.convert.notes import Notes, Translation
from canary.convert.routers import router_for
from canary.convert.words import a_canary, called, metadata_of, span, spell
from canary.errors import Invalid
from canary.k8s.port import Obj
from strategies.spec.ladder import MOST_STEPS

GROUP = "flagger.app"
_MESH = "It belongs to the mesh, or to the route that you keep: write it there."
_SERVICE = ("portName", "targetPort", "appProtocol", "portDiscovery", "headless", "trafficDistribution", "unmanagedMetadata")
_ROUTE = (
    *(
        "timeout",
        "backendTimeout",
        "gateways",
        "gatewayRefs",
        "hosts",
        "delegation",
        "trafficPolicy",
        "match",
        "rewrite",
        "retries",
    ),
    *("headers", "mirror", "corsPolicy", "meshName", "backends", "apex", "primary", "canary"),
)
_SHARE = 5
_SHORTEST = timedelta(seconds=10)  # what Flagger makes of anything shorter


def convert_all(canaries: Sequence[Obj], templates: Sequence[Obj]) -> Translation:
    """All of them together, since the arguments of a template depend on the Canaries that name it. Raises Invalid."""
    made = [_made(read_source(obj), canaries) for obj in templates]
    translated = [_Canary(obj, made).convert() for obj in canaries]
    objects = [(f"MetricTemplate {each.source.name}", each.obj) for each in made if each.obj is not None]
    notes = [note for each in made for note in (*each.source.notes, *each.notes)]
    notes += [note for each in translated for note in each.notes]
    return Translation(
        objects=(*objects, *(obj for each in translated for obj in each.objects)), notes=tuple(dict.fromkeys(notes))
    )


def _made(source: Source, canaries: Sequence[Obj]) -> Made:
    """Its bounds are the most that a Canary gives which names it; it is the cluster's where one of another namespace does."""
    bare = Made(source=source, kind="AnalysisTemplate", bounds=(), obj=None, notes=())
    shapes, namespaces = set[tuple[str, ...]](), set[str | None]()
    for canary in canaries:
        namespace = metadata_of(canary).get("namespace")
        unheard = Notes(called(canary))
        for metric in Fields(canary.get("spec"), "spec", unheard).within("analysis").each("metrics"):
            ref = metric.within("templateRef")
            if find([bare], ref.text("name"), ref.text("namespace") or namespace) is not None:
                shapes.add(bounds_of(metric).given)
                namespaces.add(namespace)
    shared = bool(namespaces - {source.namespace, None})
    bounds = max(shapes, key=len, default=()) or ("max",)
    return template_of(source, "ClusterAnalysisTemplate" if shared else "AnalysisTemplate", bounds)


class _Canary:
    def __init__(self, obj: Obj, made: Sequence[Made]) -> None:
        self._obj, self._made = obj, made
        self._notes = Notes(called(obj))
        self._metadata = metadata_of(obj)

    def convert(self) -> Translation:
        spec = Fields(self._obj.get("spec"), "spec", self._notes)
        target = self._target(spec.within("targetRef"))
        ours: Obj = {
            "target": {"deployment": target},
            "service": self._service(spec.within("service"), target),
            "traffic": {"router": self._router(spec)},
        }
        analysis = spec.within("analysis")
        interval = max(_SHORTEST, span(analysis.text("interval", "1m"), f"{self._notes.about}: {analysis.at('interval')}"))
        calls = read_calls(analysis, self._metadata["name"], self._metadata.get("namespace"))
        ours["strategy"] = {"progressive": {"steps": self._steps(analysis, interval, calls)}}
        ours |= {name: value for name, value in (("tests", calls.tests), ("hooks", calls.hooks)) if value}
        if scale := _scale(spec, analysis):
            ours["scale"] = scale
        ours["analysis"] = self._analysis(spec, analysis, interval)
        if spec.take("suspend"):
            ours["suspend"] = True
        self._leftovers(spec, analysis)
        about = self._notes.about
        return Translation(objects=((about, a_canary(self._metadata, ours)),), notes=self._notes.all())

    def _target(self, ref: Fields) -> str:
        kind, name = ref.text("kind", "Deployment"), ref.text("name")
        ref.take("apiVersion")
        if kind != "Deployment" or not name:
            raise Invalid(f"{self._notes.about}: {ref.path} is a {kind}, and only a Deployment can be tried.")
        self._notes.differs(ref.path, f"No {name}-primary is kept: give {name} its replicas back before that one goes.")
        return name

    def _service(self, service: Fields, target: str) -> Obj:
        name, port = service.text("name", target), service.whole("port", 80)
        sentence = (
            f"Service {name} is yours to keep, with a selector of the pods of {target}; Flagger made it, for {target}-primary."
        )
        self._notes.differs(service.path, sentence)
        service.not_needed("The Service that you keep says it.", *_SERVICE)
        service.left_out(_MESH, *_ROUTE)
        return {"name": name, "port": port}

    def _router(self, spec: Fields) -> str:
        if provider := spec.text("provider"):
            return router_for(provider, spec.at("provider"), self._notes)
        self._notes.differs(
            spec.at("provider"), "It is not given, and Flagger's --mesh-provider is not known here: written is smi."
        )
        return "smi"

    def _steps(self, analysis: Fields, interval: timedelta, calls: Calls) -> list[Obj]:
        if iterations := analysis.whole("iterations", 0):
            matched = bool(analysis.take("match"))
            how = "requests that match go to the canary" if matched else "it is tried without live traffic"
            sentence = f"There is no strategy in which {how}: written is a step of {_SHARE} % of live traffic."
            self._notes.left_out(analysis.at("match" if matched else "iterations"), sentence)
            rungs = [(_SHARE, interval * iterations)]
        else:
            rungs = [(weight, interval) for weight in self._weights(analysis)]
        analysis.left_out("Traffic is split by weight only.", "match", "mirror", "mirrorWeight")
        steps = []
        for number, (weight, hold) in enumerate(rungs):
            tests = [*(calls.first if number == 0 else ()), *calls.every]
            steps.append({"weight": weight, "hold": spell(hold), **({"tests": tests} if tests else {})})
        return steps

    def _weights(self, analysis: Fields) -> list[int]:
        given, most, step = analysis.take("stepWeights"), analysis.whole("maxWeight", 100), analysis.whole("stepWeight", 0)
        if isinstance(given, list):
            weights = [min(weight, 100) for weight in given if isinstance(weight, int)]
        else:
            weights = [*range(step, most, step), most] if step > 0 else []
        rising = [weight for index, weight in enumerate(weights) if weight > max(weights[:index], default=0)]
        if not rising:
            raise Invalid(f"{self._notes.about}: {analysis.path} has neither stepWeight, stepWeights nor iterations.")
        if len(rising) > MOST_STEPS:
            self._notes.differs(analysis.at("stepWeight"), f"A ladder has at most {MOST_STEPS} steps: some weights are skipped.")
            rising = [rising[index * (len(rising) - 1) // (MOST_STEPS - 1)] for index in range(MOST_STEPS)]
        return rising

    def _analysis(self, spec: Fields, analysis: Fields, interval: timedelta) -> Obj:
        failures = max(1, analysis.whole("threshold", 1))
        read = Metrics(self._made, self._metadata.get("namespace"), self._refs(), failures, self._notes)
        given = list(analysis.each("metrics"))
        for metric in given:
            read.read(metric)
        found = bool(read.templates or read.metrics)
        if failures > 1 and found:
            sentence = "Failed checks count for each metric by itself, not for all of them together."
            self._notes.differs(analysis.at("threshold"), sentence)
        address = spec.text("metricsServer").rstrip("/")
        if spec.take("skipAnalysis"):
            return {"metrics": []}
        if not found:
            judged = (
                "With its metrics left out, errors and latency are"
                if given
                else "Nothing judges it: without metrics: [], errors and latency would be"
            )
            self._notes.differs(analysis.at("metrics"), f"{judged} compared with stable's.")
        return {
            **({"provider": {"prometheus": {"address": address}}} if address else {}),
            "interval": spell(interval),
            **({"templates": read.templates} if read.templates else {}),
            **({"metrics": read.metrics} if read.metrics or not given else {}),
        }

    def _refs(self) -> dict[str, str]:
        """What queries may ask for of the objects that the Canary names."""
        given = {name: (self._obj.get("spec") or {}).get(f"{name}Ref") for name in ("ingress", "route")}
        return {name: str(ref.get("name")) for name, ref in given.items() if isinstance(ref, Mapping)}

    def _leftovers(self, spec: Fields, analysis: Fields) -> None:
        analysis.not_needed("A promotion takes all traffic over as soon as the new pods are ready.", "stepWeightPromotion")
        analysis.not_needed("Stable is not restarted.", "primaryReadyThreshold")
        analysis.left_out("A hook with when: [onEvent] tells another system.", "alerts")
        analysis.left_out("Traffic is split by weight only.", "sessionAffinity")
        spec.not_needed("The Deployment's own autoscaler goes on scaling it; the canary follows.", "autoscalerRef")
        spec.not_needed("A deleted Canary always gives the Deployment back.", "revertOnDeletion")
        spec.left_out("Traffic is split by weight only.", "ingressRef", "routeRef", "upstreamRef")
        spec.rest()


def _scale(spec: Fields, analysis: Fields) -> Obj:
    deadline, ready = spec.whole("progressDeadlineSeconds", 600), analysis.whole("canaryReadyThreshold", 100)
    return {**({"deadline": f"{deadline}s"} if deadline != 600 else {}), **({"ready": f"{ready}%"} if ready != 100 else {})}
