"""The kinds of object that the controller reads and writes, and where the API server keeps them."""

from dataclasses import dataclass
from urllib.parse import quote

from canary.k8s.names import GROUP, VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A served kind; `group` is empty for the core group."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As it stands in an object's `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """URL path; without a name that of the collection, without a namespace that of all namespaces."""
        path = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        if namespace is not None and self.namespaced:
            path += f"/namespaces/{quote(namespace, safe='')}"
        path += f"/{self.plural}"
        if name is not None:
            path += f"/{quote(name, safe='')}"
        return f"{path}/{subresource}" if subresource else path

    def describe(self, namespace: str | None = None, name: str | None = None) -> str:
        """For sentences: `Deployment bookinfo/reviews`, `Deployments of bookinfo`, `all Deployments`."""
        if name is not None:
            return f"{self.kind} {namespace}/{name}" if namespace and self.namespaced else f"{self.kind} {name}"
        return f"{self._kinds()} of {namespace}" if namespace and self.namespaced else f"all {self._kinds()}"

    def _kinds(self) -> str:
        if self.kind.endswith("y"):
            return f"{self.kind[:-1]}ies"
        return f"{self.kind}es" if self.kind.endswith("s") else f"{self.kind}s"


CANARY = Resource(group=GROUP, version=VERSION, plural="canaries", kind="Canary")
ANALYSIS_TEMPLATE = Resource(group=GROUP, version=VERSION, plural="analysistemplates", kind="AnalysisTemplate")
CLUSTER_ANALYSIS_TEMPLATE = Resource(
    group=GROUP, version=VERSION, plural="clusteranalysistemplates", kind="ClusterAnalysisTemplate", namespaced=False
)
DEPLOYMENT = Resource(group="apps", version="v1", plural="deployments", kind="Deployment")
REPLICA_SET = Resource(group="apps", version="v1", plural="replicasets", kind="ReplicaSet")
POD = Resource(group="", version="v1", plural="pods", kind="Pod")
SERVICE = Resource(group="", version="v1", plural="services", kind="Service")
ENDPOINT_SLICE = Resource(group="discovery.k8s.io", version="v1", plural="endpointslices", kind="EndpointSlice")
JOB = Resource(group="batch", version="v1", plural="jobs", kind="Job")
EVENT = Resource(group="", version="v1", plural="events", kind="Event")
SECRET = Resource(group="", version="v1", plural="secrets", kind="Secret")
CONFIG_MAP = Resource(group="", version="v1", plural="configmaps", kind="ConfigMap")
NAMESPACE = Resource(group="", version="v1", plural="namespaces", kind="Namespace", namespaced=False)
CUSTOM_RESOURCE_DEFINITION = Resource(
    group="apiextensions.k8s.io",
    version="v1",
    plural="customresourcedefinitions",
    kind="CustomResourceDefinition",
    namespaced=False,
)
SELF_SUBJECT_ACCESS_REVIEW = Resource(
    group="authorization.k8s.io",
    version="v1",
    plural="selfsubjectaccessreviews",
    kind="SelfSubjectAccessReview",
    namespaced=False,
)


def traffic_split(version: str) -> Resource:
    """SMI's TrafficSplit in the version that the cluster serves (see `KubernetesApi.discover`)."""
    return Resource(group="split.smi-spec.io", version=version, plural="trafficsplits", kind="TrafficSplit")
