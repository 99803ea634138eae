"""What stands against a rollout before it begins: each finding names the object, the field and the remedy."""

from collections.abc import Iterator

from canary.controller.sight import Sight, owned
from canary.k8s.names import CANARY_LABEL
from canary.k8s.port import Obj
from strategies.actions import Role
from strategies.model import Finding
from strategies.routers.base import RoutingError
from strategies.routers.smi import DIALECTS, backends


def findings(sight: Sight, split_version: str | None, *, provided: bool) -> tuple[Finding, ...]:
    """Everything preflight objects to, the most basic first.

    `split_version` is the TrafficSplit version that is served, `provided` says that metrics, if any, have somewhere to come from.
    """
    return (
        *_workloads(sight),
        *_apex(sight),
        *_names(sight),
        *_splits(sight, split_version),
        *_provider(provided=provided),
    )


def _workloads(sight: Sight) -> Iterator[Finding]:
    scene = sight.scene
    field = "spec.target.deployment" if scene.in_place else "spec.versions.stable"
    sides = [(sight.deployment, scene.stable, field)]
    if not scene.in_place:
        sides.append((sight.rival, scene.canary, "spec.versions.canary"))
    for found, name, where in sides:
        if found is None:
            sentence = f"{where}: there is no Deployment {name} in namespace {scene.namespace}; create it or correct the name."
            yield Finding(reason="DeploymentNotFound", sentence=sentence)
        elif (other := (found["metadata"].get("labels") or {}).get(CANARY_LABEL)) not in (None, scene.name):
            sentence = f"{where}: Deployment {name} belongs to Canary {other}; delete that one or name another Deployment."
            yield Finding(reason="ClaimedByAnother", sentence=sentence)


def _apex(sight: Sight) -> Iterator[Finding]:
    scene = sight.scene
    name, field = scene.service, "spec.service.name"
    if name is None:
        return
    if sight.apex is None:
        sentence = f"{field}: there is no Service {name} in namespace {scene.namespace}; create it or correct the name."
        yield Finding(reason="ServiceNotFound", sentence=sentence)
        return
    spec = sight.apex["spec"]
    ports = spec.get("ports") or []
    if scene.port is not None and not any(scene.port in (port.get("port"), port.get("name")) for port in ports):
        has = ", ".join(str(port.get("port")) for port in ports) or "none"
        sentence = f"spec.service.port: Service {name} has no port {scene.port} (it has {has}); name one of its ports."
        yield Finding(reason="PortNotFound", sentence=sentence)
    if not spec.get("selector"):
        sentence = f"{field}: Service {name} has no selector, so no version can be told apart behind it; give it one."
        yield Finding(reason="ServiceWithoutSelector", sentence=sentence)
        return
    for found in () if _driven(sight) else (sight.deployment, None if scene.in_place else sight.rival):
        if found is not None and not _selects(spec["selector"], found):
            workload = found["metadata"]["name"]
            sentence = f"{field}: Service {name} does not select the pods of Deployment {workload}; make its selector match them."
            yield Finding(reason="ServiceSelectsOthers", sentence=sentence)


def _driven(sight: Sight) -> bool:
    """Side by side, an adopted split stays for good, so that the apex need not lead to both versions by itself."""
    return not sight.scene.in_place and sight.split is not None and not owned(sight.split, sight.scene)


def _selects(selector: Obj, deployment: Obj) -> bool:
    labels = deployment["spec"]["template"]["metadata"].get("labels") or {}
    return selector.items() <= labels.items()


def _names(sight: Sight) -> Iterator[Finding]:
    scene = sight.scene
    if not scene.in_place:
        yield from _blind_leaves(sight)
        return
    taken = [("Deployment", scene.canary, sight.rival)]
    if scene.mesh:
        taken += [
            ("Service", scene.leaf(Role.STABLE), sight.stable_leaf),
            ("Service", scene.leaf(Role.CANARY), sight.canary_leaf),
        ]
    for kind, name, found in taken:
        if found is not None and not owned(found, scene):
            yield Finding(
                reason="NameTaken",
                sentence=f"{kind} {name} exists and was not made by this Canary, which needs the name; rename or delete it.",
            )


def _blind_leaves(sight: Sight) -> Iterator[Finding]:
    """Side by side, leaves of the owner's own are used as they are."""
    if not sight.scene.mesh:
        return
    for found in (sight.stable_leaf, sight.canary_leaf):
        if found is not None and not owned(found, sight.scene) and not found["spec"].get("selector"):
            sentence = f"Service {found['metadata']['name']} has no selector, so it leads to no version; give it one."
            yield Finding(reason="LeafWithoutSelector", sentence=sentence)


def _splits(sight: Sight, version: str | None) -> Iterator[Finding]:
    scene = sight.scene
    if not scene.mesh:
        return
    if version is None:
        yield Finding(
            reason="RouterNotInstalled",
            sentence="spec.traffic.router: smi needs the TrafficSplit CRD, which this cluster does not serve; "
            f"install one of {', '.join(sorted(DIALECTS))} or use router: replicas.",
        )
    for other in sight.other_splits:
        yield _rival_split(other, sight)
    found = sight.split
    if found is None or owned(found, scene):
        return
    if found["spec"].get("service") != scene.service:
        name, apex = found["metadata"]["name"], found["spec"].get("service")
        sentence = (
            f"TrafficSplit {name} splits Service {apex}, not {scene.service}; name another in spec.traffic.smi.trafficSplit."
        )
        yield Finding(reason="SplitOfAnotherApex", sentence=sentence)
    elif scene.in_place and not scene.split_named:
        yield _rival_split(found, sight)
    elif owners := found["metadata"].get("ownerReferences"):
        who = f"{owners[0]['kind']} {owners[0]['name']}"
        yield Finding(
            reason="SplitOwnedByAnother",
            sentence=f"TrafficSplit {found['metadata']['name']} belongs to {who}, which would write it too; remove that owner.",
        )
    else:
        yield from _strange_backends(found, sight)


def _rival_split(split: Obj, sight: Sight) -> Finding:
    name, apex = split["metadata"]["name"], sight.scene.service
    return Finding(
        reason="SplitConflict",
        sentence=f"TrafficSplit {name} splits Service {apex} already, and two splits on one apex overwrite each other; "
        f"delete it, or name it in spec.traffic.smi.trafficSplit to have it driven.",
    )


def _strange_backends(split: Obj, sight: Sight) -> Iterator[Finding]:
    leaves = {sight.scene.stable_leaf, sight.scene.canary_leaf}
    try:
        strangers = [service for service, weight in backends(split).items() if weight > 0 and service not in leaves]
    except RoutingError as error:
        yield Finding(reason="SplitUnreadable", sentence=str(error))
        return
    if strangers and not sight.scene.in_place:
        yield Finding(
            reason="SplitHasOtherBackends",
            sentence=f"TrafficSplit {split['metadata']['name']}: spec.backends names {', '.join(strangers)} beside "
            f"{' and '.join(sorted(leaves))}; remove them or give them weight 0.",
        )


def _provider(*, provided: bool) -> Iterator[Finding]:
    if not provided:
        yield Finding(
            reason="NoMetricProvider",
            sentence="spec.analysis.provider: no Prometheus is named, here or by the controller (--prometheus); "
            "name one, or say `analysis: {metrics: []}` to judge nothing on purpose.",
        )
