"""Objects as an API server writes them, and a look at them: the vocabulary of the controller's own tests."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from canary.controller.observe import News, observe
from canary.controller.scene import Scene, scene_of
from canary.controller.sight import Sight
from canary.k8s.names import CANARY_LABEL, HELD_ANNOTATION
from canary.k8s.port import Obj
from strategies.model import Observation, Plan, Rollout, State, Step

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
UID = "c0ffee00-1"


def metadata(name: str, **more: Any) -> Obj:
    return {"name": name, "namespace": "bookinfo", "uid": f"uid-{name}", "resourceVersion": "7", "generation": 1, **more}


def owner() -> list[Obj]:
    return [{"apiVersion": "canary.delivery/v1alpha1", "kind": "Canary", "name": "reviews", "uid": UID, "controller": True}]


def a_template(tag: str = "v1", **labels: str) -> Obj:
    container = {"name": "reviews", "image": f"reviews:{tag}"}
    return {"metadata": {"labels": {"app": "reviews", **labels}}, "spec": {"containers": [container]}}


def a_deployment(name: str = "reviews", tag: str = "v1", *, pods: int = 4, labels: dict[str, str] | None = None) -> Obj:
    """One that has finished rolling; neither labels nor annotations of its own."""
    selector = {"app": "reviews", **(labels or {})}
    return {
        "metadata": metadata(name),
        "spec": {"replicas": pods, "selector": {"matchLabels": selector}, "template": a_template(tag, **(labels or {}))},
        "status": {
            "observedGeneration": 1,
            "replicas": pods,
            "updatedReplicas": pods,
            "readyReplicas": pods,
            "availableReplicas": pods,
        },
    }


def held(deployment: Obj, *, by_us: bool = True) -> Obj:
    found = deepcopy(deployment)
    found["spec"]["paused"] = True
    if by_us:
        found["metadata"]["annotations"] = {HELD_ANNOTATION: "true"}
        found["metadata"]["labels"] = {CANARY_LABEL: "reviews"}
    return found


def a_replica_set(tag: str = "v1", *, pods: int = 4, number: int = 1, name: str | None = None) -> Obj:
    template = a_template(tag, **{"pod-template-hash": f"hash{tag}"})
    marked = {"annotations": {"deployment.kubernetes.io/revision": str(number)}, "labels": {"pod-template-hash": f"hash{tag}"}}
    return {
        "metadata": metadata(name or f"reviews-hash{tag}", **marked),
        "spec": {"replicas": pods, "template": template},
    }


def a_service(name: str = "reviews", *, ours: bool = False, **selector: str) -> Obj:
    owned = {"ownerReferences": owner(), "labels": {CANARY_LABEL: "reviews"}} if ours else {}
    ports = [{"name": "http", "port": 9080, "targetPort": "http", "protocol": "TCP", "nodePort": 30001}]
    return {"metadata": metadata(name, **owned), "spec": {"selector": selector or {"app": "reviews"}, "ports": ports}}


def a_split(stable: Any = 95, canary: Any = 5, *, ours: bool = True, name: str = "reviews", **spec: Any) -> Obj:
    backends = [{"service": "reviews-stable", "weight": stable}, {"service": "reviews-canary", "weight": canary}]
    owned = {"ownerReferences": owner()} if ours else {}
    return {"metadata": metadata(name, **owned), "spec": {"service": "reviews", "backends": backends, **spec}}


def a_slice(*pods: str, ready: bool | None = True) -> Obj:
    return {"endpoints": [{"conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "name": pod}} for pod in pods]}


def a_canary(*, annotations: dict[str, str] | None = None, deleted: bool = False, **spec: Any) -> Obj:
    more: dict[str, Any] = {"uid": UID, "finalizers": ["canary.delivery/release"]}
    if annotations is not None:
        more["annotations"] = annotations
    if deleted:
        more["deletionTimestamp"] = "2026-01-05T09:00:00Z"
    if "versions" not in spec:
        spec.setdefault("target", {"deployment": "reviews"})
    spec.setdefault("service", {"name": "reviews", "port": 9080})
    spec.setdefault("traffic", {"router": "smi"})
    return {
        "apiVersion": "canary.delivery/v1alpha1",
        "kind": "Canary",
        "metadata": {**metadata("reviews"), **more},
        "spec": spec,
    }


def a_scene(canary: Obj | None = None, state: State | None = None) -> Scene:
    return scene_of(canary or a_canary(), state or State())


def a_sight(canary: Obj | None = None, **found: Any) -> Sight:
    """At rest: v1 is held and runs, the apex stands, nothing of ours exists."""
    canary = canary or a_canary()
    running = a_replica_set()
    rest = Sight(
        scene=a_scene(canary),
        canary=canary,
        deployment=held(a_deployment()),
        rival=None,
        apex=a_service(),
        stable_leaf=None,
        canary_leaf=None,
        split=None,
        sets=(running,),
        stable_set=running,
    )
    return replace(rest, **found)


def a_pair(**found: Any) -> Sight:
    """Two Deployments side by side, with leaves of their owner's own; the spec's service may name them."""
    canary = a_canary(versions={"stable": "reviews-v2", "canary": "reviews-v3"})
    rest = Sight(
        scene=a_scene(canary),
        canary=canary,
        deployment=a_deployment("reviews-v2", "v2", labels={"version": "v2"}),
        rival=a_deployment("reviews-v3", "v3", labels={"version": "v3"}),
        apex=a_service(),
        stable_leaf=a_service("reviews-v2", app="reviews", version="v2"),
        canary_leaf=a_service("reviews-v3", app="reviews", version="v3"),
        split=None,
    )
    return replace(rest, **found)


def a_rollout(**changes: Any) -> Rollout:
    one = Rollout(
        id="c0ffee00-1",
        number=1,
        revision="2222222222",
        image="reviews:v2",
        stable_workload="reviews",
        canary_workload="reviews-canary",
        plan=Plan(steps=(Step(weight=100, hold=timedelta(minutes=1)),)),
        started_at=NOW,
        entered_at=NOW,
    )
    return replace(one, **changes)


def seen(sight: Sight, state: State | None = None) -> Observation:
    return observe(sight, state or State(), News(now=NOW, plan=Plan(steps=()), runs={}))
