"""What the controller knows of the cluster, kept current by watches, and which Canary each change concerns.

Only Canaries, their templates, splits, and objects that carry our label are watched for good. An object that does not carry it
yet is followed by name for as long as a Canary waits for it. ReplicaSets carry no label of ours and never change their template,
so they are listed when, and only when, a Deployment reports another revision.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from canary.controller.revisions import REVISION_ANNOTATION
from canary.controller.templates import Place, Templates, named_by
from canary.k8s.cache import Change, Index, Key
from canary.k8s.follow import Followers, Target
from canary.k8s.names import CANARY_LABEL, COMMAND_ANNOTATION
from canary.k8s.port import KubernetesApi, Obj
from canary.k8s.reflector import Reflector
from canary.k8s.resources import (
    CANARY,
    CUSTOM_RESOURCE_DEFINITION,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    JOB,
    POD,
    REPLICA_SET,
    SERVICE,
    Resource,
    traffic_split,
)
from canary.k8s.selection import Selection
from canary.k8s.trim import trim_pod
from strategies.routers.base import preferred
from strategies.routers.smi import DIALECTS, GROUP

log = structlog.get_logger(__name__)

SERVICE_NAME = "kubernetes.io/service-name"
SPLIT_CRD = f"trafficsplits.{GROUP}"
_LABELLED = (DEPLOYMENT, SERVICE, ENDPOINT_SLICE, POD, JOB)


class Caches:
    """The controller's picture of one cluster, or of one namespace of it.

    `wake(key, fast)` is called for the Canary that a change concerns; `fast` when a person gave a command.
    """

    def __init__(self, api: KubernetesApi, namespace: str | None, wake: Callable[[Key, bool], None]) -> None:
        self._api = api
        self._namespace = namespace
        self._wake = wake
        every = Selection(resource=CANARY, namespace=namespace)
        by: dict[str, Index] = {"apex": _apex_of_canary, "template": named_by}
        self.canaries = Reflector(api, every, self._canary_changed, indices=by)
        self.templates = Templates(api, namespace, self._template_changed)
        self.labelled = {resource: self._labelled(resource) for resource in _LABELLED}
        crd = Selection(resource=CUSTOM_RESOURCE_DEFINITION, name=SPLIT_CRD)
        self._crd = Reflector(api, crd, self._crd_changed)
        self.splits: Reflector | None = None
        self.split_version: str | None = None
        self._splits_task: asyncio.Task[None] | None = None
        self._followers = Followers(api, lambda holder: wake(holder, False))  # type: ignore[arg-type]  # holders are keys
        self._sets: dict[str, tuple[str, list[Obj]]] = {}
        self._group: asyncio.TaskGroup | None = None
        self.on_job: Callable[[Obj, bool], None] = lambda _job, _gone: None

    # -- running ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for reflector in (*self._all(), *self.templates.reflectors()):
                    group.create_task(reflector.run(), name=f"watch {reflector.selection}")
        finally:
            await self._followers.close()

    async def synced(self) -> None:
        """Wait until the first look at everything is complete, or is known to be impossible (see `problems`)."""
        await asyncio.gather(*(reflector.settled() for reflector in (*self._all(), *self.templates.reflectors())))
        if self.splits is not None:
            await self.splits.settled()

    def problems(self) -> list[str]:
        """One sentence for each part of the picture that is not current."""
        return [reflector.problem for reflector in self._all() if reflector.problem]

    def _all(self) -> Iterable[Reflector]:
        return (self.canaries, self._crd, *self.labelled.values())

    # -- looking ----------------------------------------------------------------------------------------------------

    def canary(self, key: Key) -> Obj | None:
        """The Canary as last seen."""
        return self.canaries.cache.get(*key)

    def find(self, resource: Resource, key: Key, name: str) -> Obj | None:
        """An object by name, labelled or not. One that is not labelled yet is followed from now on, on behalf of `key`."""
        found = self.labelled[resource].cache.get(key[0], name)
        if found is not None:
            return found
        target = Target(resource=resource, namespace=key[0], name=name)
        self._followers.follow(target, holder=key)
        return self._followers.get(target)

    def ours(self, resource: Resource, key: Key, name: str) -> Obj | None:
        """An object by name, if it carries our label; nothing is followed."""
        return self.labelled[resource].cache.get(key[0], name)

    def known(self, resource: Resource, key: Key, name: str) -> bool:
        """Is it known whether this object exists? False for a moment after it is first asked for."""
        if self.labelled[resource].cache.get(key[0], name) is not None:
            return True
        target = Target(resource=resource, namespace=key[0], name=name)
        reflector = self._followers.follow(target, holder=key)
        return reflector.synced.is_set() or reflector.problem is not None

    def release(self, key: Key, keep: Iterable[tuple[Resource, str]] = ()) -> None:
        """Stop following what `key` no longer waits for."""
        kept = frozenset(Target(resource=resource, namespace=key[0], name=name) for resource, name in keep)
        self._followers.release(key, keep=kept)

    def marked(self, key: Key) -> list[tuple[Resource, Obj]]:
        """Every Deployment and Service that carries the label of a Canary."""
        return [
            (resource, found) for resource in (DEPLOYMENT, SERVICE) for found in self.labelled[resource].cache.by("canary", key)
        ]

    def slices(self, namespace: str, service: str) -> list[Obj]:
        """The EndpointSlices of a leaf service."""
        return self.labelled[ENDPOINT_SLICE].cache.by("service", (namespace, service))

    def pods(self, key: Key) -> list[Obj]:
        """The pods of a Canary's own Deployment."""
        return self.labelled[POD].cache.by("canary", key)

    def splits_of(self, namespace: str, apex: str) -> list[Obj]:
        """Every TrafficSplit on an apex, whoever made it."""
        return self.splits.cache.by("apex", (namespace, apex)) if self.splits else []

    def split(self, namespace: str, name: str) -> Obj | None:
        """A TrafficSplit by name, whatever its apex."""
        return self.splits.cache.get(namespace, name) if self.splits else None

    def learn(self, resource: Resource, obj: Obj) -> None:
        """Take over the server's answer to a write of ours before the watch brings it."""
        if resource.kind == "TrafficSplit":
            if self.splits is not None:
                self.splits.learn(obj)
        elif resource == CANARY:
            self.canaries.learn(obj)
        elif resource in self.labelled:
            self.labelled[resource].learn(obj)

    def replica_sets(self, deployment: Obj) -> list[Obj] | None:
        """The ReplicaSets of a Deployment; None when they must be read first (see `read_replica_sets`)."""
        known = self._sets.get(deployment["metadata"]["uid"])
        return known[1] if known is not None and known[0] == _revision(deployment) else None

    async def read_replica_sets(self, deployment: Obj) -> None:
        """List the ReplicaSets of a Deployment: needed once per revision that it reports."""
        metadata = deployment["metadata"]
        labels = deployment["spec"]["selector"].get("matchLabels") or {}
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        page = await self._api.list(REPLICA_SET, namespace=metadata["namespace"], labels=selector)
        owned = [found for found in page.items if _owner(found) == metadata["uid"]]
        self._sets[metadata["uid"]] = (_revision(deployment), owned)

    # -- being told ---------------------------------------------------------------------------------------------------

    def _canary_changed(self, change: Change) -> None:
        self._wake(change.key, _command(change.new) not in (None, _command(change.old)))

    def _template_changed(self, place: Place) -> None:
        for canary in self.canaries.cache.by("template", place):
            self._wake((canary["metadata"]["namespace"], canary["metadata"]["name"]), False)

    def _labelled_changed(self, change: Change) -> None:
        for obj in (change.old, change.new):
            if obj is None:
                continue
            if obj.get("kind") == "Deployment" and change.new is None:
                self._sets.pop(obj["metadata"]["uid"], None)
            self._wake(_canary_key(obj), False)

    def _job_changed(self, change: Change) -> None:
        job = change.new or change.old
        if job is not None:
            self.on_job(job, change.new is None)

    def _split_changed(self, change: Change) -> None:
        for obj in (change.old, change.new):
            if obj is not None:
                for canary in self.canaries.cache.by("apex", (change.key[0], obj["spec"].get("service"))):
                    self._wake((change.key[0], canary["metadata"]["name"]), False)

    def _crd_changed(self, change: Change) -> None:
        served = _served(change.new) if change.new else ()
        version = preferred(served, tuple(DIALECTS))
        if version == self.split_version:
            return
        if self._splits_task is not None:
            self._splits_task.cancel()
        self.split_version, self.splits = version, None
        if version is not None and self._group is not None:
            selection = Selection(resource=traffic_split(version), namespace=self._namespace)
            self.splits = Reflector(self._api, selection, self._split_changed, indices={"apex": _apex_of_split})
            self._splits_task = self._group.create_task(self.splits.run(), name="watch TrafficSplits")
        log.info("traffic splits", served=list(served), used=version)
        for key in self.canaries.cache.all_keys():
            self._wake(key, False)

    def _labelled(self, resource: Resource) -> Reflector:
        selection = Selection(resource=resource, namespace=self._namespace, labels={CANARY_LABEL: None})
        told = self._job_changed if resource == JOB else self._labelled_changed
        indices: dict[str, Index] = {"canary": lambda obj: [_canary_key(obj)], "service": _service_of_slice}
        if resource == POD:
            return Reflector(self._api, selection, told, indices=indices, trim=trim_pod)
        return Reflector(self._api, selection, told, indices=indices)


