"""Doing what was decided: one `match` over the closed union of actions, each of them safe to lose and to repeat.

What the server answers is taken over into the caches at once, so that the next look sees what this one did.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, assert_never
from uuid import uuid4

from canary.api.command import format_command
from canary.controller import manifests
from canary.controller.caches import Caches
from canary.controller.revisions import POD_HASH, bare, named, revision_of, template_of
from canary.controller.sight import Sight, held_by_us, labelled, owned, theirs
from canary.errors import AlreadyExists, Conflict, Invalid, NotFound
from canary.k8s.names import CANARY_LABEL, COMMAND_ANNOTATION, DEFERRED_ANNOTATION, FINALIZER, HELD_ANNOTATION, ROLE_LABEL
from canary.k8s.port import KubernetesApi, Obj, Propagation
from canary.k8s.resources import CANARY, DEPLOYMENT, SERVICE, Resource, traffic_split
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
from strategies.model import Command, State

Operation = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Enacts actions. `run` starts a test or hook; it must return at once and start nothing twice."""

    api: KubernetesApi
    caches: Caches
    run: Callable[[Sight, State, Run], None]

    async def enact(self, action: Action, sight: Sight, state: State, command: Command | None) -> None:  # noqa: C901, PLR0912 - one line per action
        """Make the world as the action says. Raises the types of `canary.errors`, and RoutingError."""
        match action:
            case Adopt():
                await self._adopt(sight)
            case NameCommand():
                await self._name(sight, command)
            case Hold():
                await self._hold(sight)
            case Release(template=template):
                await self._release(sight, state, template)
            case PutTemplate(template=template):
                await self._put_template(sight, state, template)
            case EnsureLeaf(role=role):
                await self._ensure_leaf(sight, role)
            case SetWeight(canary=weight):
                await self._set_weight(sight, weight)
            case EnsureCanary(replicas=replicas):
                await self._ensure_canary(sight, state, replicas)
            case Scale(role=role, replicas=replicas):
                await self._patch(DEPLOYMENT, sight, sight.scene.workload(role), {"spec": {"replicas": replicas}})
            case DeleteCanary():
                await self._delete(DEPLOYMENT, sight, sight.scene.canary, sight.rival, Propagation.FOREGROUND)
            case DeleteSplit():
                split = sight.split
                if split is not None:
                    await self._delete(traffic_split(self._split_version(sight)), sight, split["metadata"]["name"], split)
            case DeleteLeaf(role=role):
                leaf = sight.stable_leaf if role is Role.STABLE else sight.canary_leaf
                await self._delete(SERVICE, sight, sight.scene.leaf(role), leaf)
            case Run():
                self.run(sight, state, action)
            case Farewell():
                await self._farewell(sight, state)
            case _:
                assert_never(action)

    # -- the Canary itself --------------------------------------------------------------------------------------------

    async def clear_command(self, sight: Sight) -> None:
        """Take the command annotation away, unless another command has been given meanwhile."""
        value = (sight.canary["metadata"].get("annotations") or {}).get(COMMAND_ANNOTATION)
        path = f"/metadata/annotations/{_escaped(COMMAND_ANNOTATION)}"
        operations: list[Operation] = [{"op": "test", "path": path, "value": value}, {"op": "remove", "path": path}]
        await self._json_patch(CANARY, sight, sight.scene.name, operations)

    async def _name(self, sight: Sight, command: Command | None) -> None:
        if command is None:
            return
        value = format_command(Command(verb=command.verb, id=uuid4().hex[:12], who=command.who, why=command.why))
        version = sight.canary["metadata"]["resourceVersion"]
        patch = {"metadata": {"resourceVersion": version, "annotations": {COMMAND_ANNOTATION: value}}}
        await self._patch(CANARY, sight, sight.scene.name, patch)

    async def _adopt(self, sight: Sight) -> None:
        scene, metadata = sight.scene, sight.canary["metadata"]
        finalizers = metadata.get("finalizers") or []
        if FINALIZER not in finalizers:
            patch = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": [*finalizers, FINALIZER]}}
            await self._patch(CANARY, sight, scene.name, patch)
        for resource, name, found in theirs(sight):
            if not labelled(found, scene):
                await self._patch(resource, sight, name, {"metadata": {"labels": {CANARY_LABEL: scene.name}}})

    async def _farewell(self, sight: Sight, state: State) -> None:
        scene = sight.scene
        if scene.in_place and sight.deployment is not None and held_by_us(sight.deployment):
            await self._rewrite(sight, self._template(sight, state, Template.STABLE), held=False)
        marked = {(resource, name) for resource, name, found in theirs(sight) if labelled(found, scene)}
        # Pairs of earlier rollouts carry the label, too.
        marked |= {(kind, one["metadata"]["name"]) for kind, one in self.caches.marked(scene.key) if not owned(one, scene)}
        for resource, name in sorted(marked, key=str):
            await self._patch(resource, sight, name, {"metadata": {"labels": {CANARY_LABEL: None}}})
        if sight.split is not None and not owned(sight.split, scene):
            await self._bequeath_leaves(sight)
        metadata = sight.canary["metadata"]
        finalizers = metadata.get("finalizers") or ()
        if FINALIZER not in finalizers:
            return  # said already: the watch has yet to tell that the Canary is gone
        left = [finalizer for finalizer in finalizers if finalizer != FINALIZER]
        patch = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": left}}
        await self._patch(CANARY, sight, scene.name, patch)

    async def _bequeath_leaves(self, sight: Sight) -> None:
        """A split that stays needs its leaves: they become its owner's, and lead to whatever the Deployment runs from now on."""
        nobody = dict.fromkeys((CANARY_LABEL, ROLE_LABEL, "app.kubernetes.io/managed-by"))
        patch = {
            "metadata": {"ownerReferences": None, "labels": nobody},
            "spec": {"selector": {POD_HASH: None}},
        }
        for leaf in (sight.stable_leaf, sight.canary_leaf):
            if leaf is not None and owned(leaf, sight.scene):
                await self._patch(SERVICE, sight, leaf["metadata"]["name"], patch)

    # -- the Deployment that is tried in place ---------------------------------------------------------------------------

    async def _hold(self, sight: Sight) -> None:
        deployment = _deployment(sight)
        aside = (deployment["metadata"].get("annotations") or {}).get(DEFERRED_ANNOTATION)
        await self._rewrite(sight, json.loads(aside) if aside else None, held=True)

    async def _release(self, sight: Sight, state: State, template: Template) -> None:
        aside = template is Template.TRIED
        await self._rewrite(sight, self._template(sight, state, template), held=False, set_aside=aside)

    async def _put_template(self, sight: Sight, state: State, template: Template) -> None:
        await self._rewrite(sight, self._template(sight, state, template), held=True)

    def _template(self, sight: Sight, state: State, template: Template) -> Obj | None:
        """The template that is meant, from wherever it still exists; None when it stands in the Deployment already."""
        rollout = state.rollout
        wanted = state.stable if template is Template.STABLE or rollout is None else rollout.revision
        if revision_of(template_of(_deployment(sight))) == wanted:
            return None
        source = named(sight.sets, wanted)
        if source is None and template is Template.STABLE:
            source = sight.stable_set
        if source is None and template is Template.TRIED and owned(sight.rival, sight.scene):
            source = sight.rival
        if source is None and template is Template.STABLE and not sight.sets:
            return None  # it has never run, so its own template is all there is
        if source is None:
            raise NotFound(f"No ReplicaSet of {sight.scene.stable} has the template of revision {wanted} any more.")
        return bare(template_of(source))

    async def _rewrite(self, sight: Sight, template: Obj | None, *, held: bool, set_aside: bool = False) -> None:
        """Hold or release, and change the template, in one write that fails if somebody else changed the spec meanwhile.

        Only the spec counts: the status of a Deployment that rolls is written all the time, and no rollback waits for that.
        """
        deployment = _deployment(sight)
        metadata = deployment["metadata"]
        changes: dict[str, str | None] = {HELD_ANNOTATION: "true" if held else None}
        if set_aside and template is not None:
            changes[DEFERRED_ANNOTATION] = json.dumps(bare(template_of(deployment)))
        elif held:
            changes[DEFERRED_ANNOTATION] = None
        unchanged = ("uid", "generation") if "annotations" in metadata else ("resourceVersion",)
        operations: list[Operation] = [{"op": "test", "path": f"/metadata/{name}", "value": metadata[name]} for name in unchanged]
        operations.append({"op": "add", "path": "/spec/paused", "value": held})
        if template is not None:
            operations.append({"op": "replace", "path": "/spec/template", "value": template})
        if "annotations" not in metadata:
            operations.append({"op": "add", "path": "/metadata/annotations", "value": {}})
        for name, value in changes.items():
            path = f"/metadata/annotations/{_escaped(name)}"
            # Adding first makes removing safe where there was nothing.
            operations.append({"op": "add", "path": path, "value": value or ""})
            if value is None:
                operations.append({"op": "remove", "path": path})
        await self._json_patch(DEPLOYMENT, sight, metadata["name"], operations)

    async def _set_weight(self, sight: Sight, weight: Decimal) -> None:
        version = self._split_version(sight)
        resource, manifest = traffic_split(version), manifests.split(sight, weight, version)
        apex = sight.scene.service if sight.split is None else sight.split["spec"].get("service")
        if apex != sight.scene.service and not owned(sight.split, sight.scene):
            raise AlreadyExists(f"TrafficSplit {manifest['metadata']['name']} splits Service {apex}: it is left alone.")
        if sight.split is None:
            await self._apply(resource, manifest)
        else:
            # Patched, because an apply in this version refuses an object with weights that only another version knows, as "900m".
            await self._patch(resource, sight, manifest["metadata"]["name"], {"spec": manifest["spec"]})

    async def _ensure_leaf(self, sight: Sight, role: Role) -> None:
        name, found = sight.scene.leaf(role), sight.stable_leaf if role is Role.STABLE else sight.canary_leaf
        if f"{SERVICE.kind} {name}" in sight.unknown:
            raise Conflict(f"Service {name} has not been looked up yet.")
        _yield_to(found, sight, f"Service {name}")
        await self._apply(SERVICE, manifests.leaf_service(sight, role))

    async def _ensure_canary(self, sight: Sight, state: State, replicas: int) -> None:
        deployment, rollout = _deployment(sight), state.rollout
        if sight.rival is not None and owned(sight.rival, sight.scene) and "deletionTimestamp" not in sight.rival["metadata"]:
            await self._patch(DEPLOYMENT, sight, sight.scene.canary, {"spec": {"replicas": replicas}})
            return
        _yield_to(sight.rival, sight, f"Deployment {sight.scene.canary}")
        if rollout is not None and revision_of(template_of(deployment)) != rollout.revision:
            raise Conflict(f"Deployment {sight.scene.stable} no longer has the template of revision {rollout.revision}.")
        await self._apply(DEPLOYMENT, manifests.canary_deployment(sight, replicas))

    # -- writing ----------------------------------------------------------------------------------------------------------

    def _split_version(self, sight: Sight) -> str:
        version = sight.scene.split_version or self.caches.split_version
        if version is None:
            raise NotFound("The TrafficSplit CRD is not installed.")
        return version

    async def _apply(self, resource: Resource, manifest: Obj) -> None:
        self.caches.learn(resource, await self.api.apply(resource, manifest))

    async def _patch(self, resource: Resource, sight: Sight, name: str, patch: Obj) -> None:
        self.caches.learn(resource, await self.api.merge_patch(resource, name, patch, namespace=sight.scene.namespace))

    async def _json_patch(self, resource: Resource, sight: Sight, name: str, operations: Sequence[Operation]) -> None:
        try:
            answer = await self.api.json_patch(resource, name, operations, namespace=sight.scene.namespace)
        except Invalid as error:
            if not error.causes:  # a `test` that failed: somebody wrote first
                raise Conflict(error.sentence) from error
            raise
        self.caches.learn(resource, answer)

    async def _delete(
        self, resource: Resource, sight: Sight, name: str, found: Obj | None, propagation: Propagation = Propagation.BACKGROUND
    ) -> None:
        if found is None or "deletionTimestamp" in found["metadata"]:
            return
        uid = found["metadata"]["uid"]
        await self.api.delete(resource, name, namespace=sight.scene.namespace, propagation=propagation, uid=uid)


def _yield_to(found: Obj | None, sight: Sight, what: str) -> None:
    if found is not None and not owned(found, sight.scene):
        raise AlreadyExists(f"{what} exists and was not made by this Canary, which needs the name; rename or delete it.")


def _deployment(sight: Sight) -> Obj:
    if sight.deployment is None:
        raise NotFound(f"Deployment {sight.scene.stable} is gone.")
    return sight.deployment


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
