"""From objects to an `Observation`: what the planner may know. Nothing here reads the API or the clock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from analysis.verdict import MetricVerdict
from canary.api.command import InvalidCommand, parse_command
from canary.controller.ailments import ailment
from canary.controller.revisions import LONGEST_STEM, image_of, named, pod_hash, revision_of, template_of
from canary.controller.scene import Scene
from canary.controller.sight import Sight, held, held_by_us, labelled, owned, settled, theirs
from canary.k8s.names import COMMAND_ANNOTATION, FINALIZER, ROLE_LABEL
from canary.k8s.port import Obj
from strategies.actions import Role
from strategies.model import Command, Finding, Intent, Mode, Observation, Plan, RunResult, Side, State, Traffic
from strategies.routers import ROUTERS
from strategies.routers.base import RoutingError, Split

FOREIGN = Decimal(-1)  # the share of a split that is not one between our leaves: no share at all, and put right like any other


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What reaches the planner from elsewhere than the caches."""

    now: datetime
    plan: Plan
    suspended: bool = False
    verdicts: tuple[MetricVerdict, ...] = ()
    runs: Mapping[str, RunResult]
    findings: tuple[Finding, ...] = ()


def observe(sight: Sight, state: State, news: News) -> Observation:
    """Everything that `strategies.planner.plan` may look at."""
    scene, deployment = sight.scene, sight.deployment
    stable, canary = _stable(sight, state), _canary(sight)
    command, problem = _command(sight.canary)
    tried = _tried(sight, state)
    return Observation(
        now=news.now,
        intent=_intent(sight, news),
        stable=stable,
        canary=canary,
        traffic=_traffic(sight),
        tried=tried,
        tried_image=_tried_image(sight),
        held=deployment is None or not scene.in_place or held(deployment),
        held_by_us=deployment is None or not scene.in_place or held_by_us(deployment),
        adopted=_adopted(sight),
        deleted="deletionTimestamp" in sight.canary["metadata"],
        previous=_previous(sight, state),
        previous_image=_previous_image(sight, state),
        command=command,
        command_problem=problem,
        verdicts=news.verdicts,
        runs=news.runs,
        findings=news.findings,
    )


def split_of(scene: Scene, canary: Decimal) -> Split:
    """The split that gives the canary this share."""
    return Split(apex=scene.service or "", stable_leaf=scene.stable_leaf, canary_leaf=scene.canary_leaf, canary=canary)


def leaf_selector(sight: Sight, role: Role) -> dict[str, str] | None:
    """What the leaf Service of a role must select: exactly that version. None while that can't be said yet."""
    scene = sight.scene
    if not scene.in_place:
        workload = sight.deployment if role is Role.STABLE else sight.rival
        return None if workload is None else _pod_labels(workload)
    apex = dict((sight.apex or {}).get("spec", {}).get("selector") or {})
    if role is Role.CANARY:
        return {**apex, ROLE_LABEL: str(Role.CANARY)}
    return None if sight.stable_set is None else {**apex, "pod-template-hash": pod_hash(sight.stable_set)}


def _pod_labels(workload: Obj) -> dict[str, str]:
    """What tells its pods: the selector's labels, or where it has only expressions, all labels of the template."""
    return dict(workload["spec"]["selector"].get("matchLabels") or template_of(workload)["metadata"].get("labels") or {})


def _intent(sight: Sight, news: News) -> Intent:
    spec, scene = sight.canary["spec"], sight.scene
    pair = (scene.stable, scene.canary)
    if not scene.in_place:
        pair = (spec["versions"]["stable"], spec["versions"]["canary"])
    return Intent(
        mode=scene.mode,
        plan=news.plan,
        stable_workload=pair[0],
        canary_workload=pair[1],
        suspended=news.suspended,
        uid=scene.uid,
    )


def _stable(sight: Sight, state: State) -> Side:
    scene, deployment = sight.scene, sight.deployment
    if deployment is None:
        return Side(workload=scene.stable, leaf_ours=owned(sight.stable_leaf, scene))
    side = _side(sight, Role.STABLE, deployment)
    if not scene.in_place:
        return side
    known = sight.stable_set
    template = template_of(known) if known else None
    # A held Deployment's running version keeps its name, even if a newer cluster fills in defaults that change its hash.
    revision = None if template is None else revision_of(template)
    if known is not None and held(deployment) and state.stable is not None and named(sight.sets, state.stable) is None:
        revision = state.stable
    return replace(side, revision=revision, image=image_of(template) if template else None)


def _canary(sight: Sight) -> Side:
    scene = sight.scene
    if sight.rival is None or (scene.in_place and not owned(sight.rival, scene)):
        return Side(
            workload=scene.canary,
            leaf_live=_leaf_live(sight, Role.CANARY),
            leaf_ours=owned(sight.canary_leaf, scene),
        )
    return _side(sight, Role.CANARY, sight.rival)


