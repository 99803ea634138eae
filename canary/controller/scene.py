"""The names that one Canary is about: its two workloads, its apex, its leaves, its split.

They are read from the resource as it stands, without its strategy or analysis, so that a rollout can be rolled back even when
those have become unreadable. A running rollout keeps the workloads that it began with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canary.k8s.cache import Key, key_of
from canary.k8s.names import CANARY_LABEL, GROUP, ROLE_LABEL, VERSION
from canary.k8s.port import Obj
from strategies.actions import Role
from strategies.model import Mode, State
from strategies.routers import REPLICAS


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`service` is None only for the router "replicas". `split` names the traffic object; `split_named`: a person chose it."""

    key: Key
    uid: str
    mode: Mode
    router: str
    stable: str
    canary: str
    service: str | None
    port: int | str | None
    stable_leaf: str
    canary_leaf: str
    split: str
    split_named: bool
    split_version: str | None

    @property
    def namespace(self) -> str:
        return self.key[0]

    @property
    def name(self) -> str:
        return self.key[1]

    @property
    def in_place(self) -> bool:
        return self.mode is Mode.IN_PLACE

    @property
    def mesh(self) -> bool:
        return self.router != REPLICAS

    def workload(self, role: Role) -> str:
        """The Deployment of a role."""
        return self.stable if role is Role.STABLE else self.canary

    def leaf(self, role: Role) -> str:
        """The leaf Service of a role."""
        return self.stable_leaf if role is Role.STABLE else self.canary_leaf

    def labels(self, role: Role | None = None) -> dict[str, str]:
        """The labels of what we make for this Canary."""
        ours = {CANARY_LABEL: self.name, "app.kubernetes.io/managed-by": "canary-delivery"}
        return ours if role is None else {**ours, ROLE_LABEL: str(role)}

    def owner(self) -> dict[str, Any]:
        """The owner reference of what we make: without the Canary it is garbage."""
        return {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Canary", "name": self.name, "uid": self.uid, "controller": True}


def scene_of(canary: Obj, state: State) -> Scene:
    """The scene of a Canary whose spec names a target or a pair of versions, as the API server guarantees."""
    spec = canary["spec"]
    service, traffic = spec.get("service") or {}, spec.get("traffic") or {}
    smi = traffic.get("smi") or {}
    pair = _in_place(spec) if "target" in spec else _side_by_side(spec, state)
    leaves = _leaves(spec, service, pair)
    version = str(smi.get("apiVersion") or "").rpartition("/")[2]
    return Scene(
        key=key_of(canary),
        uid=canary["metadata"]["uid"],
        mode=Mode.IN_PLACE if "target" in spec else Mode.SIDE_BY_SIDE,
        router=traffic.get("router") or "smi",
        stable=pair[0],
        canary=pair[1],
        service=service.get("name"),
        port=service.get("port"),
        stable_leaf=leaves[0],
        canary_leaf=leaves[1],
        split=smi.get("trafficSplit") or service.get("name") or pair[0],
        split_named=bool(smi.get("trafficSplit")),
        split_version=version or None,
    )


def _in_place(spec: Mapping[str, Any]) -> tuple[str, str]:
    deployment = spec["target"]["deployment"]
    return deployment, f"{deployment}-canary"


def _side_by_side(spec: Mapping[str, Any], state: State) -> tuple[str, str]:
    if state.rollout is not None:
        return state.rollout.stable_workload, state.rollout.canary_workload
    return spec["versions"]["stable"], spec["versions"]["canary"]


def _leaves(spec: Mapping[str, Any], service: Mapping[str, Any], pair: tuple[str, str]) -> tuple[str, str]:
    """Side by side a leaf is named after its Deployment, unless the resource says otherwise, and follows it into another role."""
    if "target" in spec:
        apex = service.get("name") or pair[0]
        return service.get("stable") or f"{apex}-stable", service.get("canary") or f"{apex}-canary"
    versions = spec["versions"]
    said = {versions["stable"]: service.get("stable"), versions["canary"]: service.get("canary")}
    return said.get(pair[0]) or pair[0], said.get(pair[1]) or pair[1]
