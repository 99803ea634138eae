"""Deployments: one ReplicaSet per template, rolled from the old to the new one, scaled, paused, undone.

The rules are those of Kubernetes' deployment controller as far as a user can see them: a change of the template while paused
makes no ReplicaSet, and scaling while paused scales the active one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from canary.sandbox.objects import Object, is_deleting, metadata, name_of, namespace_of
from canary.sandbox.resources import DEPLOYMENTS, PODS, REPLICA_SETS, Resource
from canary.sandbox.store import Store
from canary.sandbox.watches import Event
from canary.sandbox.workloads.conditions import condition, with_condition
from canary.sandbox.workloads.controllers import Key
from canary.sandbox.workloads.notes import Notes
from canary.sandbox.workloads.owners import claimed, controller_of, is_controlled_by, owner_reference
from canary.sandbox.workloads.progress import PROGRESSING, counted, is_complete, seconds_left, with_pause, with_progress
from canary.sandbox.workloads.revisions import (
    DESIRED,
    MOST,
    REVISION,
    inherited,
    revision_of,
    sized_for,
    with_revision,
)
from canary.sandbox.workloads.rolling import Limits, Member, grown, limits_of, proportional, replicas_of, shrunk
from canary.sandbox.workloads.templates import HASH_LABEL, hash_of, same_template, without_hash

DEFAULT_HISTORY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A Deployment with its ReplicaSets: the one of its present template, None while there is none, and the others."""

    deployment: Object
    new: Object | None
    old: tuple[Object, ...]

    @property
    def everyone(self) -> tuple[Object, ...]:
        return (*self.old, self.new) if self.new else self.old

    @property
    def active(self) -> list[Object]:
        return [each for each in self.everyone if replicas_of(each) > 0]

    @property
    def limits(self) -> Limits:
        return limits_of(self.deployment)


