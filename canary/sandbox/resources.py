"""The kinds that the sandbox serves, and the registry that CustomResourceDefinitions extend at run time."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One kind in one version; all served versions of a kind share the same `key`, and so the same objects.

    `status`: writes to the object leave `.status` alone, writes to `/status` change nothing else.
    `generational`: `metadata.generation` counts changes of everything but metadata and status.
    `stored`: False for kinds that are only questions, such as SelfSubjectAccessReview.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    status: bool = False
    scale: bool = False
    generational: bool = False
    stored: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> str:
        """The name that Kubernetes uses in sentences: `deployments.apps`, `services`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def kind_key(self) -> str:
        """The same for kinds: `Deployment.apps`, `Service`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


def _core(
    plural: str, kind: str, *short: str, namespaced: bool = True, status: bool = False, generational: bool = False
) -> Resource:
    categories = ("all",) if plural in {"pods", "services"} else ()
    return Resource(
        group="",
        version="v1",
        plural=plural,
        kind=kind,
        namespaced=namespaced,
        short_names=short,
        categories=categories,
        status=status,
        generational=generational,
    )


NAMESPACES = _core("namespaces", "Namespace", "ns", namespaced=False, status=True)
NODES = _core("nodes", "Node", "no", namespaced=False, status=True)
SERVICES = _core("services", "Service", "svc", status=True)
ENDPOINTS = _core("endpoints", "Endpoints", "ep")
PODS = _core("pods", "Pod", "po", status=True, generational=True)
CONFIG_MAPS = _core("configmaps", "ConfigMap", "cm")
SECRETS = _core("secrets", "Secret")
EVENTS = _core("events", "Event", "ev")
SERVICE_ACCOUNTS = _core("serviceaccounts", "ServiceAccount", "sa")
DEPLOYMENTS = Resource(
    group="apps", version="v1", plural="deployments", kind="Deployment",
    short_names=("deploy",), categories=("all",), status=True, scale=True, generational=True,
)  # fmt: skip
REPLICA_SETS = Resource(
    group="apps", version="v1", plural="replicasets", kind="ReplicaSet",
    short_names=("rs",), categories=("all",), status=True, scale=True, generational=True,
)  # fmt: skip
JOBS = Resource(group="batch", version="v1", plural="jobs", kind="Job", categories=("all",), status=True, generational=True)
ENDPOINT_SLICES = Resource(
    group="discovery.k8s.io", version="v1", plural="endpointslices", kind="EndpointSlice", generational=True
)
LEASES = Resource(group="coordination.k8s.io", version="v1", plural="leases", kind="Lease")
CUSTOM_RESOURCE_DEFINITIONS = Resource(
    group="apiextensions.k8s.io", version="v1", plural="customresourcedefinitions", kind="CustomResourceDefinition",
    namespaced=False, short_names=("crd", "crds"), categories=("api-extensions",), status=True, generational=True,
)  # fmt: skip
SELF_SUBJECT_ACCESS_REVIEWS = Resource(
    group="authorization.k8s.io", version="v1", plural="selfsubjectaccessreviews", kind="SelfSubjectAccessReview",
    namespaced=False, stored=False,
)  # fmt: skip

BUILT_IN = (
    NAMESPACES, NODES, SERVICES, ENDPOINTS, PODS, CONFIG_MAPS, SECRETS, EVENTS, SERVICE_ACCOUNTS, DEPLOYMENTS, REPLICA_SETS, JOBS,
    ENDPOINT_SLICES, LEASES, CUSTOM_RESOURCE_DEFINITIONS, SELF_SUBJECT_ACCESS_REVIEWS,
)  # fmt: skip


class Resources:
    """What is served right now, by group, version and plural."""

    def __init__(self) -> None:
        self._served = {(each.group, each.version, each.plural): each for each in BUILT_IN}

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._served.values())

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._served.get((group, version, plural))

    def add(self, resource: Resource) -> None:
        self._served[resource.group, resource.version, resource.plural] = resource

    def remove(self, group: str, plural: str) -> None:
        """Stop serving every version of a kind."""
        self._served = {at: each for at, each in self._served.items() if (each.group, each.plural) != (group, plural)}
