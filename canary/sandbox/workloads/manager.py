"""All workload controllers on one queue."""

from canary.sandbox.store import Store
from canary.sandbox.workloads.controllers import Controllers
from canary.sandbox.workloads.deployments import Deployments
from canary.sandbox.workloads.endpoints import Endpoints
from canary.sandbox.workloads.jobs import Jobs
from canary.sandbox.workloads.replicasets import ReplicaSets


def workload_controllers(store: Store) -> Controllers:
    """Make the controllers of Deployments, ReplicaSets, Jobs and EndpointSlices; `start()` and `stop()` them."""
    return Controllers(store, [Deployments(store), ReplicaSets(store), Endpoints(store), Jobs(store)])