def _apex_of_canary(canary: Obj) -> list[tuple[str, str | None]]:
    return [(canary["metadata"]["namespace"], (canary["spec"].get("service") or {}).get("name"))]


def _apex_of_split(split: Obj) -> list[tuple[str, str | None]]:
    return [(split["metadata"]["namespace"], (split.get("spec") or {}).get("service"))]


def _service_of_slice(obj: Obj) -> list[tuple[str, str | None]]:
    return [(obj["metadata"]["namespace"], (obj["metadata"].get("labels") or {}).get(SERVICE_NAME))]


def _canary_key(obj: Obj) -> Key:
    metadata = obj["metadata"]
    return metadata["namespace"], (metadata.get("labels") or {}).get(CANARY_LABEL, "")


def _command(obj: Obj | None) -> str | None:
    return None if obj is None else (obj["metadata"].get("annotations") or {}).get(COMMAND_ANNOTATION)


def _revision(deployment: Obj) -> str:
    return str((deployment["metadata"].get("annotations") or {}).get(REVISION_ANNOTATION, ""))


def _owner(obj: Obj) -> str | None:
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((owner["uid"] for owner in owners if owner.get("controller")), None)


def _served(crd: Obj) -> tuple[str, ...]:
    return tuple(version["name"] for version in crd["spec"]["versions"] if version.get("served"))