class Deployments:
    resource = DEPLOYMENTS

    def __init__(self, store: Store) -> None:
        self._store = store
        self._notes = Notes(store, "deployment-controller")

    def concerned(self, resource: Resource, event: Event) -> Iterable[Key]:
        if resource == DEPLOYMENTS:
            yield namespace_of(event.object), name_of(event.object)
        elif resource == REPLICA_SETS:
            owner = controller_of(event.object)
            if owner and owner["kind"] == "Deployment":
                yield namespace_of(event.object), owner["name"]
        elif resource == PODS and event.type == "DELETED":
            yield from self._recreating(event.object)

    def _recreating(self, pod: Object) -> Iterable[Key]:
        """Deployments of type Recreate wait for the last old pod."""
        for each in self._store.list(DEPLOYMENTS, namespace_of(pod)):
            if _recreates(each):
                yield namespace_of(each), name_of(each)

    def reconcile(self, namespace: str, name: str) -> float | None:
        deployment = self._store.get(DEPLOYMENTS, namespace, name)
        if deployment is None:
            return None
        rolling = not is_deleting(deployment) and self._act(self._family(deployment))
        return self._report(namespace, name, judged=rolling)

    def _act(self, family: Family) -> bool:
        """Do one step; whether a rollout is what was worked on, and its progress to be judged."""
        if family.deployment["spec"].get("paused"):
            self._annotate(family)
            self._scale(family)
            self._clean(family)
            return False
        if _was_scaled(family):
            self._scale(family)
            return False
        if _recreates(family.deployment):
            self._recreate(family)
        else:
            self._roll(self._with_new(family))
        if is_complete(family.deployment, family.deployment.get("status") or {}):
            self._clean(family)
        return True

    def _family(self, deployment: Object) -> Family:
        sets = claimed(self._store, REPLICA_SETS, deployment)
        template = deployment["spec"]["template"]
        new = next((each for each in sets if same_template(each["spec"]["template"], template)), None)
        return Family(deployment=deployment, new=new, old=tuple(each for each in sets if each is not new))

    def _with_new(self, family: Family) -> Family:
        """Make the ReplicaSet of the present template when there is none; number it as the newest revision."""
        if family.new is None:
            made = self._store.create(REPLICA_SETS, self._replica_set(family))
            self._progress(family.deployment, "NewReplicaSetCreated", f'Created new replica set "{name_of(made)}"')
            family = Family(deployment=family.deployment, new=made, old=family.old)
        return self._annotate(family)

    def _replica_set(self, family: Family) -> Object:
        deployment, spec = family.deployment, family.deployment["spec"]
        hashed = {HASH_LABEL: hash_of(spec["template"])}
        template = without_hash(spec["template"])
        template["metadata"]["labels"] |= hashed
        selector = {**spec["selector"], "matchLabels": {**(spec["selector"].get("matchLabels") or {}), **hashed}}
        return {
            "metadata": {
                "name": f"{name_of(deployment)}-{hashed[HASH_LABEL]}",
                "namespace": namespace_of(deployment),
                "labels": template["metadata"]["labels"],
                "annotations": inherited(deployment),
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {
                "replicas": 0,
                "minReadySeconds": spec.get("minReadySeconds", 0),
                "selector": selector,
                "template": template,
            },
        }

    def _annotate(self, family: Family) -> Family:
        """The ReplicaSet in use has the highest revision, and the Deployment carries its number."""
        if family.new is None:
            return family
        highest = max((revision_of(each) for each in family.old), default=0)
        deployment, new = family.deployment, family.new
        if revision_of(new) <= highest or inherited(deployment).items() - metadata(new).get("annotations", {}).items():
            number = revision_of(new) if revision_of(new) > highest else highest + 1
            new = self._store.mutate(
                REPLICA_SETS, namespace_of(new), name_of(new), lambda each: with_revision(each, number, inherited(deployment))
            )
        if revision_of(deployment) != revision_of(new):
            number = revision_of(new)
            deployment = self._store.mutate(
                DEPLOYMENTS,
                namespace_of(deployment),
                name_of(deployment),
                lambda each: each["metadata"].setdefault("annotations", {}).update({REVISION: str(number)}),
            )
        return Family(deployment=deployment, new=new, old=family.old)

    def _scale(self, family: Family) -> None:
        """Bring the active ReplicaSet to the wanted size; in the middle of a rollout each of them by its share."""
        active, limits = family.active, family.limits
        if len(active) <= 1:
            newest = active[0] if active else family.new or (family.old[-1] if family.old else None)
            if newest is not None:
                self._size(family, newest, limits.replicas)
            return
        if family.new is not None and _is_saturated(family.new, limits):
            for each in family.old:
                self._size(family, each, 0)
        else:
            current = (family.deployment.get("status") or {}).get("replicas", 0)
            sizes = proportional(limits, [_member(each) for each in active], current)
            for each in active:
                self._size(family, each, sizes.get(name_of(each), replicas_of(each)))

    def _roll(self, family: Family) -> None:
        """Grow the new one, or, when it can't grow now, shrink the old ones."""
        assert family.new is not None
        new, old = _member(family.new), [_member(each) for each in family.old]
        size = grown(family.limits, new, old)
        if self._size(family, family.new, size):
            return
        sizes = shrunk(family.limits, new, old)
        for each in family.old:
            self._size(family, each, sizes.get(name_of(each), replicas_of(each)))

    def _recreate(self, family: Family) -> None:
        """First everything old goes, to the last pod; only then the new one comes."""
        for each in family.old:
            self._size(family, each, 0)
        pods = self._store.list(PODS, namespace_of(family.deployment))
        if any(is_controlled_by(pod, each) for pod in pods for each in family.old):
            return
        family = self._with_new(family)
        assert family.new is not None
        self._size(family, family.new, family.limits.replicas)

    def _size(self, family: Family, target: Object, size: int) -> bool:
        """Write the wanted number and what it was derived from; whether the number changed."""
        before, limits = replicas_of(target), family.limits
        if before == size == 0:
            return False
        self._store.mutate(REPLICA_SETS, namespace_of(target), name_of(target), lambda each: sized_for(each, size, limits))
        if before == size:
            return False
        direction = "up" if size > before else "down"
        message = f"Scaled {direction} replica set {name_of(target)} from {before} to {size}"
        self._notes.say(family.deployment, "ScalingReplicaSet", message)
        return True

    def _clean(self, family: Family) -> None:
        """Forget the oldest empty ReplicaSets beyond the history limit."""
        limit = family.deployment["spec"].get("revisionHistoryLimit")
        kept = DEFAULT_HISTORY if limit is None else limit
        empty = [each for each in family.old if not replicas_of(each) and not (each.get("status") or {}).get("replicas")]
        for each in sorted(empty, key=revision_of)[: max(0, len(family.old) - kept)]:
            self._store.delete(REPLICA_SETS, namespace_of(each), name_of(each))

    def _progress(self, deployment: Object, reason: str, message: str) -> None:
        new = condition(PROGRESSING, "True", reason, message, self._store.now())

        def change(each: Object) -> None:
            status = each.setdefault("status", {})
            status["conditions"] = with_condition(status.get("conditions") or [], new)

        self._store.mutate(DEPLOYMENTS, namespace_of(deployment), name_of(deployment), change, status=True)

    def _report(self, namespace: str, name: str, *, judged: bool) -> float | None:
        deployment = self._store.get(DEPLOYMENTS, namespace, name)
        if deployment is None:
            return None
        family, now = self._family(deployment), self._store.now()
        status = with_pause(deployment, counted(deployment, family.new, family.everyone, now), now)
        if judged:
            status = with_progress(deployment, status, family.new, now)
        written = self._store.mutate(DEPLOYMENTS, namespace, name, lambda each: each.update(status=status), status=True)
        return seconds_left(written, now)


def _recreates(deployment: Object) -> bool:
    return (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"


def _was_scaled(family: Family) -> bool:
    """Whether an active ReplicaSet was sized for another number of replicas than is wanted now."""
    wanted = [(metadata(each).get("annotations") or {}).get(DESIRED) for each in family.active]
    return any(each is not None and int(each) != family.limits.replicas for each in wanted)


def _is_saturated(new: Object, limits: Limits) -> bool:
    available = int((new.get("status") or {}).get("availableReplicas", 0))
    return replicas_of(new) == limits.replicas and available == limits.replicas


def _member(each: Object) -> Member:
    annotated = (metadata(each).get("annotations") or {}).get(MOST)
    return Member(
        name=name_of(each),
        replicas=replicas_of(each),
        available=(each.get("status") or {}).get("availableReplicas", 0),
        most=int(annotated) if annotated else None,
    )