def _side(sight: Sight, role: Role, deployment: Obj) -> Side:
    scene, status = sight.scene, deployment.get("status") or {}
    template = template_of(deployment)
    sick = ailment(deployment, sight.pods if role is Role.CANARY and scene.in_place else ())
    leaf = sight.stable_leaf if role is Role.STABLE else sight.canary_leaf
    return Side(
        workload=scene.workload(role),
        found=True,
        revision=_revision(scene, deployment),
        image=image_of(template),
        wanted=deployment["spec"].get("replicas", 1),
        ready=status.get("readyReplicas", 0),
        pods=status.get("replicas", 0),
        endpoints=_endpoints(sight, role),
        leaf_live=_leaf_live(sight, role),
        leaf_ours=owned(leaf, scene),
        settled=settled(deployment),
        problem=sick.sentence if sick else None,
        broken=bool(sick and sick.hopeless),
    )


def _revision(scene: Scene, deployment: Obj) -> str:
    """Side by side the workload is part of the name: the same template under another name is another version."""
    name = revision_of(template_of(deployment))
    return name if scene.in_place else f"{deployment['metadata']['name']}-{name}"


def _endpoints(sight: Sight, role: Role) -> int:
    """Ready endpoints behind a leaf that really are pods of that version: slices lag behind a changed selector."""
    scene = sight.scene
    prefix = f"{scene.workload(role)}-"
    if scene.in_place and role is Role.STABLE:
        prefix = f"{sight.stable_set['metadata']['name']}-" if sight.stable_set else "-"
    ready = {
        (endpoint.get("targetRef") or {}).get("name", "")
        for found in sight.slices.get(scene.leaf(role), ())
        for endpoint in found.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready") is not False
    }
    return sum(name.startswith(prefix[:LONGEST_STEM]) for name in ready)


def _leaf_live(sight: Sight, role: Role) -> bool:
    leaf = sight.stable_leaf if role is Role.STABLE else sight.canary_leaf
    if not sight.scene.mesh:
        return True
    if leaf is None or "deletionTimestamp" in leaf["metadata"]:
        return False
    wanted, selector = leaf_selector(sight, role), leaf["spec"].get("selector") or {}
    if sight.apex is None:
        return bool(selector)  # nothing to compare it with, and it serves what it served
    if wanted is None:
        return False
    return selector == wanted if owned(leaf, sight.scene) else bool(selector)


def _traffic(sight: Sight) -> Traffic:
    scene, found = sight.scene, sight.split
    if not scene.mesh or found is None or "deletionTimestamp" in found["metadata"]:
        return Traffic()
    router = ROUTERS[scene.router]
    try:
        share = router.read(found, split_of(scene, Decimal(0)))
    except RoutingError:
        share = None
    acknowledged = router.acknowledged(found)
    return Traffic(
        canary=FOREIGN if share is None else share,
        acknowledged=acknowledged is not False,
        ours=owned(found, scene),
    )


def _tried(sight: Sight, state: State) -> str | None:
    if not sight.scene.in_place:
        return None if sight.rival is None else _revision(sight.scene, sight.rival)
    if sight.deployment is None:
        return None
    template = template_of(sight.deployment)
    known = sight.stable_set
    if known is not None and revision_of(template_of(known)) == revision_of(template):
        return _stable(sight, state).revision
    return revision_of(template)


def _tried_image(sight: Sight) -> str:
    source = sight.deployment if sight.scene.in_place else sight.rival
    return "" if source is None else image_of(template_of(source))


def _previous(sight: Sight, state: State) -> str | None:
    if sight.scene.mode is Mode.IN_PLACE:
        return state.previous if named(sight.sets, state.previous) is not None else None
    replaced = state.stable_workload == sight.scene.canary and state.previous is not None
    return _revision(sight.scene, sight.deployment) if replaced and sight.deployment is not None else None


def _previous_image(sight: Sight, state: State) -> str:
    source = named(sight.sets, state.previous) if sight.scene.in_place else sight.deployment
    return "" if source is None else image_of(template_of(source))


def _adopted(sight: Sight) -> bool:
    scene = sight.scene
    marked = FINALIZER in (sight.canary["metadata"].get("finalizers") or ())
    return marked and all(labelled(found, scene) for _, _, found in theirs(sight))


def _command(canary: Obj) -> tuple[Command | None, str | None]:
    value = (canary["metadata"].get("annotations") or {}).get(COMMAND_ANNOTATION)
    if value is None:
        return None, None
    try:
        return parse_command(value), None
    except InvalidCommand as error:
        return None, error.sentence
