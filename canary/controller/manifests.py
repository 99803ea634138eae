"""The objects that Canary makes beside the user's own: leaf services, the canary Deployment, the split."""

import copy
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from canary.controller.observe import leaf_selector, split_of
from canary.controller.revisions import bare, template_of
from canary.controller.sight import Sight, owned
from canary.errors import Conflict, NotFound
from canary.k8s.names import CANARY_LABEL, ROLE_LABEL
from canary.k8s.port import Obj
from strategies.actions import Role
from strategies.routers import ROUTERS
from strategies.routers.base import Place

_PORT_FIELDS = ("name", "port", "targetPort", "protocol", "appProtocol")
_DEPLOYMENT_FIELDS = ("strategy", "minReadySeconds", "progressDeadlineSeconds")


def leaf_service(sight: Sight, role: Role) -> Obj:
    """A leaf: the apex's ports, and a selector that is met by exactly one version.

    Raises NotFound without an apex, Conflict while the version is not known.
    """
    scene, selector = sight.scene, leaf_selector(sight, role)
    if sight.apex is None:
        raise NotFound(f"Service {scene.service} is gone: {scene.leaf(role)} can't be written without its ports and selector.")
    if selector is None:
        raise Conflict(f"Service {scene.leaf(role)} cannot be written before its version is known.")
    ports = [{field: port[field] for field in _PORT_FIELDS if field in port} for port in sight.apex["spec"].get("ports") or ()]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(sight, scene.leaf(role), role),
        "spec": {"selector": selector, "ports": ports},
    }


def canary_deployment(sight: Sight, replicas: int) -> Obj:
    """The tried template beside the running one: same selector plus our role, so neither Deployment sees the other's pods."""
    scene, source = sight.scene, sight.deployment
    if source is None:
        raise NotFound(f"Deployment {scene.stable} is gone: its canary cannot be made.")
    role = {ROLE_LABEL: str(Role.CANARY)}
    template = copy.deepcopy(bare(template_of(source)))
    template["metadata"]["labels"] |= {**role, CANARY_LABEL: scene.name}
    template["metadata"].pop("creationTimestamp", None)
    selector = source["spec"]["selector"]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(sight, scene.canary, Role.CANARY),
        "spec": {
            **{field: source["spec"][field] for field in _DEPLOYMENT_FIELDS if field in source["spec"]},
            "replicas": replicas,
            "revisionHistoryLimit": 0,
            "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), **role}},
            "template": template,
        },
    }


def split(sight: Sight, canary: Decimal, version: str) -> Obj:
    """The split in the router's dialect; an adopted one keeps its owner, its labels and its name. Raises RoutingError."""
    scene = sight.scene
    name = sight.split["metadata"]["name"] if sight.split else scene.split
    place = Place(namespace=scene.namespace, name=name, version=version)
    rendered: dict[str, Any] = dict(ROUTERS[scene.router].render(split_of(scene, canary), place))
    if sight.split is None or owned(sight.split, scene):
        rendered["metadata"] = _metadata(sight, name, None)
    return rendered


def _metadata(sight: Sight, name: str, role: Role | None) -> Mapping[str, Any]:
    scene = sight.scene
    return {"name": name, "namespace": scene.namespace, "labels": scene.labels(role), "ownerReferences": [scene.owner()]}
