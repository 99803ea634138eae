"""One look at the cluster on behalf of one Canary: the objects themselves, before anything is concluded from them."""

from dataclasses import dataclass, field

from canary.controller.caches import Caches
from canary.controller.revisions import bare, named, running, template_of, with_template
from canary.controller.scene import Scene
from canary.k8s.names import CANARY_LABEL, HELD_ANNOTATION
from canary.k8s.port import Obj
from canary.k8s.resources import DEPLOYMENT, SERVICE, Resource
from strategies.model import Phase, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Objects are None where there is none.

    `sets` are the Deployment's ReplicaSets, `stable_set` the stable one of them; `canary_set` is the one that our own canary
    Deployment runs. `unread` are the Deployments whose ReplicaSets must be read before that can be said.
    """

    scene: Scene
    canary: Obj
    deployment: Obj | None
    rival: Obj | None
    apex: Obj | None
    stable_leaf: Obj | None
    canary_leaf: Obj | None
    split: Obj | None
    other_splits: tuple[Obj, ...] = ()
    sets: tuple[Obj, ...] = ()
    stable_set: Obj | None = None
    canary_set: Obj | None = None
    unread: tuple[Obj, ...] = ()
    unknown: tuple[str, ...] = ()
    slices: dict[str, list[Obj]] = field(default_factory=dict)
    pods: tuple[Obj, ...] = ()


def look(caches: Caches, scene: Scene, canary: Obj, state: State) -> Sight:
    """Gather what the caches hold. `unknown` names what has been asked for but not been answered yet.

    What a rollout makes is looked for by name only while there is one, or about to be one: at rest nothing is followed.
    """
    key = scene.key
    deployment = caches.find(DEPLOYMENT, key, scene.stable)
    sets = _sets(caches, scene, deployment)
    stable_set = _stable_set(deployment, sets, state) if deployment else None
    resting = state.rollout is None and scene.in_place and not _pending(deployment, stable_set)
    asked = [(DEPLOYMENT, scene.stable), *([(SERVICE, scene.service)] if scene.service else [])]
    if not resting:
        asked += [(DEPLOYMENT, scene.canary), *((SERVICE, leaf) for leaf in _leaves(scene))]
    unknown = tuple(f"{resource.kind} {name}" for resource, name in asked if not caches.known(resource, key, name))
    caches.release(key, keep=asked)

    def found(resource: Resource, name: str | None) -> Obj | None:
        if name is None:
            return None
        return caches.find(resource, key, name) if (resource, name) in asked else caches.ours(resource, key, name)

    rival = found(DEPLOYMENT, scene.canary)
    tried = rival if state.rollout is not None and owned(rival, scene) else None
    splits = caches.splits_of(scene.namespace, scene.service) if scene.mesh and scene.service else []
    split = _driven(scene, splits) or (caches.split(scene.namespace, scene.split) if scene.mesh else None)
    return Sight(
        scene=scene,
        canary=canary,
        deployment=deployment,
        rival=rival,
        apex=found(SERVICE, scene.service),
        stable_leaf=found(SERVICE, scene.stable_leaf) if scene.mesh else None,
        canary_leaf=found(SERVICE, scene.canary_leaf) if scene.mesh else None,
        split=split,
        other_splits=tuple(other for other in splits if other is not split),
        sets=sets,
        stable_set=stable_set,
        canary_set=_running_set(tried, _sets(caches, scene, tried)),
        unread=tuple(one for one in (deployment, tried) if one and scene.in_place and caches.replica_sets(one) is None),
        unknown=unknown,
        slices={leaf: caches.slices(scene.namespace, leaf) for leaf in _leaves(scene)},
        pods=tuple(caches.pods(key)),
    )


def _sets(caches: Caches, scene: Scene, deployment: Obj | None) -> tuple[Obj, ...]:
    return tuple(caches.replica_sets(deployment) or ()) if deployment and scene.in_place else ()


def _running_set(deployment: Obj | None, sets: tuple[Obj, ...]) -> Obj | None:
    return None if deployment is None else with_template(sets, template_of(deployment)) or running(sets)


def _pending(deployment: Obj | None, stable_set: Obj | None) -> bool:
    """Does another template than the running one stand in the Deployment?"""
    return deployment is not None and (stable_set is None or bare(template_of(deployment)) != bare(template_of(stable_set)))


def _leaves(scene: Scene) -> tuple[str, ...]:
    return (scene.stable_leaf, scene.canary_leaf) if scene.mesh else ()


def _driven(scene: Scene, splits: list[Obj]) -> Obj | None:
    """Of the splits on the apex the one that is driven: the named one, else one of ours that was made under an earlier name.

    Side by side, where nobody names one, the only one is it, whatever its name.
    """
    named_so = next((split for split in splits if split["metadata"]["name"] == scene.split), None)
    ours = next((split for split in splits if owned(split, scene)), None)
    only = splits[0] if len(splits) == 1 and not scene.in_place and not scene.split_named else None
    return named_so or ours or only


def _stable_set(deployment: Obj, sets: tuple[Obj, ...], state: State) -> Obj | None:
    """Which ReplicaSet is the stable version?

    When Kubernetes has rolled a Deployment that nobody holds, the one with its template; but never during a rollback, which knows
    where it is going. Otherwise the one that the state names, and where that names none, the one that runs.
    """
    rolled = not held(deployment) and settled(deployment)
    if rolled and state.phase is not Phase.ROLLING_BACK:
        return with_template(sets, template_of(deployment))
    return named(sets, state.stable) or running(sets)


def held(deployment: Obj) -> bool:
    """Is the Deployment's own rollout paused?"""
    return bool(deployment["spec"].get("paused"))


def held_by_us(deployment: Obj) -> bool:
    """Is it paused with our mark on it?"""
    return held(deployment) and HELD_ANNOTATION in (deployment["metadata"].get("annotations") or {})


def settled(deployment: Obj) -> bool:
    """Has Kubernetes finished rolling the Deployment to its present template, at its present size?"""
    if held(deployment):
        return True
    spec, status = deployment["spec"], deployment.get("status") or {}
    wanted = spec.get("replicas", 1)
    numbers = (status.get("replicas", 0), status.get("updatedReplicas", 0), status.get("availableReplicas", 0))
    return status.get("observedGeneration", 0) >= deployment["metadata"]["generation"] and numbers == (wanted, wanted, wanted)


def owned(obj: Obj | None, scene: Scene) -> bool:
    """Did we make this object for this Canary?"""
    owners = (obj or {}).get("metadata", {}).get("ownerReferences") or ()
    return any(owner.get("uid") == scene.uid for owner in owners)


def labelled(obj: Obj | None, scene: Scene) -> bool:
    """Does the object carry this Canary's label?"""
    return obj is not None and (obj["metadata"].get("labels") or {}).get(CANARY_LABEL) == scene.name


def theirs(sight: Sight) -> list[tuple[Resource, str, Obj]]:
    """The user's own objects that carry our label while we need them: EndpointSlices take it over from leaf services."""
    scene = sight.scene
    found = [(DEPLOYMENT, scene.stable, sight.deployment), (SERVICE, scene.service, sight.apex)]
    if not scene.in_place:
        leaves = ((scene.stable_leaf, sight.stable_leaf), (scene.canary_leaf, sight.canary_leaf))
        found.append((DEPLOYMENT, scene.canary, sight.rival))
        found.extend((SERVICE, name, leaf) for name, leaf in leaves if not owned(leaf, scene))
    return [(resource, name, obj) for resource, name, obj in found if name is not None and obj is not None]
