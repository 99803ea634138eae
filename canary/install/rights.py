"""What the controller may do, and no more: each rule is here because some action needs it."""

from collections.abc import Mapping, Sequence
from typing import Any

from canary.k8s.resources import (
    ANALYSIS_TEMPLATE,
    CANARY,
    CLUSTER_ANALYSIS_TEMPLATE,
    CUSTOM_RESOURCE_DEFINITION,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    EVENT,
    JOB,
    POD,
    REPLICA_SET,
    SECRET,
    SERVICE,
    Resource,
)
from strategies.routers.smi import GROUP as SPLIT_GROUP

Rule = Mapping[str, Any]

_SEE = ("get", "list", "watch")
_OWN = (*_SEE, "create", "patch", "delete")
_SPLITS = "trafficsplits"


def rules() -> tuple[Rule, ...]:
    """Rights on namespaced objects, wherever Canaries are."""
    return (
        _rule(CANARY, (*_SEE, "patch")),
        _rule(CANARY, ("patch",), subresource="status"),
        # Objects that we make name the Canary as an owner that waits for them; clusters may ask for this right then.
        _rule(CANARY, ("update",), subresource="finalizers"),
        _rule(ANALYSIS_TEMPLATE, _SEE),
        _rule(DEPLOYMENT, _OWN),
        _rule(REPLICA_SET, ("list",)),
        _rule(SERVICE, _OWN),
        _rule(POD, _SEE),
        _rule(EVENT, ("create", "patch")),
        _rule(ENDPOINT_SLICE, _SEE),
        _rule(JOB, (*_SEE, "create", "delete")),
        _words(SPLIT_GROUP, _SPLITS, _OWN),
    )


def discovery_rules() -> tuple[Rule, ...]:
    """Rights on what belongs to no namespace: the definition of TrafficSplit, for its served versions, and shared templates."""
    found = _rule(CUSTOM_RESOURCE_DEFINITION, _SEE)
    return ({**found, "resourceNames": [f"{_SPLITS}.{SPLIT_GROUP}"]}, _rule(CLUSTER_ANALYSIS_TEMPLATE, _SEE))


def secret_rules() -> tuple[Rule, ...]:
    """The right to read secrets, to be given namespace by namespace where a Canary names one."""
    return (_rule(SECRET, ("get",)),)


def _rule(resource: Resource, verbs: Sequence[str], *, subresource: str | None = None) -> Rule:
    named = f"{resource.plural}/{subresource}" if subresource else resource.plural
    return _words(resource.group, named, verbs)


def _words(group: str, resource: str, verbs: Sequence[str]) -> Rule:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
